"""Nets made anew, and nets made from a checkpoint."""

from pathlib import Path

import torch
from torch import nn

from fcn_lib import train
from fcn_lib.checkpoints import CheckpointError, load


def make(about: dict, pretrained: bool) -> nn.Module:
    """Make a net on the GPU, if there is one.

    Args:
        about: has ``model``, ``backbone`` and ``classes``.
        pretrained: start from ImageNet's weights.

    Raises:
        ValueError: if there is no such net or backbone, or no weights.
    """
    name, count = about["backbone"], len(about["classes"])
    try:
        net = train.make(
            about["model"], count, backbone=name, pretrained=pretrained
        )
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"backbone {name!r} cannot be made ({error}): name another of "
            "timm's, or do without its weights by --no-pretrained"
        ) from error
    # as ``fit`` leaves it, so that a loaded net gives the same bits
    return net.to(train.device(), memory_format=torch.channels_last)


def grow(about: dict, path: str | Path) -> nn.Module:
    """Make FCN-16s out of a trained FCN-32s, or FCN-8s out of FCN-16s.

    Args:
        about: as for ``make``; its ``backbone`` must be that of the file.
        path: the checkpoint of the smaller net.

    Raises:
        ValueError: if the file holds another net than the one before.
    """
    before, known, _ = restore(path)
    name, wanted = about["model"], train.STAGES.get(about["model"])
    if known["model"] != wanted:
        raise ValueError(
            f"{name} grows from {wanted or 'no other net'}, but {path} holds "
            f"{known['model']}: train that one first, or leave --grow-from out"
        )
    for key in "backbone", "classes":
        if known[key] != about[key]:
            raise ValueError(
                f"{path} has {key} {known[key]}, not {about[key]}: give what "
                "it was trained with"
            )
    net = train.grow(name, before)
    return net.to(train.device(), memory_format=torch.channels_last)


def restore(path: str | Path) -> tuple[nn.Module, dict, int]:
    """Make the net of a checkpoint, with its weights.

    Args:
        path: written by ``python -m fcn_lib train``.

    Returns:
        The net, in eval mode; what the checkpoint says about itself; and
        after how many steps it was written.

    Raises:
        CheckpointError: if the file is damaged, or holds no such net.
        FileNotFoundError: if there is no such file.
    """
    state = load(path)
    try:
        about, steps = state["about"], len(state["losses"])
        net = make(about, pretrained=False)
        net.load_state_dict(state["net"])
        missing = {"data", "palette", "void", "shrink"} - about.keys()
        if missing:
            raise KeyError(*sorted(missing))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(
            f"{path} holds no net that can be made here "
            f"({type(error).__name__}: {error}): give a file that python -m "
            "fcn_lib train wrote"
        ) from error
    return net.eval(), about, steps

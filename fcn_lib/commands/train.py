"""``python -m fcn_lib train``: train a net, and lose nothing."""

import shlex
import sys
from argparse import Namespace
from pathlib import Path

import torch

from fcn_lib import train
from fcn_lib.backbones import DEFAULT
from fcn_lib.checkpoints import CheckpointError, Keep, load_newest
from fcn_lib.commands.data import describe, given, pairs, recipe
from fcn_lib.commands.nets import grow, make
from fcn_lib.losses import class_weights

PROGRAM = ("python", "-m", "fcn_lib")
SETTINGS = ("steps", "batch_size", "learning_rate", "crop", "fixed")


def run_train(args: Namespace) -> None:
    """Train a net; Ctrl-C leaves a checkpoint, and says how to go on.

    Args:
        args: the options, see ``python -m fcn_lib train --help``, and the
            ``words`` that they were read from.

    Raises:
        ValueError: if an option, the data or the checkpoint is wrong.
    """
    about = {
        "model": args.model,
        "backbone": args.backbone or DEFAULT,
        "pretrained": args.pretrained,
        "grown_from": args.grow_from,
    } | describe(args.data, args, {})
    settings = recipe(args.data)
    if not args.pretrained:
        settings["fixed"] = 0  # what knows nothing must learn
    settings |= given(args, SETTINGS)
    settings = {key: settings[key] for key in SETTINGS}
    path = Path(args.out or f"{args.model}-{args.data}-{args.seed}.ckpt")
    _check(path, args.resume)
    torch.manual_seed(args.seed)
    # a run that goes on overwrites the weights, so none need be fetched
    if args.grow_from and not args.resume:
        net = grow(about, args.grow_from)
    else:
        net = make(about, about["pretrained"] and not args.resume)
    again = [*PROGRAM, *args.words, *["--resume"][args.resume :]]
    try:
        data = pairs(about, "train", args.root)
        # before hours of work, not after them
        path.parent.mkdir(parents=True, exist_ok=True)
        keep = Keep(path, about, args.resume)
        weight = class_weights((y for _, y in data), len(about["classes"]))
        options = {"seed": args.seed, "weight": weight, "keep": keep}
        train.fit(net, data, **settings, **options)
    except KeyboardInterrupt:
        _say_how_to_go_on(path, again)
        raise
    except torch.OutOfMemoryError as error:
        raise ValueError(
            "the memory of the GPU is full: give a smaller --batch-size, or "
            "a larger --shrink"
        ) from error
    _say_what_is_kept(path, settings["steps"], again)


def _check(path: Path, resume: bool) -> None:
    """Neither spoil a checkpoint nor go on from none."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder: give --out the path of a file")
    # a run that was killed while it renames leaves the older file alone
    files = [path, path.with_name(f"{path.name}.previous")]
    there = [file for file in files if file.exists()]
    if there and not resume:
        raise ValueError(
            f"{there[0]} is there already: go on from it with --resume, or "
            "begin another file with --out"
        )
    if resume and not there:
        raise ValueError(
            f"there is no checkpoint {path} to go on from: leave out "
            "--resume to begin one, or name another with --out"
        )


def _steps_kept(path: Path) -> int:
    try:
        return len(load_newest(path)["losses"])
    except (CheckpointError, OSError):
        return 0


def _say_how_to_go_on(path: Path, again: list[str]) -> None:
    kept = _steps_kept(path)
    text = "stopped before a step was kept: begin again"
    if kept:
        text = f"stopped: step {kept} is kept in {path}. Go on with"
        text += f"\n  {shlex.join(again)}"
    print(f"\n{text}", file=sys.stderr)


def _say_what_is_kept(path: Path, steps: int, again: list[str]) -> None:
    kept = _steps_kept(path)
    if kept < steps:
        raise ValueError(
            f"{path} holds step {kept}, not {steps}, which could not be "
            f"written: make room, then {shlex.join(again)}"
        )
    print(f"step {steps} of {steps} is kept in {path}. Score it with")
    score = [*PROGRAM, "evaluate", "--checkpoint", str(path)]
    print(f"  {shlex.join(score)}")

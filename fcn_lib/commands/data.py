"""The data that the commands know, found by their options."""

import os
from argparse import Namespace

from fcn_lib import scenes, train
from fcn_lib.datasets import CAMVID, camvid, folder, load
from fcn_lib.datasets.photos import spread_colors
from fcn_lib.pixels import VOID

# the options that each takes
DATA = {
    "scenes": set(),
    "camvid": {"root", "shrink"},
    "folder": {"root", "classes", "void", "shrink"},
}
SHRINK = {"scenes": 1, "camvid": 2, "folder": 1}


def recipe(data: str) -> dict:
    """Look up steps, batch_size, learning_rate, crop, fixed and shrink.

    Args:
        data: "scenes", "camvid" or "folder", which is trained as CamVid is.

    Raises:
        ValueError: if there is no such data.
    """
    if data not in DATA:
        raise ValueError(f"no data {data!r}: data are {list(DATA)}")
    name = "camvid" if data == "folder" else data
    return train.RECIPES[name] | {"shrink": SHRINK[data]}


def given(args: Namespace, names: tuple[str, ...]) -> dict:
    """Pick those of some options that are not None.

    Example:
        >>> given(Namespace(steps=3, seed=None), ("steps", "seed"))
        {'steps': 3}
    """
    values = {name: getattr(args, name) for name in names}
    return {name: v for name, v in values.items() if v is not None}


def describe(data: str, args: Namespace, known: dict) -> dict:
    """Say what a data set is: its classes, their colours, void, shrink.

    Args:
        data: "scenes", "camvid" or "folder".
        args: has ``root``, ``classes``, ``void`` and ``shrink``.
        known: what stands in for those that are None.

    Returns:
        Plain values only, as a checkpoint can hold them.

    Raises:
        ValueError: if there is no such data, if it takes no such option, or
            if void is the id of a class.
    """
    shrink = recipe(data)["shrink"]
    options = given(args, ("root", "classes", "void", "shrink"))
    for name in sorted(options.keys() - DATA[data]):
        raise ValueError(f"--data {data} takes no --{name}: leave it out")
    known = {"void": VOID, "shrink": shrink} | known | options
    if data == "scenes":
        classes, palette = scenes.CLASSES, scenes.PALETTE
    elif data == "camvid":
        classes, palette = CAMVID.keys(), CAMVID.values()
    elif "classes" in known:
        classes = known["classes"]
        palette = spread_colors(len(classes))
        if known["void"] < len(classes):
            raise ValueError(
                f"--void {known['void']} is the id of the class "
                f"{classes[known['void']]!r}: give the label of pixels that "
                "belong to no class"
            )
    else:
        raise ValueError("--data folder needs --classes, such as sky,road,car")
    return {
        "data": data,
        "classes": list(classes),
        "palette": [list(color) for color in palette],
        "void": known["void"],
        "shrink": known["shrink"],
    }


def pairs(about: dict, split: str, root: str | None) -> train.Pairs:
    """Read a split into memory, so that a bad file is found at once.

    Args:
        about: as ``describe`` returns it.
        split: "train", "test", or what else there is.
        root: where CamVid or the folder is; None for what FCN_DATA names.

    Raises:
        ValueError: if there is none, or if files in it cannot be read.
    """
    if about["data"] == "scenes":
        return train.scene_pairs(split)
    if about["data"] == "camvid":
        return load(camvid(root, split, about["shrink"]))
    root = root or os.environ.get("FCN_DATA")
    if not root:
        raise ValueError(
            "where is the folder? Give it with --root, or name it in the "
            "environment variable FCN_DATA"
        )
    keys = ("classes", "palette", "void", "shrink")
    return load(folder(root, split, *(about[key] for key in keys)))

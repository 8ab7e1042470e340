"""``python -m fcn_lib segment``: a photograph and what is where in it."""

from argparse import Namespace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from fcn_lib.commands.nets import restore
from fcn_lib.datasets import read_image
from fcn_lib.prediction import label_picture
from fcn_lib.viz import overlay


def run_segment(args: Namespace) -> None:
    """Label a photograph, and lay the colours of the classes over it.

    Args:
        args: the options, see ``python -m fcn_lib segment --help``.

    Raises:
        ValueError: if the photograph, the checkpoint or a path is wrong.
    """
    paths = (args.out, args.labels)
    targets = [Path(path) for path in paths if path is not None]
    for target in targets:
        _check(target, [Path(args.photo), Path(args.checkpoint)])
    if len({target.resolve() for target in targets}) < len(targets):
        raise ValueError(
            f"--out and --labels are both {args.out}: give two names"
        )
    image = read_image(args.photo)
    net, about, _ = restore(args.checkpoint)
    labels = label_shrunk(net, image, args.shrink or about["shrink"])
    palette = [tuple(color) for color in about["palette"]]
    Image.fromarray(overlay(image, labels, palette)).save(args.out)
    if args.labels is not None:
        picture = Image.fromarray(labels)
        picture.putpalette(sum(palette, ()))
        picture.save(args.labels)
    shares = np.bincount(labels.ravel(), minlength=len(palette)) / labels.size
    width = max(map(len, about["classes"]))
    for name, share in zip(about["classes"], shares, strict=True):
        print(f"{name:{width}}  {share:6.1%}")


def label_shrunk(net: nn.Module, image: NDArray, shrink: int) -> NDArray:
    """Label a photograph at the scale that a net was trained at.

    Args:
        net: as for ``label_picture``.
        image: (H, W, 3) uint8.
        shrink: divide height and width by this, as ``Photos`` do.

    Returns:
        (H, W) uint8; each block of ``shrink`` by ``shrink`` has one class.
    """
    H, W = image.shape[:2]
    small = np.array(Image.fromarray(image).reduce(shrink))
    labels = label_picture(net, small)
    return labels.repeat(shrink, 0).repeat(shrink, 1)[:H, :W]


def _check(target: Path, sources: list[Path]) -> None:
    """See that a picture can be written, before any work is done."""
    if target.suffix.lower() != ".png":
        raise ValueError(
            f"{target} does not end in .png: only PNG keeps every pixel"
        )
    if not target.parent.is_dir():
        raise ValueError(f"there is no folder {target.parent}: make it first")
    for source in sources:
        if target.exists() and source.exists() and target.samefile(source):
            raise ValueError(
                f"{target} would overwrite {source}: give another name"
            )

"""From a net and a picture to a class for every pixel.

A large picture is labelled piece by piece, so that it fits into memory.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from fcn_lib.backbones import evaluating
from fcn_lib.datasets import to_images
from fcn_lib.pixels import decide

# both multiples of 32, so that the cells of a piece lie where they would
# lie in the whole picture
TILE, MARGIN = 1024, 256


@torch.no_grad()
def label_picture(
    net: nn.Module,
    image: NDArray | Image.Image,
    tile: int = TILE,
    margin: int = MARGIN,
) -> NDArray:
    """Label one picture.

    Sides of up to ``tile + 2 * margin`` pixels are done in one go. Longer
    ones are cut into pieces of ``tile`` that see ``margin`` pixels around
    them; far from the cuts the labels are those of the whole picture.

    Args:
        net: maps images (1, 3, H, W) in 0…1 to logits (1, K, H, W).
        image: (H, W, 3) uint8, or a PIL image.
        tile: side of a piece, in pixels: 32 or a multiple of it.
        margin: how far a piece looks beyond itself: 0 or a multiple of 32.

    Returns:
        (H, W) uint8 class ids.

    Raises:
        ValueError: if the picture is none, the logits are NaN, or ``tile`` or
            ``margin`` is too small or no multiple of 32.
    """
    if tile < 32 or margin < 0 or tile % 32 or margin % 32:
        raise ValueError(
            f"tile={tile} and margin={margin} must be multiples of 32, the "
            "side of a cell"
        )
    images = to_images(image)
    H, W = images.shape[-2:]
    where = next(net.parameters()).device
    labels = np.empty((H, W), dtype=np.uint8)
    with evaluating(net):
        for rows, seen_rows in _pieces(H, tile, margin):
            for columns, seen_columns in _pieces(W, tile, margin):
                seen = images[..., seen_rows, seen_columns].to(where)
                pred = decide(net(seen))[0].cpu().numpy()
                top = rows.start - seen_rows.start
                left = columns.start - seen_columns.start
                piece = labels[rows, columns]  # a view
                h, w = piece.shape
                piece[:] = pred[top : top + h, left : left + w]
    return labels


def _pieces(n: int, tile: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Cut n pixels; yield where each piece lies, and what it sees."""
    if n <= tile + 2 * margin:
        tile = n
    for start in range(0, n, tile):
        end = min(start + tile, n)
        seen = slice(max(start - margin, 0), min(end + margin, n))
        yield slice(start, end), seen

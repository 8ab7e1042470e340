"""A classifier of single pixels: what a net has to beat.

Used first in ``chapters/pixels.ipynb``.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

STEPS = 16  # of each of red, green and blue


def learn_colors(
    pairs: Iterable[tuple[NDArray, NDArray]], num_classes: int
) -> NDArray:
    """Remember for each of 16³ colours the class it most often had.

    Args:
        pairs: uint8 images (H, W, 3) and their labels (H, W), 255 for void.
        num_classes: K.

    Returns:
        (4096,) uint8 class ids; 0 for a colour that was never seen.

    Example:
        >>> white = np.full((1, 2, 3), 255, dtype=np.uint8)
        >>> learn_colors([(white, np.array([[2, 2]]))], num_classes=3)[-1]
        np.uint8(2)
    """
    counts = np.zeros((STEPS**3, 256), dtype=np.int64)
    for image, labels in pairs:
        np.add.at(counts, (_bins(image), labels), 1)
    return counts[:, :num_classes].argmax(axis=1).astype(np.uint8)


def label_by_color(image: NDArray, table: NDArray) -> NDArray:
    """Label every pixel by its colour alone.

    Args:
        image: (H, W, 3) uint8.
        table: (4096,) as ``learn_colors`` returns it.

    Returns:
        (H, W) uint8 class ids.
    """
    return table[_bins(image)]


def _bins(image: NDArray) -> NDArray:
    """One number from 0 to 4095 for each pixel."""
    return image.astype(np.int64) // STEPS @ (STEPS * STEPS, STEPS, 1)

"""Pairs of image and labels, out of data sets of PIL pictures."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fcn_lib.datasets import to_rgb
from fcn_lib.pixels import VOID


class MaskPairs(Sequence):
    """Pairs of image and labels, out of a data set of PIL pictures.

    Args:
        dataset: gives a photograph and a mask whose pixels are ids, both PIL.
        ids: the class that each id of the masks becomes, or 255.
        at_least: (H, W); a smaller pair is made larger, see ``enlarged``.

    Example:
        >>> trimap = Image.fromarray(np.array([[1, 2, 3]], dtype=np.uint8))
        >>> pairs = MaskPairs(
        ...     [(Image.new("RGB", (3, 1)), trimap)], {1: 0, 2: 1, 3: 255}
        ... )
        >>> pairs[0][1]
        array([[  0,   1, 255]], dtype=uint8)
    """

    def __init__(
        self,
        dataset: Sequence[tuple[Image.Image, Image.Image]],
        ids: Mapping[int, int],
        at_least: tuple[int, int] = (1, 1),
    ) -> None:
        self.dataset = dataset
        self.ids = ids
        self.at_least = at_least

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, i: int) -> tuple[NDArray, NDArray]:
        """Read pair i: uint8 (H, W, 3) and uint8 (H, W), 255 for void.

        Raises:
            ValueError: if the mask has colours, or an id that is not known.
        """
        image, mask = self.dataset[i]
        labels = relabelled(mask, self.ids)
        return enlarged(to_rgb(image), labels, self.at_least)


def relabelled(mask: Image.Image, ids: Mapping[int, int]) -> NDArray:
    """Read the ids of a mask, and rename them.

    Args:
        mask: of mode L or P; of a palette the indices are read, not the
            colours.
        ids: what each id becomes.

    Returns:
        (H, W) uint8.

    Raises:
        ValueError: if the mask has colours, or an id that is not in ``ids``.

    Example:
        >>> relabelled(Image.new("L", (2, 1), 3), {3: 255}).tolist()
        [[255, 255]]
    """
    if mask.mode not in ("L", "P"):
        raise ValueError(
            f"the mask has mode {mask.mode}, not one id a pixel: open it "
            "without convert"
        )
    pixels = np.array(mask)
    unknown = sorted(set(np.unique(pixels).tolist()) - set(ids))
    if unknown:
        raise ValueError(
            f"the mask holds id {unknown[0]}, but only {sorted(ids)} are "
            "known: was it resized with blending, or made for other classes?"
        )
    table = np.full(256, VOID, dtype=np.uint8)
    for before, after in ids.items():
        table[before] = after
    return table[pixels]


def enlarged(
    image: NDArray, labels: NDArray, at_least: tuple[int, int]
) -> tuple[NDArray, NDArray]:
    """Make a pair at least so large, so that windows of it fill a batch.

    Args:
        image: (H, W, 3) uint8.
        labels: (H, W) uint8.
        at_least: (H, W). The last row and column of the image are repeated
            up to it; what is added is void.

    Returns:
        Both, at least of that size.

    Example:
        >>> image = np.zeros((1, 2, 3), dtype=np.uint8)
        >>> labels = np.array([[4, 5]], dtype=np.uint8)
        >>> enlarged(image, labels, (2, 2))[1].tolist()
        [[4, 5], [255, 255]]
    """
    H, W = labels.shape
    more = (0, max(at_least[0] - H, 0)), (0, max(at_least[1] - W, 0))
    image = np.pad(image, (*more, (0, 0)), mode="edge")
    return image, np.pad(labels, more, constant_values=VOID)

"""What one output cell stands for, at stride 1 to 32."""

import numpy as np
import traitlets as t
from numpy.typing import NDArray

from fcn_lib.coarse import best_grid
from fcn_lib.scenes import CLASSES, PALETTE
from fcn_lib.transposed import upsample
from fcn_lib.widgets.figure import Figure, packed
from fcn_lib.widgets.labelled import Pointed, traits_of

STRIDES = 1, 2, 4, 8, 16, 32


class StrideExplorer(Pointed, Figure):
    """A picture whose cells grow with the stride.

    A pixel is pointed at; the cell around it, the cell's classes, and the
    label map that survives are shown, with its mean IoU. A cell keeps one
    label, or the best scores that ``fcn_lib.coarse.best_grid`` finds, which
    are stretched back to the pixels.

    Args:
        image: (H, W, 3) uint8; H and W are multiples of 32.
        labels: class ids (H, W).
        classes: the names of the classes.
        palette: a colour (r, g, b) for each.
        settings: ``stride``, ``answer``, ``row``, ``column`` to begin with.

    Attributes:
        stride: pixels from one cell to the next: 1, 2, 4, 8, 16 or 32.
        answer: what a cell keeps, ``"label"`` or ``"scores"``.
        row: that of the pixel pointed at.
        column: that of the pixel pointed at.

    Raises:
        ValueError: if labels and image do not fit each other or the cells.
        TraitError: if a setting is out of range.
    """

    stride = t.Enum(STRIDES, 32).tag(sync=True)
    answer = t.Enum(("label", "scores"), "label").tag(sync=True)

    picture_alt = t.Unicode().tag(sync=True)
    stretched = t.Bytes().tag(sync=True)

    shown = "stride", "answer", "row", "column"

    def __init__(
        self,
        image: NDArray,
        labels: NDArray,
        classes: tuple[str, ...] = CLASSES,
        palette: tuple = PALETTE,
        **settings: object,
    ) -> None:
        H, W = labels.shape
        if H % 32 or W % 32:
            raise ValueError(
                f"labels are {H} by {W}: cut both sides to multiples of 32"
            )
        super().__init__(
            picture_alt="The picture, with a frame around one cell",
            stretched=packed(_stretched(labels, len(classes))),
            **traits_of(image, labels, classes, palette),
            **settings,
        )

    @t.default("alt")
    def _seen(self) -> str:
        stride, (H, W) = self.stride, self.size
        kept = {
            "label": "gets one label",
            "scores": "keeps scores, which are stretched back to the pixels",
        }
        return (
            "A street, one cell of it enlarged, and the label map that is "
            f"left when each of its {H // stride} by {W // stride} cells, "
            f"squares of {stride} by {stride} pixels, {kept[self.answer]}."
        )


def _stretched(labels: NDArray, num_classes: int) -> NDArray:
    """Label the pixels from the best grid of each stride: (6, H, W)."""
    maps = [labels]
    for stride in STRIDES[1:]:
        grid = best_grid(labels[None], stride, num_classes)
        maps.append(upsample(grid, stride)[0].argmax(dim=0).numpy())
    return np.stack(maps).astype(np.uint8)

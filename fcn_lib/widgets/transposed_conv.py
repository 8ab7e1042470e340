"""A transposed convolution, one output at a time, in four equal views."""

import torch
import traitlets as t

from fcn_lib.transposed.sizes import output_size
from fcn_lib.widgets.figure import Figure

# how each shows that pixels meet at an output
VIEWS = {
    "zeros": (
        "The pixels stand {stride} apart, with zeros between and around "
        "them, under the turned kernel."
    ),
    "fractional": "The kernel goes over the pixels in steps of 1/{stride}.",
    "scatter": (
        "The pixels paint the kernel times their values, {stride} apart, and "
        "where paint overlaps it is added."
    ),
    "matrix": "A row of a matrix of weights is multiplied by the pixels.",
}
# rows of the largest result: 4 pixels, 4 apart, a kernel of 5, and 3 more
MOST = 3 * 4 + 5 + 3


class TransposedConv(Figure):
    """A small map, a kernel, and the result of ``F.conv_transpose2d``.

    One output is chosen. Each view shows in its own way which pixels of the
    input meet there, and with which weights: a kernel that slides over an
    input with zeros in between; a kernel that goes in steps of 1 / stride
    over the input as it is; pixels that paint; a row of a matrix. They are
    the four functions of ``fcn_lib.transposed``. What padding crops stays in
    sight, hatched. After Dumoulin and Visin (2016), chapter 4,
    https://arxiv.org/abs/1603.07285

    The input counts 1, 2, 3 … row by row. No entry of the kernel is 0.

    Args:
        settings: any of the attributes, to begin with.

    Attributes:
        view: ``"zeros"``, ``"fractional"``, ``"scatter"`` or ``"matrix"``.
        rows: those of the input, 1 to 4.
        columns: those of the input, 1 to 4.
        kernel: its rows and columns, 1 to 5.
        stride: how far the pixels of the input are moved apart, 1 to 4.
        padding: how many rows and columns are cropped at each side, 0 to 3.
        output_padding: how many fewer at the bottom and the right, from 0 to
            ``stride - 1``.
        row: that of the chosen output, counted from 0 in what is left after
            cropping; the last one where there are fewer rows than that.
        column: that of the chosen output, likewise.

    Raises:
        TraitError: if a setting is out of range.
        ValueError: if the first settings do not fit together: too much output
            padding, or nothing left of the result. Later on the figure says
            so itself, for a reader may come past such settings.

    Example:
        >>> TransposedConv(view="scatter").view
        'scatter'
    """

    view = t.Enum(tuple(VIEWS), "zeros").tag(sync=True)
    rows = t.Int(2, min=1, max=4).tag(sync=True)
    columns = t.Int(3, min=1, max=4).tag(sync=True)
    kernel = t.Int(3, min=1, max=5).tag(sync=True)
    stride = t.Int(2, min=1, max=4).tag(sync=True)
    padding = t.Int(0, min=0, max=3).tag(sync=True)
    output_padding = t.Int(0, min=0, max=3).tag(sync=True)
    row = t.Int(2, min=0, max=MOST - 1).tag(sync=True)
    column = t.Int(2, min=0, max=MOST - 1).tag(sync=True)

    shown = (
        "view", "rows", "columns", "kernel", "stride", "padding",
        "output_padding", "row", "column",
    )  # fmt: skip

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)
        try:
            self._size()
        except ValueError:
            self.close()
            raise

    def _size(self) -> tuple[int, int]:
        return output_size(
            torch.empty(1, 1, self.rows, self.columns),
            torch.empty(1, 1, self.kernel, self.kernel),
            self.stride, self.padding, self.output_padding,
            dilation=1, groups=1,
        )  # fmt: skip

    @t.default("alt")
    def _seen(self) -> str:
        H, W = self._size()
        r, c = min(self.row, H - 1), min(self.column, W - 1)
        return (
            f"An input of {self.rows} by {self.columns} pixels, a kernel of "
            f"{self.kernel} by {self.kernel}, and an output of {H} by {W}. "
            f"{VIEWS[self.view].format(stride=self.stride)} Marked are output "
            f"({r}, {c}) and the pixels that meet there, if any do: the "
            "output is the sum of each times its entry of the kernel."
        )

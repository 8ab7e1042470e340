"""How often a transposed convolution paints each pixel."""

import traitlets as t

from fcn_lib.widgets.figure import Figure

STRIDES = range(1, 7)
KERNELS = range(1, 13)
# how many there are at stride 1: the most of all strides
INPUTS = 14


class Checkerboard(Figure):
    """A row of pixels, each with a brush as wide as the kernel.

    Brushes overlap; how often each output is painted is piled up and
    counted, in a row first and then, as the product of two rows, in a map.
    It is ``F.conv_transpose2d`` of ones with a kernel of ones. The counts are
    even away from the rim exactly when the stride divides the kernel. After
    Odena, Dumoulin and Olah (2016), https://distill.pub/2016/deconv-checkerboard/

    Args:
        settings: ``stride``, ``kernel``, ``marked`` to begin with.

    Attributes:
        stride: outputs from one brush to the next, 1 to 6.
        kernel: outputs that a brush covers, 1 to 12.
        marked: the input whose brush stands out, counted from 0; the last
            one where a larger stride leaves fewer inputs than that.

    Raises:
        TraitError: if a setting is out of range.

    Example:
        >>> Checkerboard(kernel=4)
        Checkerboard(stride=2, kernel=4, marked=3)
    """

    stride = t.Int(2, min=STRIDES[0], max=STRIDES[-1]).tag(sync=True)
    kernel = t.Int(3, min=KERNELS[0], max=KERNELS[-1]).tag(sync=True)
    marked = t.Int(3, min=0, max=INPUTS - 1).tag(sync=True)

    shown = "stride", "kernel", "marked"

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)

    @t.default("alt")
    def _seen(self) -> str:
        fewest, rest = divmod(self.kernel, self.stride)
        even = rest == 0
        times = f"{fewest}" if even else f"{fewest} or {fewest + 1}"
        return (
            f"Inputs in a row, each with a brush of width {self.kernel}, in "
            f"steps of {self.stride}. Each output says how often it is "
            f"painted: away from the rim {times} times. In a map the counts "
            "of its row and its column multiply, to "
            f"{'an even' if even else 'a checked'} pattern."
        )

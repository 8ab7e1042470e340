"""A small map, enlarged in four ways by 2 to 32."""

import numpy as np
import torch
import traitlets as t
from numpy.typing import ArrayLike

from fcn_lib.widgets.figure import Figure, packed

FACTORS = 2, 4, 8, 16, 32
METHODS = "nearest", "bilinear", "random", "sub-pixel"
SEED = 0
# entries of the largest kernel, twice as wide and high as the factor
NUMBERS = (2 * FACTORS[-1]) ** 2


class Upsampling(Figure):
    """Repeated cells, tents, and two ways that start at random, compared.

    With factor s the four are: each cell repeated s times; the transposed
    convolution with kernel 2s, stride s and padding s/2, bilinear as in
    ``fcn_lib.transposed`` or with random weights from 0 to 1/2; and sub-pixel
    convolution (Shi et al. 2016, https://arxiv.org/abs/1609.05158): s² random
    weights from 1/2 to 3/2, one channel for each pixel of a cell. All keep
    a flat map's level on the average.

    Args:
        cells: (rows, columns) fractions from 0 to 1; 2 to 8 of each.
        settings: ``factor``, ``method``, ``rim`` to begin with.

    Attributes:
        factor: how many times larger the result is: 2, 4, 8, 16 or 32.
        method: which one is explained, ``"nearest"``, ``"bilinear"``,
            ``"random"`` or ``"sub-pixel"``.
        rim: whether the bilinear result shows where ``F.interpolate`` gives
            something else.

    Raises:
        ValueError: if the cells are too many or too few, or no fractions.
        TraitError: if a setting is out of range.

    Example:
        >>> Upsampling([[0, 1], [1, 0]], factor=4)
        Upsampling(factor=4, method='bilinear', rim=False)
    """

    factor = t.Enum(FACTORS, 8).tag(sync=True)
    method = t.Enum(METHODS, "bilinear").tag(sync=True)
    rim = t.Bool(False).tag(sync=True)

    cells = t.List().tag(sync=True)
    numbers = t.Bytes().tag(sync=True)

    shown = "factor", "method", "rim"

    def __init__(self, cells: ArrayLike, **settings: object) -> None:
        values = np.asarray(cells, dtype=np.float64)
        if values.ndim != 2 or not all(2 <= n <= 8 for n in values.shape):
            raise ValueError(
                f"cells are {values.shape}: rows and columns, 2 to 8 of each"
            )
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError("cells must be fractions from 0 to 1")
        super().__init__(
            cells=values.tolist(),
            numbers=packed(_draw(NUMBERS).view(np.uint8)),
            **settings,
        )

    @t.default("alt")
    def _seen(self) -> str:
        rows, columns = len(self.cells), len(self.cells[0])
        return (
            f"A map of {rows} by {columns} cells, enlarged four ways: "
            "repeated cells are hard squares; bilinear tents melt into each "
            "other; random weights, and sub-pixel convolution with random "
            "weights, leave a pattern that repeats in each cell."
        )


def _draw(n: int) -> np.ndarray:
    """(n,) float32 from 0 to 1: how ``torch.rand`` begins after the seed."""
    generator = torch.Generator().manual_seed(SEED)
    return torch.rand(n, generator=generator).numpy()

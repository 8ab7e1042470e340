"""Transposed convolution, four ways, and the bilinear kernels for it.

Backs ``chapters/transposed.ipynb``. ``views`` computes the same layer in four
ways, each written for reading, and ``sizes`` says what fits together;
``bilinear`` holds the kernels that upsample evenly, and the upsampling that
the networks use.
"""

from fcn_lib.transposed.bilinear import (
    bilinear_kernel,
    bilinear_upsampling,
    upsample,
)
from fcn_lib.transposed.views import (
    by_fraction,
    by_matrix,
    by_scatter,
    by_zeros,
    insert_zeros,
)

__all__ = [
    "bilinear_kernel",
    "bilinear_upsampling",
    "by_fraction",
    "by_matrix",
    "by_scatter",
    "by_zeros",
    "insert_zeros",
    "upsample",
]

"""Super-resolution: a picture with twice as many rows and columns.

Backs ``chapters/superres.ipynb``. ``pictures`` makes pairs of a small and a
large picture, and compares two by their PSNR; ``layers`` holds the three last
layers that double a map, ``nets`` the net around them and its training.
"""

from fcn_lib.superres.layers import HEADS, as_transposed, icnr
from fcn_lib.superres.nets import Doubler, bicubic, enlarge, learn
from fcn_lib.superres.pictures import patches, psnr, shrink

__all__ = [
    "HEADS",
    "Doubler",
    "as_transposed",
    "bicubic",
    "enlarge",
    "icnr",
    "learn",
    "patches",
    "psnr",
    "shrink",
]

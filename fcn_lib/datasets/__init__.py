"""Photographs and their labels, read from files with care.

``files`` reads single pictures, ``photos`` whole data sets. A photograph is
uint8 (H, W, 3), its labels are uint8 (H, W) with 255 for void. A file that
cannot be read faithfully is refused, by name.
"""

from fcn_lib.datasets.files import (
    read_image,
    read_labels,
    read_pair,
    to_images,
    to_rgb,
)
from fcn_lib.datasets.photos import CAMVID, Photos, camvid, folder, load

__all__ = [
    "CAMVID",
    "Photos",
    "camvid",
    "folder",
    "load",
    "read_image",
    "read_labels",
    "read_pair",
    "to_images",
    "to_rgb",
]

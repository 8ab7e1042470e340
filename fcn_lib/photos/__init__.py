"""Torchvision's data sets of photographs, ready for ``fcn_lib.train``.

Backs ``chapters/photos.ipynb``. ``masks`` makes pairs of any data set of
photographs and masks, ``sets`` knows Pascal VOC and the Oxford-IIIT Pets.
"""

from fcn_lib.photos.masks import MaskPairs, enlarged, relabelled
from fcn_lib.photos.sets import (
    PET_CLASSES,
    PET_IDS,
    VOC_CLASSES,
    VOC_IDS,
    pets,
    voc,
    voc_palette,
)

__all__ = [
    "PET_CLASSES",
    "PET_IDS",
    "VOC_CLASSES",
    "VOC_IDS",
    "MaskPairs",
    "enlarged",
    "pets",
    "relabelled",
    "voc",
    "voc_palette",
]

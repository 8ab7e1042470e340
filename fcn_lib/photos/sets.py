"""Pascal VOC and the Oxford-IIIT Pets, in torchvision's layout.

Everingham et al. (2010) describe VOC, Parkhi et al. (2012) the pets. Nothing
is downloaded here.
"""

from pathlib import Path

from torchvision.datasets import OxfordIIITPet, VOCSegmentation

from fcn_lib.photos.masks import MaskPairs
from fcn_lib.pixels import VOID, Palette

VOC_CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus",
    "car", "cat", "chair", "cow", "dining table", "dog", "horse",
    "motorbike", "person", "potted plant", "sheep", "sofa", "train",
    "tv monitor",
)  # fmt: skip
PET_CLASSES = ("pet", "background")
# in the files: what each id becomes
VOC_IDS = {k: k for k in range(len(VOC_CLASSES))} | {VOID: VOID}
PET_IDS = {1: 0, 2: 1, 3: VOID}


def voc(
    root: str | Path,
    split: str = "train",
    year: str = "2012",
    at_least: tuple[int, int] = (1, 1),
) -> MaskPairs:
    """Find Pascal VOC, in the layout of torchvision.

    Args:
        root: holds ``VOCdevkit/VOC2012/``.
        split: "train", "val" or "trainval".
        year: of the challenge.
        at_least: as for ``MaskPairs``.

    Raises:
        ValueError: if there is no such folder, or the split is unknown.
    """
    try:
        dataset = VOCSegmentation(root, year=year, image_set=split)
    except (RuntimeError, FileNotFoundError) as error:
        raise ValueError(
            f"no VOC {year} in {root} ({error}): unpack its archive there, "
            "so that VOCdevkit/ lies in it"
        ) from error
    return MaskPairs(dataset, VOC_IDS, at_least)


def pets(
    root: str | Path,
    split: str = "trainval",
    at_least: tuple[int, int] = (1, 1),
) -> MaskPairs:
    """Find the Oxford-IIIT Pets, in the layout of torchvision.

    Args:
        root: holds ``oxford-iiit-pet/`` with ``images/`` and
            ``annotations/``.
        split: "trainval" or "test".
        at_least: as for ``MaskPairs``.

    Raises:
        ValueError: if there is no such folder, or the split is unknown.
    """
    try:
        dataset = OxfordIIITPet(root, split, target_types="segmentation")
    except (RuntimeError, FileNotFoundError) as error:
        raise ValueError(
            f"no pets in {root} ({error}): unpack both archives in "
            "oxford-iiit-pet/ there"
        ) from error
    return MaskPairs(dataset, PET_IDS, at_least)


def voc_palette(count: int = 256) -> Palette:
    """Compute the colours of VOC's masks, as its development kit does.

    The bits of an id are dealt to red, green and blue in turn, the lowest
    ones to the highest bits of the colours.

    Args:
        count: how many.

    Example:
        >>> voc_palette(3)
        ((0, 0, 0), (128, 0, 0), (0, 128, 0))
    """
    return tuple(
        tuple(
            sum((k >> 3 * j + c & 1) << 7 - j for j in range(3))
            for c in range(3)
        )
        for k in range(count)
    )

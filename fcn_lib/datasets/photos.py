"""Data sets of photographs: a folder of them, and CamVid.

A data set is a sequence of pairs (image, labels). It lies on disk in two
folders for each split: photographs in ``<split>/``, label maps of the same
names in ``<split>annot/``.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fcn_lib.datasets.files import read_pair
from fcn_lib.pixels import VOID, Palette

SUFFIXES = {".png", ".jpg", ".jpeg"}
# Brostow et al. (2009), in the 11 classes of SegNet, in SegNet's order
CAMVID = {
    "sky": (128, 128, 128),
    "building": (128, 0, 0),
    "pole": (192, 192, 128),
    "road": (128, 64, 128),
    "pavement": (60, 40, 222),
    "tree": (128, 128, 0),
    "sign": (192, 128, 128),
    "fence": (64, 64, 128),
    "car": (64, 0, 128),
    "pedestrian": (64, 64, 0),
    "cyclist": (0, 128, 192),
}


@dataclass(frozen=True)
class Photos(Sequence):
    """Pairs of image and labels, read from disk each time they are asked for.

    Args:
        files: paths of a photograph and of its label map, pair by pair.
        classes: the K names.
        palette: one colour for each class.
        void: the label of void pixels in the files.
        shrink: divide height and width by this whole number. Colours are
            averaged, of the labels one pixel in each block is kept.
    """

    files: tuple[tuple[Path, Path], ...]
    classes: tuple[str, ...]
    palette: Palette
    void: int = VOID
    shrink: int = 1

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, i: int) -> tuple[NDArray, NDArray]:
        """Read pair i: uint8 (H, W, 3) and uint8 (H, W), 255 for void."""
        pair = read_pair(*self.files[i], len(self.classes), self.void)
        return pair if self.shrink == 1 else _shrunk(*pair, self.shrink)


def folder(
    root: str | Path,
    split: str,
    classes: Sequence[str],
    palette: Palette | None = None,
    void: int = VOID,
    shrink: int = 1,
) -> Photos:
    """Find the pairs of a split in a folder of yours.

    Args:
        root: holds ``<split>/`` and ``<split>annot/``.
        split: for instance "train".
        classes: the K names; the labels in the files are 0 to K-1.
        palette: K colours; without one, they are chosen here.
        void: the label of void pixels in the files.
        shrink: as for ``Photos``.

    Raises:
        ValueError: if a folder is missing or empty, or if a photograph or a
            label map stands alone.
    """
    images, maps = (
        _pictures(Path(root) / name) for name in (split, f"{split}annot")
    )
    if alone := sorted(images.keys() ^ maps.keys()):
        raise ValueError(
            f"without a partner in {root}/{split} and {split}annot: "
            f"{len(alone)} file{'s' * (len(alone) > 1)}, such as "
            f"{alone[0]!r}. Complete the folder, or take them out"
        )
    if shrink < 1:
        raise ValueError(f"shrink must be at least 1, not {shrink}")
    files = tuple((images[stem], maps[stem]) for stem in sorted(images))
    palette = tuple(palette or spread_colors(len(classes)))
    if len(palette) != len(classes):
        raise ValueError(
            f"{len(palette)} colours for {len(classes)} classes: give one "
            "for each"
        )
    return Photos(files, tuple(classes), palette, void, shrink)


def camvid(root: str | Path | None, split: str, shrink: int = 1) -> Photos:
    """Find CamVid, 480×360, in the version of SegNet with 11 classes.

    Brostow, Fauqueur and Cipolla (2009); the split into train, val and test
    is that of Sturgess et al. (2009).

    Args:
        root: the folder that holds ``CamVid/``; None for the folder that the
            environment variable ``FCN_DATA`` names.
        split: "train" (367), "val" (101) or "test" (233 photographs).
        shrink: as for ``Photos``.

    Raises:
        ValueError: as ``folder``, or if no root is known.
    """
    root = root or os.environ.get("FCN_DATA")
    if not root:
        raise ValueError(
            "where is CamVid? Give the folder that holds CamVid/, or name it "
            "in the environment variable FCN_DATA"
        )
    home = Path(root) / "CamVid"
    return folder(
        home, split, tuple(CAMVID), tuple(CAMVID.values()), 11, shrink
    )


def load(photos: Photos) -> list[tuple[NDArray, NDArray]]:
    """Read a whole data set into memory.

    Raises:
        ValueError: that names every file that cannot be read, not only the
            first.
    """
    pairs, problems = [], []
    for i in range(len(photos)):
        try:
            pairs.append(photos[i])
        except (ValueError, OSError) as error:
            problems.append(str(error))
    if problems:
        raise ValueError(
            f"{len(problems)} of {len(photos)} pairs cannot be read:\n"
            + "\n".join(problems)
        )
    return pairs


def spread_colors(count: int) -> Palette:
    """Choose colours that are unlike: hues by the golden section.

    Args:
        count: how many.

    Returns:
        ``count`` colours, none of them white.
    """
    hues = [round(255 * (k * 0.618 % 1)) for k in range(count)]
    tones = (150, 190), (200, 120), (110, 235)  # saturation and value
    colors = [(hue, *tones[k % 3]) for k, hue in enumerate(hues)]
    pixels = np.array([colors], dtype=np.uint8).reshape(1, count, 3)
    rgb = np.array(Image.fromarray(pixels, mode="HSV").convert("RGB"))[0]
    return tuple((int(r), int(g), int(b)) for r, g, b in rgb)


def _pictures(place: Path) -> dict[str, Path]:
    """The pictures of a folder, by the stem of their names."""
    if not place.is_dir():
        raise ValueError(f"there is no folder {place}: is the path right?")
    paths = [p for p in place.iterdir() if p.suffix.lower() in SUFFIXES]
    found = {path.stem: path for path in sorted(paths)}
    if len(found) < len(paths):
        twice = sorted(set(paths) - set(found.values()))
        raise ValueError(
            f"{twice[0]} has the stem of another picture beside it: rename "
            "one of the two"
        )
    if not found:
        raise ValueError(f"{place} holds no PNG or JPEG file: is it complete?")
    return found


def _shrunk(
    image: NDArray, labels: NDArray, factor: int
) -> tuple[NDArray, NDArray]:
    """Average colours over blocks, keep the middle pixel's label of each."""
    small = np.array(Image.fromarray(image).reduce(factor))
    middle = factor // 2
    H, W = labels.shape
    rows = np.minimum(np.arange(middle, H + middle, factor), H - 1)
    columns = np.minimum(np.arange(middle, W + middle, factor), W - 1)
    h, w = small.shape[:2]
    return small, labels[rows[:h]][:, columns[:w]]

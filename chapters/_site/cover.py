"""Draw the cover: one street, from a photo to a class for every pixel.

From left to right the street is a photo, then label blocks of 32, 16 and 8
pixels, each the class that most of its pixels have, then the exact labels.

    python chapters/_site/cover.py
"""

from pathlib import Path

import numpy as np
from PIL import Image

from fcn_lib.coarse import block_labels, mosaic
from fcn_lib.pixels import colorize
from fcn_lib.scenes import CLASSES, PALETTE, scene

SEED = 198
HEIGHT, WIDTH = 384, 960
# side of a block -> the column of 32 pixels where its part begins on top
FRONTS = {32: 13, 16: 17, 8: 20, 1: 24}


def cover() -> Image.Image:
    """Compose the picture; every front is a staircase down to the left."""
    image, labels = scene(SEED, size=(HEIGHT, WIDTH))
    row, column = np.indices(labels.shape) // 32
    for side, front in FRONTS.items():
        beyond = column + row // 2 >= front
        cells = block_labels(labels, side, len(CLASSES))
        coloured = colorize(mosaic(cells, side, labels.shape), PALETTE)
        image = np.where(beyond[..., None], coloured, image)
    # few colours: a small file, and flat blocks stay flat
    return Image.fromarray(image).quantize(128, dither=Image.Dither.NONE)


if __name__ == "__main__":
    target = Path(__file__).with_name("cover.png")
    cover().save(target, optimize=True)
    print(f"{target.name}: {target.stat().st_size / 1000:.0f} kB")

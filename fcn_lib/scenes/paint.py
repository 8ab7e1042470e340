"""Colours that the street is painted with; none belongs to one class."""

import numpy as np

from fcn_lib.scenes.view import Colour

# walls, cars and clothes share one box of paints: colour is no hint of class
PAINTS = (
    (228, 224, 214), (186, 186, 182), (132, 134, 138), (62, 64, 70),
    (156, 82, 62), (204, 166, 100), (208, 188, 152), (48, 62, 100),
    (92, 128, 168), (78, 112, 74), (124, 124, 80), (178, 104, 70),
    (204, 154, 142), (76, 130, 132), (178, 48, 44), (104, 100, 98),
)  # fmt: skip
LEAVES = (
    (84, 116, 56), (66, 98, 56), (104, 128, 66), (58, 84, 62), (112, 116, 58),
    (188, 138, 58), (172, 86, 52), (206, 160, 168), (120, 96, 72),
)  # fmt: skip


def tinted(rng: np.random.Generator, colour: Colour, spread: float) -> tuple:
    """Return a colour near ``colour``: lighter or darker, then shifted."""
    lift, *shifts = (spread * (2 * rng.random(4) - 1)).tolist()
    return tuple(
        [
            max(4.0, c + lift + d / 3)
            for c, d in zip(colour, shifts, strict=True)
        ]
    )


def paint(rng: np.random.Generator) -> tuple:
    """Return any paint of the box, a little mixed."""
    return tinted(rng, PAINTS[rng.integers(len(PAINTS))], 16)

"""What closes the view: far blocks, and a house across the street's end."""

import numpy as np

from fcn_lib.scenes.draw import Canvas
from fcn_lib.scenes.houses import LAMPLIGHT, STOREY
from fcn_lib.scenes.paint import paint, tinted
from fcn_lib.scenes.things import BUILDING
from fcn_lib.scenes.view import upright


def skyline(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw far blocks that close the view at the horizon."""
    x = -190.0
    while x < 190:
        wide, high = rng.uniform(10, 30), rng.uniform(4, 24)
        if rng.random() < 0.8:
            block = upright(x, x + wide, 0, high, 170)
            canvas.face(block, paint(rng), BUILDING)
        x += wide


def street_end(canvas: Canvas, rng: np.random.Generator, z: float) -> None:
    """Draw a house across the end of the street, seen from the front."""
    left, right = rng.uniform(-26, -14), rng.uniform(14, 26)
    high = rng.uniform(8, 20)
    glass = tinted(rng, (86, 96, 110), 20)
    canvas.face(upright(left, right, 0, high, z), paint(rng), BUILDING)
    for y in np.arange(1.2, high - 2, STOREY):
        for x in np.arange(left + 1, right - 2, 3.0):
            lit = bool(rng.random() < canvas.light.windows)
            pane = upright(x, x + 1.4, y, y + 1.6, z)
            canvas.face(pane, LAMPLIGHT if lit else glass, None, lit=lit)

"""The ground: sidewalks, the road over them, kerbs and paint."""

from dataclasses import dataclass

import numpy as np

from fcn_lib.scenes.draw import Canvas
from fcn_lib.scenes.paint import PAINTS, tinted
from fcn_lib.scenes.things import ROAD, SIDEWALK
from fcn_lib.scenes.view import Colour, level

# distances at which the ground is followed round the bend
STEPS = (1, 2.5, 4, 6, 9, 13, 18, 25, 34, 46, 62, 90, 170)
UP = (0, 1, 0)
WIDE = 300.0  # metres to either side, past every edge of the picture


@dataclass(frozen=True)
class Street:
    """Widths and the crossing road; x is 0 in the middle of the road."""

    kerb: float  # x of the right kerb; the left one is at -kerb
    walk: float  # width of a sidewalk
    crossing: float  # where another road crosses, 0 if none does

    def crossed(self, z: float, margin: float = 1.0) -> bool:
        """Whether the crossing road, or nearly, passes at distance z."""
        start = self.crossing - margin
        return self.crossing > 0 and start < z < start + 9 + 2 * margin

    def draw(self, canvas: Canvas, rng: np.random.Generator) -> None:
        """Sidewalk everywhere, the road over it, then kerbs and paint."""
        asphalt = tinted(rng, (112, 112, 116), 34)
        paving = tinted(rng, PAINTS[rng.choice([1, 2, 6, 11, 15])], 26)
        strip(canvas, -WIDE, WIDE, paving, SIDEWALK)
        self._joints(canvas, [c * 0.86 for c in paving])
        strip(canvas, -self.kerb, self.kerb, asphalt, ROAD)
        self._patches(canvas, rng, asphalt)
        self._kerbs(canvas, tinted(rng, (178, 176, 170), 16), asphalt)
        if self.crossing:
            road = level(-WIDE, WIDE, self.crossing, self.crossing + 9)
            canvas.face(road, asphalt, ROAD, UP)
        self._lines(canvas, rng, tinted(rng, (212, 210, 202), 16))

    def _joints(self, canvas: Canvas, tone: Colour) -> None:
        for side in (-1, 1):
            inner, outer = side * self.kerb, side * (self.kerb + self.walk)
            for z in np.arange(2.2, 24, 1.6):
                canvas.face(level(inner, outer, z, z + 0.07), tone, None, UP)
            middle = (inner + outer) / 2
            strip(canvas, middle, middle + 0.06, tone)

    def _patches(
        self, canvas: Canvas, rng: np.random.Generator, asphalt: Colour
    ) -> None:
        for _ in range(rng.integers(2, 6)):
            x, z = rng.uniform(-self.kerb, self.kerb - 2), rng.uniform(3, 22)
            age = rng.uniform(0.82, 1.1)
            right = min(x + rng.uniform(0.6, 2.5), self.kerb)
            patch = level(x, right, z, z + rng.uniform(0.6, 5))
            canvas.face(patch, [c * age for c in asphalt], None, UP)

    def _kerbs(self, canvas: Canvas, stone: Colour, asphalt: Colour) -> None:
        for side in (-1, 1):
            edge = side * self.kerb
            strip(canvas, edge, edge + side * 0.28, stone, SIDEWALK)
            gutter = [c * 0.7 for c in asphalt]
            strip(canvas, edge - side * 0.22, edge, gutter)

    def _lines(
        self, canvas: Canvas, rng: np.random.Generator, white: Colour
    ) -> None:
        """Dashes down the middle and, at times, a zebra and parking bays."""
        zebra = self.crossing - 4.5 if self.crossing else rng.uniform(5, 40)
        if rng.random() < 0.8:
            for z in np.arange(1.5, 80, 6):
                if not zebra - 4 < z < zebra + 14:
                    dash = level(-0.07, 0.07, z, z + 3)
                    canvas.face(dash, white, None, UP)
        if self.crossing or rng.random() < 0.4:
            for x in np.arange(-self.kerb + 0.4, self.kerb - 0.6, 1.05):
                stripe = level(x, x + 0.55, zebra, zebra + 3.2)
                canvas.face(stripe, white, None, UP)
        if rng.random() < 0.5:
            for side in (-1, 1):
                x = side * (self.kerb - 2.1)
                strip(canvas, x, x + 0.09, white)


def strip(
    canvas: Canvas,
    left: float,
    right: float,
    colour: Colour,
    label: int | None = None,
) -> None:
    """Draw the ground between two x, all the way to the horizon."""
    reach = 4 if label is None else 1  # wide ground fades more smoothly
    for i in range(0, len(STEPS) - 1, reach):
        steps = STEPS[i : i + reach + 1]
        ring = [(left, 0, z) for z in steps]
        ring += [(right, 0, z) for z in reversed(steps)]
        canvas.face(ring, colour, label, UP)

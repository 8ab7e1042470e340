"""Trees and poles, and what every thing in a street has in common.

A thing says how far away it stands (``z`` decides who hides whom), throws its
shadow before anything is painted over the ground, and then draws itself.
"""

from dataclasses import dataclass

import numpy as np

from fcn_lib.scenes.draw import Canvas
from fcn_lib.scenes.paint import tinted
from fcn_lib.scenes.view import Colour, Point, upright

SKY, BUILDING, ROAD, SIDEWALK, TREE, CAR, PEDESTRIAN, POLE = range(8)
# a wheel in twelve corners: (along, up) for radius 1
ROUND = (
    (1, 0), (0.87, 0.5), (0.5, 0.87), (0, 1), (-0.5, 0.87), (-0.87, 0.5),
    (-1, 0), (-0.87, -0.5), (-0.5, -0.87), (0, -1), (0.5, -0.87),
    (0.87, -0.5),
)  # fmt: skip


def post(canvas: Canvas, x: float, z: float, r: float, high: float) -> None:
    """Throw the shadow of something upright: two crossed boards."""
    for a, b in ((r, 0), (0, r)):
        foot = ((x - a, 0, z - b), (x + a, 0, z + b))
        canvas.shadow((*foot, (x + a, high, z + b), (x - a, high, z - b)))


@dataclass(frozen=True)
class Tree:
    """A trunk, a few branches, and leaves in clumps that let the sky in."""

    x: float
    z: float
    height: float
    slim: float  # width of the crown over its height
    leaves: Colour
    seed: int

    def shadow(self, canvas: Canvas) -> None:
        """A stem and a crown on the ground."""
        x, z, top, mid = self.x, self.z, self.height, self.height * 0.62
        a, b = self.slim * top * 0.36, top * 0.34
        post(canvas, x, z, 0.12, mid)
        canvas.shadow([(x + a * u, mid + b * v, z) for u, v in ROUND])
        canvas.shadow([(x, mid + b * v, z + a * u) for u, v in ROUND])

    def draw(self, canvas: Canvas) -> None:
        """Trunk first, then leaves from the shaded inside to the light."""
        rng = np.random.Generator(np.random.PCG64(self.seed))
        x, z, top = self.x, self.z, self.height
        bark = tinted(rng, (96, 82, 68), 16)
        fork = (x, top * 0.45, z)
        canvas.bar((x, 0, z), fork, 0.028 * top, bark, TREE, least=1)
        wide, tall = self.slim * top * 0.36, top * 0.33
        for side in (-0.7, -0.1, 0.6):
            end = (x + side * wide, top * 0.74, z)
            canvas.bar(fork, end, 0.014 * top, bark, TREE)
        clumps = 84 if z < 13 else 48 if z < 26 else 30
        spots = rng.uniform(-1, 1, (clumps, 2))
        # squeeze the square into a disc, evenly enough and without sines
        spots *= np.sqrt(1 - spots[:, ::-1] ** 2 / 2)
        order = np.arange(clumps) / clumps
        sizes = rng.uniform(0.17, 0.3, clumps) * (1.2 - 0.95 * order)
        tones = [
            canvas.light.on([c * b for c in self.leaves], (0, 0.8, -0.6), z)
            for b in (0.4, 0.55, 0.68, 0.8, 0.92, 1.04, 1.16)
        ]
        sunny = 1 if canvas.light.towards[0] > 0 else -1
        bright = 1.4 + 3 * order + 1.5 * spots[:, 1] + sunny * spots[:, 0]
        bright = np.clip(bright, 0, 6).astype(int)
        for (u, v), size, level in zip(spots, sizes, bright, strict=True):
            spot = (x + u * wide, top * 0.66 + v * tall, z)
            radius = (size * wide * 1.1, size * tall * 0.95)
            canvas.disc(spot, radius, tones[level], TREE, lit=True)


@dataclass(frozen=True)
class Pole:
    """A lamp, a traffic light, a sign or a bollard: thin, and it counts."""

    x: float
    z: float
    kind: str
    height: float
    colour: Colour
    sign: Colour

    def shadow(self, canvas: Canvas) -> None:
        """A line."""
        post(canvas, self.x, self.z, 0.06, self.height)

    def draw(self, canvas: Canvas) -> None:
        """The post, then what it carries."""
        thick = 0.2 if self.kind == "bollard" else 0.11
        top = (self.x, self.height, self.z)
        foot = (self.x, 0, self.z)
        canvas.bar(foot, top, thick, self.colour, POLE, least=1)
        if self.kind == "lamp":
            self._lamp(canvas, top)
        elif self.kind == "signal":
            self._signal(canvas)
        elif self.kind == "sign":
            for r, tone in ((0.36, self.sign), (0.24, (224, 222, 214))):
                canvas.disc(top, (r, r), tone, POLE)

    def _lamp(self, canvas: Canvas, top: Point) -> None:
        reach = -1.4 if self.x > 0 else 1.4
        end = (self.x + reach, self.height + 0.25, self.z)
        canvas.bar(top, end, 0.09, self.colour, POLE, least=0.7)
        dark = canvas.light.windows > 0.2
        canvas.disc(end, (0.38, 0.13), (244, 226, 176), POLE, lit=dark)
        if dark:
            canvas.shine(end, 0.7, 230)

    def _signal(self, canvas: Canvas) -> None:
        x, y, z = self.x, self.height, self.z
        box = upright(x - 0.18, x + 0.18, y - 0.95, y + 0.05, z)
        canvas.face(box, (38, 40, 42), POLE)
        lamps = ((210, 50, 40), (90, 74, 40), (44, 66, 50))
        for k, tone in enumerate(lamps):
            spot = (x, y - 0.15 - 0.3 * k, z)
            canvas.disc(spot, (0.1, 0.1), tone, lit=k == 0)

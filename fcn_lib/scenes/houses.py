"""Houses along a street: walls in perspective, roofs, windows, shops."""

from dataclasses import dataclass

import numpy as np

from fcn_lib.scenes.draw import Canvas
from fcn_lib.scenes.paint import paint, tinted
from fcn_lib.scenes.things import BUILDING
from fcn_lib.scenes.view import NEAREST, Colour, along, upright

STOREY = 3.1  # metres
DEEP = 9.0  # from the front of a house to its back
LAMPLIGHT = (246, 204, 128)


@dataclass(frozen=True)
class House:
    """A house beside the street: ``side`` -1 left, 1 right."""

    side: int
    wall: float  # x of its front
    start: float  # z of its near end
    z: float  # of its far end, which decides the order of drawing
    floors: int
    roof: str  # flat, gable or mansard
    colour: Colour
    glass: Colour
    shop: bool
    corner: bool  # nothing hides its near end
    seed: int

    @property
    def near(self) -> float:
        """Where its visible part begins."""
        return max(self.start, NEAREST)

    @property
    def eaves(self) -> float:
        """Height of the wall in metres."""
        return self.floors * STOREY + 0.9

    def shadow(self, canvas: Canvas) -> None:
        """The shadow of its front and of both ends."""
        x, back = self.wall, self.wall + self.side * DEEP
        canvas.shadow(along(x, self.start, self.z, 0, self.eaves))
        for z in (self.start, self.z):
            canvas.shadow(upright(x, back, 0, self.eaves, z))

    def draw(self, canvas: Canvas) -> None:
        """End wall, roof, front, then what breaks the front up."""
        rng = np.random.Generator(np.random.PCG64(self.seed))
        trim = tinted(rng, [c * 1.12 for c in self.colour], 10)
        if self.start > NEAREST:
            self._end(canvas)
        self._roof(canvas, rng)
        self._front(canvas, 0, self.eaves, self.colour, BUILDING)
        self._courses(canvas, trim)
        self._windows(canvas, rng, trim)
        if self.shop:
            self._awning(canvas, paint(rng))

    def _front(
        self,
        canvas: Canvas,
        low: float,
        high: float,
        colour: Colour,
        label: int | None = None,
    ) -> None:
        ring = along(self.wall, self.near, self.z, low, high)
        canvas.face(ring, colour, label, (-self.side, 0, 0))

    def _end(self, canvas: Canvas) -> None:
        x, s, z = self.wall, self.side, self.start
        wall = upright(x, x + s * DEEP, 0, self.eaves, z)
        canvas.face(wall, self.colour, BUILDING)
        for low in np.arange(self.floors * self.corner) * STOREY + 1.1:
            for step in (1.6, 4.2, 6.8):
                u = x + s * step
                pane = upright(u - 0.5, u + 0.5, low, low + 1.6, z)
                canvas.face(pane, self.glass)

    def _courses(self, canvas: Canvas, trim: Colour) -> None:
        self._front(canvas, 0, 0.5, [c * 0.7 for c in self.colour])
        if self.z < 30 and self.seed % 2:  # too fine to see from further off
            joint = [c * 0.88 for c in self.colour]
            for y in np.arange(0.9, self.eaves - 0.2, 0.45):
                self._front(canvas, y, y + 0.06, joint)
        for floor in range(1, self.floors + 1):
            if floor in (1, self.floors) or self.z < 40:
                y = floor * STOREY + 0.55
                self._front(canvas, y, y + 0.14, trim)

    def _roof(self, canvas: Canvas, rng: np.random.Generator) -> None:
        x, top, s, a, b = self.wall, self.eaves, self.side, self.near, self.z
        tile = tinted(rng, ((92, 66, 58), (70, 72, 78))[rng.integers(2)], 14)
        if self.roof == "gable":
            middle = max((self.start + b) / 2, NEAREST)
            peak = (x, top + 0.3 * (b - self.start), middle)
            ring = ((x, top, a), (x, top, b), peak)
            canvas.face(ring, self.colour, BUILDING, (-s, 0, 0))
        elif self.roof == "mansard":
            u, y = x + 1.1 * s, top + 2.4
            ring = ((x, top, a), (x, top, b), (u, y, b - 0.4), (u, y, a + 0.4))
            canvas.face(ring, tile, BUILDING, (-0.8 * s, 0.5, 0))
        else:
            ring = along(x - 0.3 * s, a, b, top - 0.35, top)
            canvas.face(ring, tile, BUILDING, (-s, 0, 0))
        chimneys = 0 if self.roof == "flat" else 2
        for z in rng.uniform(a, b, chimneys):
            u = x + 1.3 * s
            ring = upright(u - 0.4, u + 0.4, top, top + 3.3, z)
            canvas.face(ring, tile, BUILDING)

    def _windows(
        self, canvas: Canvas, rng: np.random.Generator, trim: Colour
    ) -> None:
        count = max(1, round((self.z - self.start) / rng.uniform(2.2, 3.4)))
        pitch = (self.z - self.start) / count
        half, tall = pitch * rng.uniform(0.2, 0.34), rng.uniform(1.3, 2.0)
        panes = [tinted(rng, self.glass, 14) for _ in range(4)]
        lamps = [tinted(rng, LAMPLIGHT, 18) for _ in range(3)]
        step = 2 if self.z > 62 else 1  # far windows are too fine to count
        for floor in range(self.floors):
            for k in range(0, count, step):
                middle = self.start + (k + 0.5) * pitch
                lit = rng.random() < canvas.light.windows
                tone = lamps[k % 3] if lit else panes[(k + floor) % 4]
                if middle - half < NEAREST + 0.4:
                    continue
                low = floor * STOREY + 1.05
                if floor == 0 and self.shop:
                    box = (middle, 0.44 * pitch, 0.7, 2.6)
                elif floor == 0 and k % 4 == 1:
                    box, tone, lit = (middle, half, 0.1, 1 + tall), trim, False
                else:
                    box = (middle, half, low, low + tall)
                self._pane(canvas, box, tone, trim, lit)

    def _pane(
        self,
        canvas: Canvas,
        box: tuple[float, float, float, float],
        tone: Colour,
        trim: Colour,
        lit: bool,
    ) -> None:
        """One window: its frame, its glass, and the bar in its middle."""
        z, half, low, high = box
        out = (-self.side, 0, 0)
        if self.z < 40:
            wide = half * 1.15
            frame = along(
                self.wall, z - wide, z + wide, low - 0.12, high + 0.12
            )
            canvas.face(frame, [c * 0.9 for c in trim], None, out)
        glass = along(self.wall, z - half, z + half, low, high)
        canvas.face(glass, tone, None, out, lit)
        if self.z < 34 and not lit:
            bar = along(self.wall, z - 0.04, z + 0.04, low, high)
            canvas.face(bar, trim, None, out)

    def _awning(self, canvas: Canvas, tone: Colour) -> None:
        x, s, a, b = self.wall, self.side, self.near + 0.3, self.z - 0.3
        edge = x - 1.1 * s
        ring = ((x, 3.2, a), (x, 3.2, b), (edge, 2.6, b), (edge, 2.6, a))
        canvas.face(ring, tone, BUILDING, (-0.4 * s, 0.9, 0))
        ring = along(edge, a, b, 2.35, 2.6)
        canvas.face(ring, [c * 0.85 for c in tone], BUILDING, (-s, 0, 0))

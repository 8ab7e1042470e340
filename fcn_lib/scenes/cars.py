"""Cars: a side view given width, seen from any angle."""

from dataclasses import dataclass

from fcn_lib.scenes.draw import Canvas
from fcn_lib.scenes.things import CAR, ROUND
from fcn_lib.scenes.view import Colour, Point

# side views from rear bumper over the roof to the front bumper, in metres:
# (along, up, half the width there); the roof is narrower than the doors
SEDAN = (
    (-2.15, 0.3, 0.82), (-2.2, 0.72, 0.86), (-2.08, 0.98, 0.84),
    (-1.5, 1.02, 0.8), (-0.95, 1.42, 0.6), (0.3, 1.45, 0.6),
    (1.05, 1.0, 0.8), (2.0, 0.84, 0.8), (2.15, 0.6, 0.84), (2.1, 0.3, 0.82),
)  # fmt: skip
HATCH = (
    (-1.8, 0.3, 0.82), (-1.9, 0.75, 0.86), (-1.86, 1.0, 0.84),
    (-1.8, 1.04, 0.8), (-1.45, 1.46, 0.62), (0.3, 1.52, 0.62),
    (1.1, 1.06, 0.8), (1.8, 0.88, 0.8), (1.95, 0.62, 0.84), (1.9, 0.3, 0.82),
)  # fmt: skip
VAN = (
    (-2.4, 0.35, 0.9), (-2.45, 0.9, 0.94), (-2.44, 1.2, 0.94),
    (-2.42, 1.25, 0.94), (-2.35, 2.05, 0.84), (1.0, 2.1, 0.84),
    (1.75, 1.3, 0.9), (2.3, 1.05, 0.88), (2.45, 0.7, 0.92), (2.4, 0.35, 0.9),
)  # fmt: skip
REAR_GLASS, FRONT_GLASS = 3, 5  # edges of a side view that are windows
RUBBER = (34, 34, 36)
GLASS = (64, 76, 88)


@dataclass(frozen=True)
class Car:
    """A side view given width: every face is drawn that the camera sees."""

    x: float
    z: float
    heading: tuple[float, float]  # unit vector (x, z)
    body: Colour
    profile: tuple = SEDAN

    def at(self, along: float, across: float, up: float) -> Point:
        """From the car's own metres to the street's."""
        hx, hz = self.heading
        return (
            self.x + along * hx + across * hz,
            up,
            self.z + along * hz - across * hx,
        )

    def _panel(self, one: tuple, two: tuple) -> list[Point]:
        """From side to side, between two corners of the side view."""
        (a, u, w), (b, v, q) = one, two
        return [self.at(a, -w, u), self.at(a, w, u),
                self.at(b, q, v), self.at(b, -q, v)]  # fmt: skip

    def _plate(
        self, along: float, left: float, right: float, low: float, high: float
    ) -> list[Point]:
        """Corners of a rectangle across the car."""
        corners = ((left, low), (right, low), (right, high), (left, high))
        return [self.at(along, s, u) for s, u in corners]

    def shadow(self, canvas: Canvas) -> None:
        """The floor, always, and the shadows of both sides."""
        canvas.shadow(self._panel((-2.2, 0, 0.95), (2.2, 0, 0.95)))
        for a, _, w in (self.profile[1], self.profile[8]):
            canvas.shadow(self._panel((a, 0, w), (a * 0.6, 1.3, w)))
        for side in (-1, 1):
            canvas.shadow(
                [self.at(a, side * w, u) for a, u, w in self.profile]
            )

    def draw(self, canvas: Canvas) -> None:
        """Far faces first: ends and roof, then the near side."""
        hx, hz = self.heading
        dx, dz = canvas.camera.x - self.x, -self.z
        along, across = dx * hx + dz * hz, dx * hz - dz * hx
        self._tyres(canvas, 1 if along > 0 else -1)
        edges = list(range(len(self.profile) - 1))
        if along < 0:
            edges.reverse()  # the rear is nearer: draw it last
        for i in edges:
            self._edge(canvas, i, along)
        self._lamps(canvas, 1 if along > 0 else -1)
        self._side(canvas, 1 if across > 0 else -1)

    def _tyres(self, canvas: Canvas, end: int) -> None:
        a = self.profile[0 if end < 0 else -1][0] - 0.45 * end
        for left, right, low in ((-0.84, -0.6, 0), (0.6, 0.84, 0),
                                 (-0.62, 0.62, 0.18)):  # fmt: skip
            canvas.face(self._plate(a, left, right, low, 0.5), RUBBER, CAR)

    # each edge of the side view is a face across the car
    def _edge(self, canvas: Canvas, i: int, along: float) -> None:
        (a, u, w), (b, v, q) = self.profile[i], self.profile[i + 1]
        out = (u - v, b - a)  # normal of the edge: (along, up)
        eye = (along - (a + b) / 2, canvas.camera.height - (u + v) / 2)
        if out[0] * eye[0] + out[1] * eye[1] <= 0:
            return
        length = (out[0] ** 2 + out[1] ** 2) ** 0.5
        hx, hz = self.heading
        normal = (out[0] / length * hx, out[1] / length, out[0] / length * hz)
        ring = self._panel((a, u, w), (b, v, q))
        canvas.face(ring, self.body, CAR, normal)
        if i in (REAR_GLASS, FRONT_GLASS):
            ring = self._panel((a, u, w * 0.86), (b, v, q * 0.86))
            canvas.face(ring, GLASS, None, normal)

    def _lamps(self, canvas: Canvas, end: int) -> None:
        a, u, w = self.profile[8 if end > 0 else 1]
        dark = canvas.light.windows > 0.2
        tone = (236, 232, 214) if end > 0 else (188, 36, 30)
        for side in (-1, 1):
            inner, outer = side * w * 0.6, side * w * 0.94
            lamp = self._plate(a * 1.01, inner, outer, u + 0.02, u + 0.2)
            canvas.face(lamp, tone, None, lit=dark)
            if dark and end > 0:
                canvas.shine(lamp[0], 0.35, 190)
        plate = self._plate(a * 1.01, -0.26, 0.26, u - 0.2, u - 0.08)
        canvas.face(plate, (206, 206, 196))

    def _side(self, canvas: Canvas, side: int) -> None:
        hx, hz = self.heading
        normal = (side * hz, 0.25, -side * hx)
        shell = [self.at(a, side * w, u) for a, u, w in self.profile]
        canvas.face(shell, self.body, CAR, normal)
        # the glass stands between the belt and the roof, front and rear door
        (a, u, w), (b, v, q), (c, s, e), (d, t, f) = self.profile[3:7]
        rear = ((a + 0.22, u, w), (b + 0.12, v - 0.06, q),
                (-0.45, v - 0.05, q), (-0.4, u, w))  # fmt: skip
        front = ((-0.3, u, w), (-0.35, v - 0.05, q),
                 (c - 0.02, s - 0.06, e), (d - 0.2, t + 0.02, f))  # fmt: skip
        seam = ((-0.36, 0.4, 0.86), (-0.31, 0.4, 0.86), (-0.31, 1, 0.86),
                (-0.36, 1, 0.86))  # fmt: skip
        dark = [c * 0.7 for c in self.body]
        for shape, tone in ((rear, GLASS), (front, GLASS), (seam, dark)):
            ring = [self.at(m, side * k * 1.01, h) for m, h, k in shape]
            canvas.face(ring, tone, None, normal)
        for axle in (self.profile[0][0] + 0.75, self.profile[-1][0] - 0.75):
            self._wheel(canvas, axle, side, normal)

    def _wheel(
        self, canvas: Canvas, axle: float, side: int, normal: Point
    ) -> None:
        for r, tone in ((0.34, RUBBER), (0.19, (128, 130, 134))):
            rim = [
                self.at(axle + r * m, side * 0.88, 0.33 + r * h)
                for m, h in ROUND
            ]
            canvas.face(rim, tone, CAR, normal)

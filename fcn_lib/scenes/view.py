"""From metres to the picture, and from a surface to its colour.

A point is (x, y, z) in metres: x to the right of the middle of the road,
y above the ground, z ahead of the camera.
"""

from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float, float]
Colour = Sequence[float]

NEAREST = 1.0  # metres; closer points are drawn as if they were here


def upright(
    left: float, right: float, low: float, high: float, z: float
) -> list[Point]:
    """Corners of a rectangle that faces the camera."""
    return [(left, low, z), (right, low, z), (right, high, z), (left, high, z)]


def along(
    x: float, near: float, far: float, low: float, high: float
) -> list[Point]:
    """Corners of a rectangle that follows the street, like a front."""
    return [(x, low, near), (x, low, far), (x, high, far), (x, high, near)]


def level(left: float, right: float, near: float, far: float) -> list[Point]:
    """Corners of a rectangle that lies on the ground."""
    return [(left, 0, near), (right, 0, near), (right, 0, far), (left, 0, far)]


@dataclass(frozen=True)
class Light:
    """One moment of the day: what lights the street and from where."""

    sky_top: Colour
    sky_low: Colour  # also the colour of haze
    sun: Colour  # strength of direct light, red, green, blue
    ambient: Colour  # strength of light from everywhere
    towards: Point  # direction of the sun
    clouds: float  # share of the sky
    windows: float  # share of lit windows
    haze: float  # metres at which a surface is half haze

    def on(self, colour: Colour, normal: Point, z: float) -> tuple:
        """Colour of a surface that looks along ``normal``, ``z`` metres off.

        A sum and a product a channel, as in every simple renderer.
        """
        (nx, ny, nz), (tx, ty, tz) = normal, self.towards
        facing = max(0.0, nx * tx + ny * ty + nz * tz)
        haze = z / (z + self.haze)
        channels = zip(
            colour, self.ambient, self.sun, self.sky_low, strict=True
        )
        return tuple(
            [
                int(min(255, c * (a + s * facing) * (1 - haze) + far * haze))
                for c, a, s, far in channels
            ]
        )


@dataclass(frozen=True)
class Camera:
    """Where the picture is taken from; a view has height 1, width 1.4."""

    x: float
    height: float
    zoom: float
    horizon: float
    vanishing: float
    bend: float  # the street drifts by bend * z**2 metres at distance z

    def view(self, point: Point) -> tuple[float, float]:
        """Project a point in metres to (across, down) in the view."""
        x, y, z = point
        z = z if z > NEAREST else NEAREST
        across = self.zoom * ((x - self.x) / z + self.bend * z)
        return (
            self.vanishing + across,
            self.horizon + self.zoom * (self.height - y) / z,
        )

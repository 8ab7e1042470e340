"""Draw a street twice at once: its colours and its classes.

``Canvas`` turns points into pixels, finer than the picture by ``SAMPLES``,
and at the end takes the mean colour and the majority class of each pixel's
3x3 samples.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fcn_lib.scenes.view import NEAREST, Camera, Colour, Light, Point

SAMPLES = 3  # a side; odd, so two classes can never share a pixel evenly
VOID = 255
ASPECT = 1.4  # width of the view when its height is 1
# how strongly a surface is mottled: sky, building, road, sidewalk, tree, ...
GRAIN = np.array([2, 5, 7, 6, 9, 2, 3, 2] + [4] * 248, dtype=np.float32)


class Canvas:
    """A picture and its label map, drawn by the same calls."""

    def __init__(
        self, size: tuple[int, int], camera: Camera, light: Light
    ) -> None:
        """Prepare an empty canvas of ``size`` (H, W) pixels."""
        self.size = size
        self.camera = camera
        self.light = light
        fine = (size[1] * SAMPLES, size[0] * SAMPLES)  # Pillow: width first
        self.scale = (fine[0] / ASPECT, float(fine[1]))
        self.image = Image.new("RGB", fine)
        self.labels = Image.new("L", fine)
        self.shadows = Image.new("L", fine)
        self.glow = Image.new("L", (112, 80))
        self._paint = ImageDraw.Draw(self.image)
        self._mark = ImageDraw.Draw(self.labels)
        self._shade = ImageDraw.Draw(self.shadows)
        self._shine = ImageDraw.Draw(self.glow)

    def pixel(self, point: Point) -> tuple[float, float]:
        """Where a point in metres falls on the fine grid."""
        across, down = self.camera.view(point)
        return across * self.scale[0], down * self.scale[1]

    def metre(self, z: float) -> float:
        """Length of one metre on the fine grid, ``z`` metres ahead."""
        return self.camera.zoom * self.scale[1] / max(z, NEAREST)

    def face(
        self,
        points: Sequence[Point],
        colour: Colour,
        label: int | None = None,
        normal: Point = (0, 0, -1),
        lit: bool = False,
    ) -> None:
        """Draw a flat face; without a label it only paints."""
        outline = [self.pixel(point) for point in points]
        if not lit:
            colour = self.light.on(colour, normal, max(points[0][2], NEAREST))
        self._paint.polygon(outline, fill=tuple(map(int, colour)))
        if label is not None:
            self._mark.polygon(outline, fill=label)

    def bar(
        self,
        start: Point,
        end: Point,
        width: float,
        colour: Colour,
        label: int | None = None,
        least: float = 0.0,
    ) -> None:
        """Draw a bar ``width`` metres thick, at least ``least`` pixels."""
        line = [self.pixel(start), self.pixel(end)]
        thick = round(max(width * self.metre(start[2]), least * SAMPLES, 1))
        tone = self.light.on(colour, (-0.4, 0.5, -0.7), start[2])
        self._paint.line(line, fill=tone, width=thick)
        if label is not None:
            self._mark.line(line, fill=label, width=thick)

    def disc(
        self,
        centre: Point,
        radius: tuple[float, float],
        colour: Colour,
        label: int | None = None,
        normal: Point = (0, 0, -1),
        lit: bool = False,
    ) -> None:
        """Draw an upright ellipse; ``radius`` is (across, up) in metres."""
        x, y = self.pixel(centre)
        a, b = (r * self.metre(centre[2]) for r in radius)
        if not lit:
            colour = self.light.on(colour, normal, centre[2])
        box = (x - a, y - b, x + a, y + b)
        self._paint.ellipse(box, fill=tuple(map(int, colour)))
        if label is not None:
            self._mark.ellipse(box, fill=label)

    def shadow(self, points: Sequence[Point]) -> None:
        """Note the shadow that a face throws on the ground."""
        sx, sy, sz = self.light.towards
        self._shade.polygon(
            [
                self.pixel((x - y * sx / sy, 0, max(z - y * sz / sy, NEAREST)))
                for x, y, z in points
            ],
            fill=255,
        )

    def cast(self) -> None:
        """Darken the ground wherever a shadow was noted."""
        up = max(0.0, self.light.towards[1])
        table = []
        for sun, ambient in zip(
            self.light.sun, self.light.ambient, strict=True
        ):
            dim = ambient / (ambient + sun * up)
            table += [int(level * dim) for level in range(256)]
        self.image.paste(self.image.point(table), mask=self.shadows)

    def shine(self, centre: Point, radius: float, strength: int) -> None:
        """Note a glow around a lamp, ``radius`` metres wide."""
        across, down = self.camera.view(centre)
        size = self.camera.zoom * radius / max(centre[2], NEAREST)
        x, y, r = across * 80, down * 80, size * 80
        self._shine.ellipse((x - r, y - r, x + r, y + r), fill=strength)

    def finish(self, rng: np.random.Generator) -> tuple:
        """Mean colour and majority class of each pixel, then the sensor."""
        labels = majority(np.asarray(self.labels))
        image = self.image.reduce(SAMPLES).filter(
            ImageFilter.GaussianBlur(0.45)
        )
        pixels = np.asarray(image, dtype=np.float32)
        if self.glow.getbbox():
            pixels = self._lighten(pixels)
        H, W = self.size
        spots = rng.random((H + 1, W + 1), dtype=np.float32) - np.float32(0.5)
        spots = (spots[1:, 1:] + spots[:-1, 1:] + spots[1:, :-1])[..., None]
        noise = rng.random((H, W, 3), dtype=np.float32) - np.float32(0.5)
        pixels = pixels + spots * GRAIN[labels][..., None] + noise * 6
        return np.clip(pixels, 0, 255).astype(np.uint8), labels

    def _lighten(self, pixels: np.ndarray) -> np.ndarray:
        halo = self.glow.filter(ImageFilter.GaussianBlur(3))
        halo = halo.resize(self.size[::-1], Image.Resampling.BILINEAR)
        lamps = np.asarray(halo, dtype=np.float32)[..., None] / 255
        return pixels + lamps * (255 - pixels) * np.float32([0.9, 0.7, 0.4])


def majority(fine: np.ndarray) -> np.ndarray:
    """Give each pixel the class that more than half of its samples have.

    Args:
        fine: (3H, 3W) classes 0..7.

    Returns:
        (H, W) classes; 255 where no class holds more than half.

    Example:
        >>> majority(np.array([[4, 4, 4], [4, 4, 7], [7, 7, 7]]))
        array([[4]], dtype=uint8)
    """
    # eight counters of four bits share one integer: class k counts in 16**k
    ones = (np.uint32(1) << np.arange(0, 32, 4, dtype=np.uint32))[fine]
    rows = sum(ones[i::SAMPLES] for i in range(SAMPLES))
    count = sum(rows[:, j::SAMPLES] for j in range(SAMPLES))
    labels = np.full(count.shape, VOID, dtype=np.uint8)
    for k in range(8):
        share = (count >> np.uint32(4 * k)) & np.uint32(15)
        labels[share > SAMPLES * SAMPLES // 2] = k
    return labels

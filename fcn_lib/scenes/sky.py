"""The hour of the day: its light and its sky."""

import numpy as np
from PIL import Image

from fcn_lib.scenes.draw import Canvas
from fcn_lib.scenes.paint import tinted
from fcn_lib.scenes.view import Light

# sky above, sky below, sun, ambient, height of the sun, clouds, windows, haze
HOURS = {
    "morning": ((104, 150, 208), (246, 224, 198), (0.8, 0.66, 0.48),
                (0.58, 0.61, 0.7), 0.8, 0.35, 0.04, 150),
    "noon": ((72, 130, 204), (196, 214, 228), (0.6, 0.58, 0.52),
             (0.58, 0.6, 0.65), 1.7, 0.45, 0.0, 260),
    "overcast": ((150, 156, 164), (204, 206, 206), (0.1, 0.1, 0.1),
                 (0.8, 0.82, 0.84), 2.0, 0.95, 0.12, 110),
    "dusk": ((66, 72, 122), (240, 158, 110), (0.56, 0.34, 0.2),
             (0.5, 0.47, 0.57), 0.6, 0.5, 0.36, 160),
    "night": ((16, 20, 40), (58, 56, 74), (0.04, 0.04, 0.05),
              (0.36, 0.37, 0.45), 1.2, 0.3, 0.46, 220),
}  # fmt: skip
ODDS = (0.24, 0.28, 0.2, 0.17, 0.11)


def hour(rng: np.random.Generator) -> Light:
    """Choose the time of day and where the sun stands."""
    name = rng.choice(list(HOURS), p=ODDS)
    top, low, sun, ambient, high, clouds, windows, haze = HOURS[name]
    x, z = rng.choice([-1, 1]) * rng.uniform(0.2, 0.8), rng.uniform(-1, 0.4)
    length = (x * x + z * z + high * high) ** 0.5
    # no two cameras agree on brightness and white
    gain = rng.uniform(0.78, 1.15) * rng.uniform(0.94, 1.06, 3)
    low = np.array(tinted(rng, low, 16))
    top = np.array(tinted(rng, top, 18))
    top += rng.uniform(0, 0.5) * (low - top)  # a veil over the blue
    return Light(
        sky_top=(gain * top).tolist(),
        sky_low=np.minimum(gain * low, 250).tolist(),
        sun=(gain * sun).tolist(),
        ambient=(gain * ambient).tolist(),
        towards=(x / length, high / length, z / length),
        clouds=clouds * rng.uniform(0.3, 1.4),
        windows=windows,
        haze=haze * rng.uniform(0.6, 1.4),
    )


def sky(canvas: Canvas, rng: np.random.Generator) -> None:
    """Blend from the zenith to the horizon and lay clouds over it."""
    light = canvas.light
    t = np.linspace(0, 1, 80, dtype=np.float32)[:, None, None] ** 2
    top, low = np.float32(light.sky_top), np.float32(light.sky_low)
    colours = top + (low - top) * np.broadcast_to(t, (80, 112, 1))
    cover = np.zeros((80, 112), dtype=np.float32)
    for rows, columns, weight in ((7, 3, 0.5), (16, 7, 0.3), (40, 20, 0.2)):
        cells = rng.integers(0, 256, (rows, columns), dtype=np.uint8)
        smooth = Image.fromarray(cells).resize(
            (112, 80), Image.Resampling.BICUBIC
        )
        cover += weight * np.asarray(smooth, dtype=np.float32) / 255
    cloud = np.clip((cover - 0.75 + 0.45 * light.clouds) * 5, 0, 0.9)
    white = 0.55 * low + 0.45 * np.float32([236, 234, 232]) * min(
        1.0, light.ambient[1] + light.sun[1]
    )
    colours = colours + cloud[..., None] * (white - colours)
    picture = Image.fromarray(np.clip(colours, 0, 255).astype(np.uint8))
    wide, high = canvas.image.size
    fine = (wide, round(canvas.camera.horizon * high) + high // 16 + 1)
    canvas.image.paste(picture.resize(fine, Image.Resampling.BILINEAR))

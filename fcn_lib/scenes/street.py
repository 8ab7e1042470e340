"""Draw one street: choose the hour and the view, then far before near."""

import numpy as np

from fcn_lib.scenes.draw import Canvas
from fcn_lib.scenes.ground import Street
from fcn_lib.scenes.layout import cars, houses, poles, trees, walkers
from fcn_lib.scenes.sky import hour, sky
from fcn_lib.scenes.skyline import skyline, street_end
from fcn_lib.scenes.view import Camera


def camera(rng: np.random.Generator, kerb: float) -> Camera:
    """Stand somewhere on the road, at times beside it, and look ahead."""
    return Camera(
        x=rng.uniform(-1.1, 1.1) * kerb,
        height=rng.uniform(1.5, 2.6),
        zoom=rng.uniform(0.85, 1.2),
        horizon=rng.uniform(0.38, 0.5),
        vanishing=rng.uniform(0.45, 0.95),
        bend=rng.uniform(-0.0028, 0.0028),
    )


def draw(
    size: tuple[int, int],
    layout: np.random.Generator,
    sensor: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one street: sky, ground, shadows, then all else, far to near."""
    kerb = layout.uniform(4.8, 6.4)
    meets = layout.uniform(11, 26) if layout.random() < 0.35 else 0.0
    street = Street(kerb, layout.uniform(2.4, 4.2), meets)
    canvas = Canvas(size, camera(layout, kerb), hour(layout))
    sky(canvas, layout)
    skyline(canvas, layout)
    street.draw(canvas, layout)
    things = [
        thing
        for place in (houses, trees, cars, walkers, poles)
        for thing in place(street, layout)
    ]
    for thing in things:
        thing.shadow(canvas)
    canvas.cast()
    if layout.random() < 0.4:
        street_end(canvas, layout, 120.0)
    for thing in sorted(things, key=lambda thing: -thing.z):
        thing.draw(canvas)
    return canvas.finish(sensor)

"""Who stands where: houses, trees, cars, pedestrians and poles."""

import numpy as np

from fcn_lib.scenes.cars import HATCH, SEDAN, VAN, Car
from fcn_lib.scenes.ground import Street
from fcn_lib.scenes.houses import House
from fcn_lib.scenes.paint import LEAVES, PAINTS, paint, tinted
from fcn_lib.scenes.people import Pedestrian
from fcn_lib.scenes.things import Pole, Tree

# numbers of paints
TROUSERS, SKINS = (3, 7, 2, 10, 15), (5, 6, 11, 12)
METALS, SIGNS = (2, 3, 15, 9), (14, 8, 5)


def houses(street: Street, rng: np.random.Generator) -> list:
    """Line both sides, with a gap for the crossing road and a few others."""
    row = []
    for side in (-1, 1):
        z, corner = rng.uniform(-6, 0), False
        glass = tinted(rng, (84, 94, 108), 26)
        while z < 130:
            length = rng.uniform(7, 16)
            cut = street.crossing
            past = cut + 9 + street.walk
            if cut and z < past and z + length > cut - street.walk:
                z, cut, corner = past, 0, True
            elif rng.random() < 0.13:
                z, corner = z + rng.uniform(4, 12), True
            wall = side * (street.kerb + street.walk + rng.choice([0, 0, 0.5]))
            row.append(House(
                side, wall, z, z + length, int(rng.integers(1, 6)),
                str(rng.choice(["flat", "gable", "mansard"])), paint(rng),
                tinted(rng, glass, 12), bool(rng.random() < 0.4),
                corner, int(rng.integers(1 << 30)),
            ))  # fmt: skip
            z, corner = z + length, False
    return row


def trees(street: Street, rng: np.random.Generator) -> list:
    """A row near the kerb on one side or both, or hardly any."""
    row = []
    leaves = LEAVES[rng.integers(len(LEAVES))]
    for side in (-1, 1):
        if rng.random() < 0.25:
            continue
        step = rng.uniform(7, 16)
        for k in range(rng.integers(1, 6)):
            row.append(Tree(
                side * (street.kerb + rng.uniform(0.8, 1.2)),
                rng.uniform(6, 10) + k * step, rng.uniform(4, 9),
                rng.uniform(0.7, 1.15), tinted(rng, leaves, 14),
                int(rng.integers(1 << 30)),
            ))  # fmt: skip
    return [tree for tree in row if not street.crossed(tree.z)]


def cars(street: Street, rng: np.random.Generator) -> list:
    """Parked along the kerbs bumper to bumper, driving, and crossing."""
    row = []

    def add(x: float, z: float, heading: tuple) -> None:
        profile = (SEDAN, HATCH, HATCH, VAN)[rng.integers(4)]
        row.append(Car(x, z, heading, paint(rng), profile))

    for side in (-1, 1):
        z = rng.uniform(6.5, 13)
        for _ in range(rng.integers(0, 6)):
            if not street.crossed(z, 7):
                add(side * (street.kerb - 1.05), z, (0, side))
            z += rng.uniform(4.9, 7) + (rng.random() < 0.2) * 9
        z = rng.uniform(9, 24)
        for _ in range(rng.integers(0, 3)):
            tilt = rng.uniform(-0.12, 0.12)
            norm = (1 + tilt * tilt) ** 0.5
            if not street.crossed(z, 3):
                add(side * street.kerb * 0.33, z, (tilt / norm, side / norm))
            z += rng.uniform(6, 16)
    if street.crossing:
        for _ in range(rng.integers(0, 3)):
            z = street.crossing + rng.choice([2.4, 6.4])
            add(rng.uniform(-9, 9), z, (float(rng.choice([-1, 1])), 0))
    return row


def walkers(street: Street, rng: np.random.Generator) -> list:
    """Alone or in small groups, on the sidewalks and over the crossing."""
    row = []
    for _ in range(rng.integers(2, 6)):
        z = rng.uniform(5, 19)
        side = rng.choice([-1, 1])
        x = side * (street.kerb + rng.uniform(0.5, street.walk - 0.5))
        crossing = rng.random() < 0.3
        if crossing:
            x = rng.uniform(-street.kerb, street.kerb)
        for _ in range(rng.integers(1, 4)):
            swing = rng.uniform(0.5, 1) if crossing else rng.uniform(0.1, 0.8)
            tan = rng.uniform(0.5, 1.05)
            skin = tinted(rng, PAINTS[rng.choice(SKINS)], 10)
            row.append(Pedestrian(
                x, z, rng.uniform(1.5, 1.9), swing * rng.choice([-1, 1]),
                paint(rng), tinted(rng, PAINTS[rng.choice(TROUSERS)], 14),
                [c * tan for c in skin],
                tinted(rng, (62, 50, 42), 26), bool(rng.random() < 0.35),
            ))  # fmt: skip
            x += rng.uniform(0.45, 0.8)
            z += rng.uniform(-0.4, 0.4)
    return row


def poles(street: Street, rng: np.random.Generator) -> list:
    """Lamps in a row; signs, lights and bollards where they are needed."""
    row = []
    tone = tinted(rng, PAINTS[rng.choice(METALS)], 14)
    lamps = rng.choice([-1, 1]) * (street.kerb + 0.5)
    for k in range(rng.integers(1, 4)):
        z, high = rng.uniform(6, 11) + 17 * k, rng.uniform(5, 6.5)
        row.append(Pole(lamps, z, "lamp", high, tone, tone))
    for _ in range(rng.integers(1, 4)):
        kind = str(rng.choice(["sign", "signal", "bollard"]))
        x = rng.choice([-1, 1]) * (street.kerb + rng.uniform(0.35, 0.6))
        sign = PAINTS[rng.choice(SIGNS)]
        if kind == "bollard":  # small, so a few of them and near
            z = rng.uniform(5.5, 7)
            for k in range(rng.integers(2, 4)):
                row.append(Pole(x, z + 2.2 * k, kind, 1.05, tone, sign))
        else:
            high = 2.6 if kind == "sign" else 3.4
            row.append(Pole(x, rng.uniform(6, 24), kind, high, tone, sign))
    return [pole for pole in row if not street.crossed(pole.z)]

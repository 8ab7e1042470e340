"""Streets: exact labels, the same everywhere, and no class has a colour."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from fcn_lib.scenes import CLASSES, PALETTE, VOID, Scenes, scene
from fcn_lib.scenes.cars import Car
from fcn_lib.scenes.draw import Canvas, majority
from fcn_lib.scenes.sky import hour
from fcn_lib.scenes.view import Camera, Light

K = len(CLASSES)
SHARES = {"pole": (0.002, 0.01), "pedestrian": (0.005, 0.06)}


@pytest.fixture(scope="module")
def streets():
    """Draw fifty streets once for all tests: (images, labels)."""
    images, labels = zip(*Scenes(50, seed=1), strict=True)
    return np.stack(images), np.stack(labels)


@pytest.fixture(scope="module")
def training_streets():
    """Draw the two hundred streets that the colour classifier learns from."""
    images, labels = zip(*Scenes(200, (80, 112), seed=0), strict=True)
    return np.stack(images), np.stack(labels)


def intersections_over_unions(pred, target):
    """IoU of each class, straight from its definition on sets of pixels."""
    kept = target != VOID
    pred, target = pred[kept], target[kept]
    ious = []
    for k in range(K):
        both = np.sum((pred == k) & (target == k))
        either = np.sum((pred == k) | (target == k))
        ious.append(both / either)
    return np.array(ious)


def linear_rgb(colours):
    """From 8-bit sRGB to light, by the standard's two branches."""
    c = np.asarray(colours, dtype=float) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def nonlinear_rgb(light):
    """The other way round, to 0..1."""
    return np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055
    )


def test_arrays_have_the_promised_types():
    image, labels = scene(3, size=(33, 47))
    assert (image.shape, image.dtype) == ((33, 47, 3), np.uint8)
    assert (labels.shape, labels.dtype) == ((33, 47), np.uint8)
    assert set(np.unique(labels)) <= {*range(K), VOID}


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (64, 96), (320, 448)])
def test_every_size_is_drawn(size):
    image, labels = scene(5, size)
    assert image.shape == (*size, 3)
    assert labels.shape == size


def test_a_seed_gives_the_same_bytes_in_another_process():
    code = (
        "import hashlib; from fcn_lib.scenes import scene;"
        "print(hashlib.sha256(b''.join(a.tobytes() for a in scene(11)))"
        ".hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    here = hashlib.sha256(b"".join(a.tobytes() for a in scene(11)))
    assert there.stdout.strip() == here.hexdigest(), there.stderr


def test_no_two_streets_are_equal():
    drawn = [scene(s, (40, 56))[0].tobytes() for s in range(6)]
    for seed in range(4):
        for image, _ in Scenes(6, (40, 56), seed):
            drawn.append(image.tobytes())
    assert len(set(drawn)) == len(drawn) == 30


def test_a_dataset_is_a_sequence():
    streets = Scenes(2, (20, 28), seed=4)
    assert len(streets) == len(list(streets)) == 2
    for a, b in zip(streets[1], streets[1], strict=True):
        np.testing.assert_array_equal(a, b)
    for index in (2, -1):
        with pytest.raises(IndexError, match=f"no street {index} among 2"):
            streets[index]


def test_another_size_shows_the_same_street():
    for seed in range(5):
        _, small = scene(seed, (80, 112))
        _, large = scene(seed, (160, 224))
        reduced = Image.fromarray(large).resize((112, 80), Image.NEAREST)
        assert np.mean(np.asarray(reduced) == small) > 0.9


def test_majority_counts_like_a_loop():
    fine = np.random.default_rng(0).integers(0, 4, (30, 45), dtype=np.uint8)
    expected = np.full((10, 15), VOID)
    for row in range(10):
        for column in range(15):
            block = fine[row * 3 : row * 3 + 3, column * 3 : column * 3 + 3]
            counts = np.bincount(block.ravel(), minlength=8)
            if counts.max() > 4.5:
                expected[row, column] = counts.argmax()
    assert 0 < np.mean(expected == VOID) < 1
    np.testing.assert_array_equal(majority(fine), expected)


def test_a_thin_pole_keeps_its_pixels():
    camera = Camera(0.0, 1.6, 1.0, 0.4, 0.7, 0.0)
    for step in range(12):
        light = hour(np.random.default_rng(step))
        canvas = Canvas((60, 84), camera, light)
        x = step * 0.31 - 2
        canvas.bar((x, 0, 12), (x, 5, 12), 0.01, (9, 9, 9), 7, least=1)
        _, labels = canvas.finish(np.random.default_rng(0))
        per_row = np.sum(labels == 7, axis=1)
        assert per_row.max() == 1
        assert np.sum(per_row) >= 20  # 5 m at 12 m: 25 rows


def test_void_is_rare(streets):
    share = np.mean(streets[1] == VOID)
    assert 0 < share <= 0.02


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_common(streets, name):
    mask = streets[1] == CLASSES.index(name)
    assert np.mean(mask.any(axis=(1, 2))) >= 0.6
    low, high = SHARES.get(name, (0.02, 0.5))
    assert low < mask.mean() <= high


def test_the_largest_class_alone_looks_good_and_is_not(streets):
    labels = streets[1]
    counts = [np.sum(labels == k) for k in range(K)]
    constant = np.full_like(labels, np.argmax(counts))
    assert np.mean(constant == labels) >= 0.3
    assert np.mean(intersections_over_unions(constant, labels)) < 0.07


def test_colour_alone_does_not_tell_the_class(training_streets, streets):
    def bins(images):
        r, g, b = np.moveaxis(images // 16, -1, 0).astype(np.int64)
        return (r * 16 + g) * 16 + b

    images, labels = training_streets
    kept = labels != VOID
    pairs = bins(images)[kept] * K + labels[kept]
    table = np.bincount(pairs, minlength=16**3 * K).reshape(-1, K)
    pred = table.argmax(axis=1)[bins(streets[0])]
    ious = intersections_over_unions(pred, streets[1])
    assert 0.1 < np.mean(ious) <= 0.3


def test_images_are_neither_black_nor_burnt(streets):
    levels = streets[0].mean(axis=(1, 2, 3))
    assert levels.min() > 20
    assert 70 < levels.mean() < 150


def test_palette_can_be_told_apart_by_everyone():
    # how eyes without one kind of cone see linear light (Machado et al., 2009)
    eyes = {
        "all cones": np.eye(3),
        "no red": [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        "no green": [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        "no blue": [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    }
    for name, matrix in eyes.items():
        light = np.clip(linear_rgb(PALETTE) @ np.transpose(matrix), 0, 1)
        lab = rgb2lab(nonlinear_rgb(light))
        gaps = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
        assert gaps[np.triu_indices(K, 1)].min() > 25, name
    lightness = np.sort(rgb2lab(np.array(PALETTE) / 255)[:, 0])
    assert np.diff(lightness).min() > 4  # still apart in grey print


def test_the_light_of_a_face_is_a_sum():
    light = Light((0, 0, 0), (200, 0, 0), (0.5,) * 3, (0.25,) * 3,
                  (0.6, 0.8, 0.0), 0, 0, haze=30)  # fmt: skip
    assert light.on((100, 80, 40), (1, 0, 0), 0) == (55, 44, 22)
    assert light.on((100, 80, 40), (-1, 0, 0), 0) == (25, 20, 10)
    # at the distance called haze, half of it is the sky's colour
    assert light.on((100, 80, 40), (-1, 0, 0), 30) == (112, 10, 5)


def test_a_metre_shrinks_with_distance():
    camera = Camera(0.0, 2.0, 1.0, 0.4, 0.7, 0.0)
    assert camera.view((0, 2, 50)) == (0.7, 0.4)  # eye level: the horizon
    assert camera.view((0, 0, 10)) == pytest.approx((0.7, 0.6))
    assert camera.view((3, 0, 10)) == pytest.approx((1.0, 0.6))
    assert camera.view((3, 0, 20)) == pytest.approx((0.85, 0.5))


def test_a_car_shows_its_rear_or_its_front():
    light = hour(np.random.default_rng(0))
    camera = Camera(0.0, 1.6, 1.0, 0.4, 0.7, 0.0)
    marks = []
    for heading in ((0, 1), (0, -1), (1, 0)):
        canvas = Canvas((80, 112), camera, light)
        Car(0.0, 12.0, heading, (90, 90, 90)).draw(canvas)
        _, labels = canvas.finish(np.random.default_rng(0))
        rows, columns = np.nonzero(labels == 5)
        marks.append((np.ptp(rows) + 1, np.ptp(columns) + 1))
    (_, rear), (_, front), (_, side) = marks
    assert side > 2 * max(rear, front)  # 4.4 m against 1.7 m
    assert max(high for high, _ in marks) <= 14  # 1.45 m at 10 m: 12 rows


@pytest.mark.parametrize("seed", [-1, 1.5, "3", True, None])
def test_a_bad_seed_is_named(seed):
    with pytest.raises(ValueError, match="seed is .* from 0 up"):
        scene(seed)
    with pytest.raises(ValueError, match="seed is"):
        Scenes(1, seed=seed)


@pytest.mark.parametrize("size", [(0, 5), (5, -1), 7, (1, 2, 3), (2.0, 4)])
def test_a_bad_size_is_named(size):
    with pytest.raises(ValueError, match="size is .* from 1 up"):
        scene(0, size)
    with pytest.raises(ValueError, match="size is"):
        Scenes(1, size)


def test_a_bad_length_is_named():
    with pytest.raises(ValueError, match="length is -2"):
        Scenes(-2)

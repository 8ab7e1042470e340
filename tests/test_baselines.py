"""The colour classifier, against counting one pixel at a time."""

from collections import Counter

import numpy as np

from fcn_lib.baselines import label_by_color, learn_colors


def pairs(count):
    """Small noisy images whose labels half follow their colour."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        image = rng.integers(0, 256, (6, 7, 3), dtype=np.uint8)
        image //= 86  # few colours, so that each is seen often
        image *= 86
        labels = np.where(
            rng.random((6, 7)) < 0.5, image[..., 0] // 86, 3
        ).astype(np.uint8)
        labels[rng.random((6, 7)) < 0.2] = 255
        yield image, labels


def test_colors_are_learned_as_if_counted_by_hand():
    seen = {}
    for image, labels in pairs(20):
        for pixel, k in zip(
            image.reshape(-1, 3).tolist(), labels.ravel(), strict=True
        ):
            if k != 255:
                seen.setdefault(tuple(pixel), Counter())[int(k)] += 1

    def by_hand(pixel):
        counter = seen.get(tuple(pixel), Counter({0: 1}))
        most = max(counter.values())
        return min(k for k, count in counter.items() if count == most)

    table = learn_colors(pairs(20), num_classes=4)
    for image, _ in pairs(3):
        ours = label_by_color(image, table)
        assert ours.dtype == np.uint8
        for row, column in np.ndindex(ours.shape):
            assert ours[row, column] == by_hand(image[row, column].tolist())

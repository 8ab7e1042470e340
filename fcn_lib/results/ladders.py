"""The ladder: FCN-32s, 16s and 8s on the same data, seed by seed."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from fcn_lib import train
from fcn_lib.batches import Pairs
from fcn_lib.coarse import best_grid, block_labels, mosaic
from fcn_lib.datasets import CAMVID, camvid, load
from fcn_lib.results.learning import (
    learn_and_score,
    score_labels,
    score_net,
)
from fcn_lib.results.store import Jobs, measure
from fcn_lib.scenes import CLASSES
from fcn_lib.transposed import upsample

SEEDS = 0, 1, 2
STRIDES = 128, 64, 32, 16, 8, 4
CONTROLS = {  # the net, and what is changed in its recipe
    "fcn32s long": ("fcn32s", {}),
    "fcn8s at once": ("fcn8s", {}),
    "fcn8s at once, all layers": ("fcn8s", {"fixed": 0}),
}
CODE = "\n".join(
    ["import fcn_lib.results.ladders"]
    + [f"import fcn_lib.{name}" for name in train.NETS]
)


def scenes_ladder(path: Path, root: str | None = None) -> dict:
    """Measure the ladder on scenes, and nets that train as long as all.

    FCN-8s has the steps of all three behind it. The controls take that many
    in one go, with seed 0; in one of them all layers learn.
    """
    return measure(path, _scenes_jobs(), CODE, _command(path))


def camvid_ladder(path: Path, root: str | None = None) -> dict:
    """Measure on CamVid at half size: each net at once, and yardsticks."""
    command = f"{_command(path)} --root DATA"
    return measure(path, _camvid_jobs(root), CODE, command)


MEASUREMENTS = {
    "ladder-scenes": scenes_ladder,
    "ladder-camvid": camvid_ladder,
}


def _scenes_jobs() -> Jobs:
    pairs = train.scene_pairs("test")
    for seed in SEEDS:
        for name in train.NETS:
            yield (
                f"{name} {seed}",
                lambda name=name, seed=seed: score_net(
                    train.trained(name, seed=seed), pairs, CLASSES
                ),
            )
    data, recipe = train.scene_pairs("train"), train.RECIPES["scenes"]
    longer = recipe | {"steps": sum(train.STEPS.values())}
    for title, (name, changed) in CONTROLS.items():
        make, recipe = (
            partial(train.make, name, len(CLASSES)),
            longer | changed,
        )
        yield (
            title,
            partial(learn_and_score, make, data, pairs, CLASSES, 0, recipe),
        )


def _camvid_jobs(root: str | None) -> Jobs:
    data, pairs = (
        load(camvid(root, split, shrink=2)) for split in ("train", "test")
    )
    classes, recipe = tuple(CAMVID), train.RECIPES["camvid"]
    for stride in STRIDES:
        yield f"stride {stride}", partial(_yardsticks, pairs, stride, classes)
    for seed in SEEDS:
        for name in train.NETS:
            make = partial(train.make, name, len(classes))
            yield (
                f"{name} {seed}",
                partial(
                    learn_and_score, make, data, pairs, classes, seed, recipe
                ),
            )


def _yardsticks(pairs: Pairs, stride: int, classes: Sequence[str]) -> dict:
    """What one label a cell scores, and the best scores found."""
    one_label, stretched = [], []
    for _, labels in pairs:
        cells = block_labels(labels, stride, len(classes))
        grid = best_grid(labels, stride, len(classes))
        H, W = labels.shape
        # a block of void alone scores nothing, whatever it is called
        one_label.append(
            mosaic(np.where(cells == 255, 0, cells), stride, (H, W))
        )
        logits = upsample(grid, stride)[..., :H, :W]
        stretched.append(logits.argmax(dim=1)[0].numpy().astype(np.uint8))
    return {
        "block_labels": score_labels(np.stack(one_label), pairs, classes),
        "best_grid": score_labels(np.stack(stretched), pairs, classes),
    }


def _command(path: Path) -> str:
    return f"python -m fcn_lib results {path.stem}"

"""The ladder: FCN-32s, 16s and 8s on the same data, seed by seed."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fcn_lib import train
from fcn_lib.batches import Pairs
from fcn_lib.coarse import best_grid, block_labels, mosaic
from fcn_lib.datasets import CAMVID, camvid, load
from fcn_lib.losses import class_weights
from fcn_lib.pixels import boundary_iou, confusion_matrix, scores
from fcn_lib.results.store import Jobs, measure
from fcn_lib.scenes import CLASSES
from fcn_lib.transposed import upsample

SEEDS = 0, 1, 2
STRIDES = 128, 64, 32, 16, 8, 4
CONTROLS = {"fcn32s long": "fcn32s", "fcn8s at once": "fcn8s"}
RIM = 2  # pixels, for boundary IoU
CODE = "\n".join(
    ["import fcn_lib.results.ladders"]
    + [f"import fcn_lib.{name}" for name in train.NETS]
)


def score_net(net: nn.Module, pairs: Pairs, classes: Sequence[str]) -> dict:
    """Judge a net on pictures of one size.

    Returns:
        Plain numbers: pixel_accuracy, mean_iou, boundary_iou (of rims two
        pixels wide), and the iou of each class by name.
    """
    preds = np.stack([net.predict(image) for image, _ in pairs])
    return score_labels(preds, pairs, classes)


def score_labels(preds: NDArray, pairs: Pairs, classes: Sequence[str]) -> dict:
    """As ``score_net``, for labels (N, H, W) that are there already."""
    target = np.stack([labels for _, labels in pairs])
    result = scores(confusion_matrix(preds, target, len(classes)))
    rims = boundary_iou(preds, target, len(classes), width=RIM)
    return {
        "pixel_accuracy": round(result.pixel_accuracy, 4),
        "mean_iou": round(result.mean_iou, 4),
        "boundary_iou": round(rims.nanmean().item(), 4),
        "iou": {
            name: round(value, 4)
            for name, value in zip(classes, result.iou.tolist(), strict=True)
        },
    }


def scenes_ladder(path: Path, root: str | None = None) -> dict:
    """Measure the ladder on scenes, and two nets that train as long as all.

    FCN-8s has three times the steps of FCN-32s behind it. The controls take
    that many in one go, with seed 0.
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
    recipe = train.RECIPES["scenes"]
    longer = recipe | {"steps": len(train.STAGES) * recipe["steps"]}
    for title, name in CONTROLS.items():
        yield title, partial(_control, name, pairs, longer)


def _camvid_jobs(root: str | None) -> Jobs:
    data, pairs = (
        load(camvid(root, split, shrink=2)) for split in ("train", "test")
    )
    classes, recipe = tuple(CAMVID), train.RECIPES["camvid"]
    for stride in STRIDES:
        yield f"stride {stride}", partial(_yardsticks, pairs, stride, classes)
    for seed in SEEDS:
        for name in train.NETS:
            yield (
                f"{name} {seed}",
                partial(_fresh, name, data, pairs, classes, recipe, seed),
            )


def _control(name: str, pairs: Pairs, recipe: dict) -> dict:
    data = train.scene_pairs("train")
    return _fresh(name, data, pairs, CLASSES, recipe, seed=0)


def _fresh(
    name: str,
    data: Pairs,
    pairs: Pairs,
    classes: Sequence[str],
    recipe: dict,
    seed: int,
) -> dict:
    """Train a net at once, and judge it."""
    torch.manual_seed(seed)
    net = train.make(name, len(classes)).to(train.device())
    weight = class_weights((labels for _, labels in data), len(classes))
    train.fit(net, data, seed=seed, weight=weight, **recipe)
    return score_net(net, pairs, classes)


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

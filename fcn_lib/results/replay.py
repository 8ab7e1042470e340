"""Training, watched: what each net says of one street while it learns.

The nets are those of ``fcn_lib.train.trained``, bit for bit on a CPU: looking
at a net changes nothing in it.
"""

import base64
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from fcn_lib import train
from fcn_lib.losses import class_weights
from fcn_lib.pixels import confusion_matrix, scores
from fcn_lib.results.store import measure
from fcn_lib.scenes import CLASSES, scene

SCENE = 198  # the street of the book; no net learns from it
SEED = 0
# percent of a training; much happens at first, and less and less
SHARES = 0, 1.25, 2.5, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 80, 90, 100
POINTS = 80  # of a curve of losses
CODE = "\n".join(
    ["import fcn_lib.results.replay"]
    + [f"import fcn_lib.{name}" for name in train.NETS]
)


@dataclass
class Watch:
    """Look at a net while ``train.fit`` trains it: a ``Keep`` without a file.

    Args:
        image: (H, W, 3) uint8, to be labelled again and again.
        labels: (H, W) uint8, the true ones.
        steps: after how many steps to look.

    Attributes:
        snapshots: of each look the step, the scores and the label map.
    """

    image: NDArray
    labels: NDArray
    steps: Collection[int]
    snapshots: list[dict] = field(default_factory=list)
    # what ``fit`` asks of a ``Keep``
    resume = False
    every = 1

    def store(self, parts: dict, settings: dict, losses: list) -> None:
        """Look, if it is time; ``fit`` calls this after each step."""
        self.look(parts["net"], len(losses))

    def look(self, net: nn.Module, step: int) -> None:
        """Label the picture, if it is time; the net stays as it is."""
        if step not in self.steps:
            return
        pred = net.predict(self.image)  # and back to the mode it was in
        result = scores(confusion_matrix(pred, self.labels, len(CLASSES)))
        self.snapshots.append(
            {
                "step": step,
                "pixel_accuracy": round(result.pixel_accuracy, 4),
                "mean_iou": round(result.mean_iou, 4),
                "labels": text_of(pred),
            }
        )


def training_replay(path: Path, root: str | None = None) -> dict:
    """Watch the training of all three nets, each grown from the one before."""
    jobs = ((name, lambda name=name: watched(name)) for name in train.NETS)
    return measure(path, jobs, CODE, f"python -m fcn_lib results {path.stem}")


def watched(name: str) -> dict:
    """Train a net as ``train.trained`` does, and look at it on the way.

    Args:
        name: "fcn32s", "fcn16s" or "fcn8s".

    Returns:
        Plain numbers and text: "grown_from", "steps" (how many), "scene",
        "loss" (means of "every" steps each), "snapshots" (see ``Watch``; one
        for each of ``SHARES``), and "like_trained": the share of pixels where
        the last label map is that of ``train.trained``.
    """
    steps = train.STEPS[name]
    recipe = train.RECIPES["scenes"] | {"steps": steps}
    image, labels = scene(SCENE)
    looks = [round(share * steps / 100) for share in SHARES]
    watch = Watch(image, labels, looks)
    net = train.begin(name, seed=SEED).to(train.device())
    watch.look(net, 0)
    pairs = train.scene_pairs("train")
    weight = class_weights((part for _, part in pairs), len(CLASSES))
    losses = train.fit(
        net, pairs, seed=SEED, weight=weight, keep=watch, **recipe
    )
    every = -(-steps // POINTS)
    same = net.predict(image) == train.trained(name, seed=SEED).predict(image)
    return {
        "grown_from": train.STAGES[name],
        "steps": steps,
        "scene": SCENE,
        "every": every,
        "loss": thinned(losses, every),
        "snapshots": watch.snapshots,
        "like_trained": round(float(same.mean()), 4),
    }


def thinned(values: list[float], every: int) -> list[float]:
    """Average runs of ``every`` values; the last run may be shorter.

    Example:
        >>> thinned([1.0, 2.0, 3.0, 4.0, 9.0], 2)
        [1.5, 3.5, 9.0]
    """
    starts = range(0, len(values), every)
    return [round(float(np.mean(values[i : i + every])), 4) for i in starts]


def text_of(labels: NDArray) -> str:
    """Write a label map (H, W) of uint8 as text: zlib, then base64."""
    return base64.b64encode(zlib.compress(labels.tobytes(), 9)).decode()

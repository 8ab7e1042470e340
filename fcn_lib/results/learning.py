"""Score a net; or let one learn at once, with all its parts, and score it."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fcn_lib import train
from fcn_lib.batches import Pairs
from fcn_lib.losses import class_weights
from fcn_lib.pixels import boundary_iou, confusion_matrix, scores

RIM = 2  # pixels, for boundary IoU


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


def learn_and_score(
    make: Callable[[], nn.Module],
    data: Pairs,
    pairs: Pairs,
    classes: Sequence[str],
    seed: int,
    recipe: dict,
) -> dict:
    """Train a new net on some pairs, and score it on others.

    Rare classes weigh more, see ``fcn_lib.losses.class_weights``.

    Args:
        make: makes the net, once torch is seeded.
        data: what it learns from, as for ``fcn_lib.train.fit``.
        pairs: what it is judged on; all of one size.
        classes: their K names; the net has as many.
        seed: of the new layers, and of the order of images.
        recipe: further arguments of ``fcn_lib.train.fit``.

    Returns:
        Plain numbers, see ``score_net``.

    Raises:
        ValueError: as ``fcn_lib.train.fit`` does.

    Example:
        >>> from functools import partial
        >>> from fcn_lib.fcn32s import FCN32s
        >>> from fcn_lib.scenes import CLASSES, Scenes
        >>> make = partial(FCN32s, 8, "test_efficientnet", pretrained=False)
        >>> data = list(Scenes(2, size=(32, 64)))
        >>> recipe = {"steps": 2, "batch_size": 2}
        >>> list(learn_and_score(make, data, data, CLASSES, 0, recipe))
        ['pixel_accuracy', 'mean_iou', 'boundary_iou', 'iou']
    """
    torch.manual_seed(seed)
    net = make().to(train.device())
    weight = class_weights((labels for _, labels in data), len(classes))
    train.fit(net, data, seed=seed, weight=weight, **recipe)
    return score_net(net, pairs, classes)

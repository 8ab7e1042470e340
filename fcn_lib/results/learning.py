"""A net that learns at once: from the first step on, with all its parts."""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from fcn_lib import train
from fcn_lib.batches import Pairs
from fcn_lib.losses import class_weights
from fcn_lib.results.ladders import score_net


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
        Plain numbers, see ``fcn_lib.results.ladders.score_net``.

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

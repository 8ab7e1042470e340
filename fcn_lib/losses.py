"""Cross-entropy for every pixel, void left out.

After Long, Shelhamer and Darrell (2015), section 3: the loss of an image is
a sum over its pixels. It is divided here by the number of pixels that count,
so that the learning rate does not depend on the image's size.
"""

from collections.abc import Iterable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor


def masked_cross_entropy(
    logits: Tensor,
    target: Tensor,
    ignore_index: int = 255,
    weight: Tensor | None = None,
) -> Tensor:
    """Average the cross-entropy over the pixels that are not void.

    The same number as ``F.cross_entropy(..., ignore_index=...)``, with two
    gains: where all pixels are void it is 0 and not NaN, and its value is
    the same in every run on a GPU.

    Args:
        logits: (N, K, H, W).
        target: (N, H, W) int64 class ids.
        ignore_index: the label of void pixels.
        weight: (K,), how much a pixel of each class counts; all alike
            without it.

    Returns:
        A scalar.

    Raises:
        ValueError: if the sizes of ``logits`` and ``target`` differ.

    Example:
        >>> import torch
        >>> logits = torch.zeros(1, 4, 1, 2)
        >>> f"{masked_cross_entropy(logits, torch.tensor([[[2, 255]]])):.4f}"
        '1.3863'
    """
    N, _, *size = logits.shape
    if target.shape != (N, *size):
        raise ValueError(
            f"logits {tuple(logits.shape)} need a target of shape "
            f"{(N, *size)}, not {tuple(target.shape)}"
        )
    # with reduction="mean" a GPU adds the losses up in any order, so that the
    # value (not the gradient) changes from run to run
    losses = F.cross_entropy(
        logits, target, weight, ignore_index=ignore_index, reduction="none"
    )
    valid = target != ignore_index
    if weight is None:
        return losses.sum() / valid.sum().clamp(min=1)
    total = (weight[target * valid] * valid).sum()
    return losses.sum() / total.clamp(min=torch.finfo(total.dtype).tiny)


def class_weights(
    labels: Iterable[NDArray], num_classes: int, power: float = 0.25
) -> Tensor:
    """Let rare classes count more: one over the fourth root of their share.

    Cross-entropy takes every pixel alike, the mean IoU every class. These
    weights stand between the two.

    Args:
        labels: class ids (H, W), each below ``num_classes``, or 255 for void.
        num_classes: K.
        power: of the share; 0 makes all weights equal, 1 would make the
            classes equal.

    Returns:
        (K,) float32, such that the mean over all pixels is 1; a class that
        does not occur has the weight 1.

    Raises:
        ValueError: if there is no pixel that is not void.

    Example:
        >>> class_weights([np.array([[0] * 16 + [1]])], 2)
        tensor([0.9444, 1.8889])
    """
    counts = sum(np.bincount(part.ravel(), minlength=256) for part in labels)
    counts = torch.as_tensor(counts)[:num_classes].double()
    if not counts.sum():
        raise ValueError("all pixels are void: give labels with classes")
    share = counts / counts.sum()
    weight = torch.where(share > 0, share**-power, 0)
    weight = weight / (weight * share).sum()
    return torch.where(share > 0, weight, 1).float()

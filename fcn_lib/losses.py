"""Cross-entropy for every pixel, void left out.

After Long, Shelhamer and Darrell (2015), section 3: the loss of an image is
a sum over its pixels. It is divided here by the number of pixels that count,
so that the learning rate does not depend on the image's size.
"""

import torch.nn.functional as F
from torch import Tensor


def masked_cross_entropy(
    logits: Tensor, target: Tensor, ignore_index: int = 255
) -> Tensor:
    """Average the cross-entropy over the pixels that are not void.

    The same number as ``F.cross_entropy(..., ignore_index=...)``, with two
    gains: where all pixels are void it is 0 and not NaN, and its value is
    the same in every run on a GPU.

    Args:
        logits: (N, K, H, W).
        target: (N, H, W) int64 class ids.
        ignore_index: the label of void pixels.

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
        logits, target, ignore_index=ignore_index, reduction="none"
    )
    valid = target != ignore_index
    return losses.sum() / valid.sum().clamp(min=1)

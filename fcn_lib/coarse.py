"""What a stride costs, measured without training: two yardsticks.

Backs ``chapters/coarse.ipynb``. ``block_labels`` gives every cell one label,
``best_grid`` looks for the scores that label best once they are stretched.
The question is that of Long, Shelhamer and Darrell (2015), appendix A of
arXiv version 2. Neither answer is a proven bound on the mean IoU of a net.
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from fcn_lib.pixels import VOID, confusion_matrix
from fcn_lib.transposed import upsample


def block_labels(
    labels: Tensor | NDArray,
    stride: int,
    num_classes: int,
    ignore_index: int = VOID,
) -> NDArray:
    """Give each block of ``stride`` × ``stride`` pixels its majority class.

    Of all maps that are constant on the blocks, none has more pixels right.
    Void pixels have no vote. Blocks at the rim may be incomplete.

    Args:
        labels: class ids (H, W) or (N, H, W).
        stride: side of a block, in pixels.
        num_classes: K.
        ignore_index: the label of void pixels, from K to 255.

    Returns:
        (..., ceil(H/stride), ceil(W/stride)) uint8: the most frequent class,
        the lowest id among equals; ``ignore_index`` where all is void.

    Raises:
        ValueError: if a label is no class, or the stride is below 1.

    Example:
        >>> labels = np.array([[0, 0, 1], [0, 2, 1], [2, 2, 255]])
        >>> block_labels(labels, stride=2, num_classes=3).tolist()
        [[0, 1], [2, 255]]
    """
    labels = _checked(labels, stride, num_classes, ignore_index)
    *rest, H, W = labels.shape
    fill = [(0, 0)] * len(rest) + [(0, -H % stride), (0, -W % stride)]
    whole = np.pad(labels, fill, constant_values=ignore_index)
    h, w = whole.shape[-2] // stride, whole.shape[-1] // stride
    blocks = whole.reshape(*rest, h, stride, w, stride)
    one_hot = [blocks == k for k in range(num_classes)]
    votes = np.stack([hits.sum(axis=(-3, -1)) for hits in one_hot])
    winner = np.where(votes.any(axis=0), votes.argmax(axis=0), ignore_index)
    return winner.astype(np.uint8)


def mosaic(cells: NDArray, stride: int, size: tuple[int, int]) -> NDArray:
    """Lay cells out as blocks of pixels: every pixel copies its cell.

    Args:
        cells: (..., h, w), one value for each block.
        stride: side of a block, in pixels.
        size: (H, W) of the result; what stands out of it is cut off.

    Raises:
        ValueError: if that many cells do not make an image of this size.

    Example:
        >>> mosaic(np.array([[1, 2]]), stride=2, size=(2, 3))
        array([[1, 1, 2],
               [1, 1, 2]])
    """
    _check_count("stride", stride)
    H, W = size
    needed = -(-H // stride), -(-W // stride)
    if cells.shape[-2:] != needed:
        raise ValueError(
            f"at stride {stride}, {H}x{W} pixels have {needed} cells, not "
            f"{cells.shape[-2:]}: check stride and size"
        )
    return cells.repeat(stride, axis=-2).repeat(stride, axis=-1)[..., :H, :W]


def best_grid(
    labels: Tensor | NDArray,
    stride: int,
    num_classes: int,
    ignore_index: int = VOID,
    steps: int = 100,
    learning_rate: float = 5.0,
) -> Tensor:
    """Fit the scores whose stretched version labels the image best.

    There is no net: the scores themselves are what is trained, so that
    ``upsample`` of them has a small cross-entropy to the labels. This loss is
    convex in the scores, but it is not the mean IoU, of which better grids
    may exist. Adam starts from zeros, its rate falls along half a cosine.
    Nothing is random, and no image of a stack depends on another.

    Args:
        labels: as for ``block_labels``.
        stride: pixels from one cell to the next.
        num_classes: K.
        ignore_index: as for ``block_labels``.
        steps: how often the scores are changed.
        learning_rate: the first and largest.

    Returns:
        (N, K, ceil(H/stride), ceil(W/stride)) float32.

    Raises:
        ValueError: if a label is no class, or a count is below 1.

    Example:
        >>> labels = np.array([[0, 0, 0, 1]])  # the border is off the grid
        >>> grid = best_grid(labels, stride=2, num_classes=2)
        >>> upsample(grid, 2)[:, :, :1].argmax(dim=1)
        tensor([[[0, 0, 0, 1]]])
    """
    labels = _checked(labels, stride, num_classes, ignore_index)
    _check_count("steps", steps)
    H, W = labels.shape[-2:]
    target = torch.from_numpy(labels.reshape(-1, H, W)).long()
    h, w = -(-H // stride), -(-W // stride)
    grid = torch.zeros(len(target), num_classes, h, w, requires_grad=True)
    optimizer = torch.optim.Adam([grid], lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        logits = upsample(grid, stride)[..., :H, :W]
        # a sum, so that no image's gradient depends on the others
        loss = F.cross_entropy(
            logits, target, ignore_index=ignore_index, reduction="sum"
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return grid.detach()


def _checked(
    labels: Tensor | NDArray, stride: int, num_classes: int, ignore_index: int
) -> NDArray:
    """Labels as uint8; anything that is no label map refused."""
    _check_count("stride", stride)
    if labels.ndim not in (2, 3):
        shape = tuple(labels.shape)
        raise ValueError(f"labels are {shape}: give (H, W) or (N, H, W)")
    confusion_matrix(labels, labels, num_classes, ignore_index)  # checks them
    return torch.as_tensor(labels).cpu().numpy().astype(np.uint8)


def _check_count(name: str, value: int) -> None:
    if value < 1 or value != int(value):
        raise ValueError(f"{name} is {value}: give a whole number from 1 up")

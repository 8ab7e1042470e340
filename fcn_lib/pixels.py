"""A class for every pixel: label maps in colour, and four scores.

Backs ``chapters/pixels.ipynb``. The scores are those of Long, Shelhamer and
Darrell (2015), section 5: one confusion matrix over the whole data set, the
void pixels left out. Boundary IoU is that of Cheng et al. (2021), as defined
at https://bowenc0221.github.io/boundary-iou.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Palette = tuple[tuple[int, int, int], ...]

VOID = 255
VOID_COLOR = (255, 255, 255)


class Scores(NamedTuple):
    """The four scores of a confusion matrix, and the IoU of each class."""

    pixel_accuracy: float
    mean_accuracy: float
    mean_iou: float
    frequency_weighted_iou: float
    iou: Tensor


def confusion_matrix(
    pred: Tensor | NDArray,
    target: Tensor | NDArray,
    num_classes: int,
    ignore_index: int = VOID,
) -> Tensor:
    """Count pixels by true and by predicted class.

    Matrices of several images add up to the matrix of all of them, so a
    whole data set is scored by summing.

    Args:
        pred: class ids (..., H, W), or logits (..., K, H, W) with one axis
            more than ``target``: then the largest logit decides.
        target: true class ids (..., H, W).
        num_classes: K, from 2 to 255.
        ignore_index: the label from K to 255 that means void. Pixels that
            are void in ``target`` are not counted.

    Returns:
        (K, K) int64. Row: the true class. Column: the predicted class.

    Raises:
        ValueError: if sizes differ, a label is no class, void is a class, or
            a logit is NaN.

    Example:
        >>> pred = torch.tensor([[0, 1], [1, 1]])
        >>> confusion_matrix(pred, torch.tensor([[0, 0], [1, 255]]), 2)
        tensor([[1, 1],
                [0, 1]])
    """
    check_num_classes(num_classes)
    _check_void(ignore_index, num_classes)
    if pred.ndim == target.ndim + 1 >= 3:
        if pred.shape[-3] != num_classes:
            raise ValueError(
                f"logits have {pred.shape[-3]} channels but num_classes is "
                f"{num_classes}: they must be equal"
            )
        pred = decide(torch.as_tensor(pred))
    _check_shapes(pred, target)
    true, guess = _as_uint8(target, "target"), _as_uint8(pred, "pred")
    # one number a pixel, 256 * true + guess, so that one pass counts all
    pairs = true.astype(np.uint16) * 256 + guess
    counts = np.bincount(pairs.ravel(), minlength=256 * 256)
    counts = counts.reshape(256, 256)
    counts[ignore_index] = 0
    mark = f"mark void pixels with {ignore_index} or raise num_classes"
    _check_labels(counts.sum(1), num_classes, "target", mark)
    choose = "a prediction has no void, so choose a class for every pixel"
    _check_labels(counts.sum(0), num_classes, "pred", choose)
    return torch.from_numpy(counts[:num_classes, :num_classes].copy())


def decide(logits: Tensor) -> Tensor:
    """Choose the class with the largest logit at every pixel.

    Args:
        logits: (..., K, H, W).

    Returns:
        (..., H, W) int64 class ids.

    Raises:
        ValueError: if a logit is NaN.

    Example:
        >>> decide(torch.tensor([[[[0.0, 2.0]], [[1.0, -1.0]]]]))
        tensor([[[1, 0]]])
    """
    if logits.isnan().any():
        raise ValueError(
            f"{int(logits.isnan().sum())} logits are NaN, and an argmax "
            "would call them class 0: find where training went astray"
        )
    return logits.argmax(-3)


def scores(matrix: Tensor) -> Scores:
    """Summarise a confusion matrix.

    A class that occurs neither in the truth nor in the prediction has the
    IoU nan and is left out of the means. A class that is predicted but never
    true has the IoU 0, and it counts.

    Args:
        matrix: (K, K) counts; row true, column predicted.

    Returns:
        Scores between 0 and 1; ``iou`` has shape (K,). All are nan when the
        matrix is empty.

    Raises:
        ValueError: if the matrix is not square.

    Example:
        >>> result = scores(torch.tensor([[7, 1, 0], [1, 3, 0], [1, 0, 1]]))
        >>> f"{result.pixel_accuracy:.3f} {result.mean_iou:.3f}"
        '0.786 0.600'
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            f"a confusion matrix is (K, K), not {tuple(matrix.shape)}: make "
            "it with confusion_matrix"
        )
    matrix = matrix.double()
    correct, true, guessed = matrix.diag(), matrix.sum(1), matrix.sum(0)
    total = matrix.sum()
    iou = correct / (true + guessed - correct)
    return Scores(
        pixel_accuracy=(correct.sum() / total).item(),
        mean_accuracy=(correct / true).nanmean().item(),
        mean_iou=iou.nanmean().item(),
        # an absent class has the weight 0 and the IoU nan
        frequency_weighted_iou=((true * iou).nansum() / total).item(),
        iou=iou,
    )


def boundary_iou(
    pred: Tensor | NDArray,
    target: Tensor | NDArray,
    num_classes: int,
    width: int,
    ignore_index: int = VOID,
) -> Tensor:
    """Compare only the rims of the regions, where coarse answers fail.

    The rim of a class is each of its pixels within ``width`` steps (king's
    moves) of another class or of the image's edge. Rims of all images are
    added up before dividing. Void pixels are taken out of both maps: the edge
    of a void area counts as an edge in both.

    Args:
        pred: class ids (H, W) or (N, H, W).
        target: true class ids of the same shape.
        num_classes: K.
        width: how wide a rim is, in pixels, at least 1.
        ignore_index: void pixels of ``target`` belong to no region.

    Returns:
        (K,) float64, the IoU of the rims; nan where there is no rim.

    Raises:
        ValueError: as ``confusion_matrix``, or if ``width`` is below 1.

    Example:
        >>> square = torch.zeros(9, 9, dtype=torch.long)
        >>> square[3:6, 3:6] = 1
        >>> boundary_iou(square, square, 2, width=1)
        tensor([1., 1.], dtype=torch.float64)
    """
    if width < 1:
        raise ValueError(f"width must be at least 1 pixel, not {width}")
    _check_shapes(pred, target)
    confusion_matrix(pred, target, num_classes, ignore_index)  # checks both
    target = torch.as_tensor(target).reshape(-1, *target.shape[-2:])
    pred = torch.as_tensor(pred).reshape(target.shape)
    valid = target != ignore_index
    result = []
    for k in range(num_classes):
        a = _rim((pred == k) & valid, width)
        b = _rim((target == k) & valid, width)
        result.append((a & b).sum().double() / (a | b).sum())
    return torch.stack(result)


def colorize(labels: NDArray, palette: Palette) -> NDArray:
    """Paint each class in its colour, void in white.

    Args:
        labels: (H, W) class ids below ``len(palette)``, or 255.
        palette: one (red, green, blue) for each class, none of them white.

    Returns:
        (H, W, 3) uint8.

    Raises:
        ValueError: if a label has no colour, or a class has that of void.

    Example:
        >>> colorize(np.array([[0, 255]]), ((10, 20, 30),)).tolist()
        [[[10, 20, 30], [255, 255, 255]]]
    """
    _check_palette(palette)
    labels = _as_uint8(labels, "labels")
    counts = np.bincount(labels.ravel(), minlength=256)
    counts[VOID] = 0
    mark = "mark void pixels with 255 or give more colours"
    _check_labels(counts, len(palette), "labels", mark)
    table = np.full((256, 3), VOID_COLOR, dtype=np.uint8)
    table[: len(palette)] = palette
    return table[labels]


def to_labels(rgb: NDArray, palette: Palette) -> NDArray:
    """Read class ids back from colours: ``colorize`` the other way round.

    Args:
        rgb: (H, W, 3) uint8.
        palette: one (red, green, blue) for each class; white is void.

    Returns:
        (H, W) uint8 class ids, 255 for void.

    Raises:
        ValueError: if a colour is not in the palette, or a class has that of
            void.

    Example:
        >>> to_labels(np.full((1, 1, 3), 255, dtype=np.uint8), ((1, 2, 3),))
        array([[255]], dtype=uint8)
    """
    _check_palette(palette)
    codes = rgb.astype(np.int64) @ (256 * 256, 256, 1)  # one number a colour
    labels = np.full(codes.shape, VOID, dtype=np.uint8)
    known = codes == VOID_COLOR @ np.array((256 * 256, 256, 1))
    for k, color in enumerate(palette):
        hit = (rgb == color).all(-1)
        labels[hit] = k
        known |= hit
    if not known.all():
        color = tuple(int(c) for c in rgb[~known][0])
        raise ValueError(
            f"{(~known).sum()} pixels have a colour that is not in the "
            f"palette, such as {color}: save masks as PNG, never as JPEG, "
            "and resize them with nearest neighbour"
        )
    return labels


def check_num_classes(num_classes: int) -> None:
    """Refuse a number of classes that label maps cannot hold.

    Args:
        num_classes: K. Ids are 0 to K-1, and 255 is void.

    Raises:
        ValueError: if there are fewer than 2 classes, or more than 255.
    """
    if num_classes < 2 or num_classes > VOID:
        raise ValueError(
            f"num_classes must be from 2 to 255, not {num_classes}: for one "
            "class against the rest use 2"
        )


def _rim(region: Tensor, width: int) -> Tensor:
    """The pixels of ``region`` (N, H, W) within ``width`` of its outside."""
    outside = F.pad((~region).float(), [width] * 4, value=1.0)[:, None]
    near = F.max_pool2d(outside, 2 * width + 1, stride=1)[:, 0]
    return region & near.bool()


def _as_uint8(labels: Tensor | NDArray, name: str) -> NDArray:
    """Whole numbers from 0 to 255 as a uint8 array, anything else refused."""
    if isinstance(labels, Tensor):
        labels = labels.detach().cpu().numpy()
    if labels.dtype == np.uint8:
        return labels
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"{name} has type {labels.dtype}: class ids are integers"
        )
    wrong = labels[(labels < 0) | (labels > 255)]
    if wrong.size:
        raise ValueError(
            f"{name} holds {wrong[0]} ({wrong.size} such pixels): class ids "
            "lie from 0 to 255; mark void pixels with 255"
        )
    return labels.astype(np.uint8)


def _check_labels(
    counts: NDArray, num_classes: int, name: str, way_out: str
) -> None:
    """Refuse class ids from ``num_classes`` on that occur at all."""
    wrong = num_classes + np.flatnonzero(counts[num_classes:])
    if wrong.size:
        raise ValueError(
            f"{name} holds class {wrong[0]} ({counts[wrong[0]]} pixels) but "
            f"there are {num_classes} classes, 0 to {num_classes - 1}: "
            f"{way_out}"
        )


def _check_void(ignore_index: int, num_classes: int) -> None:
    if not num_classes <= ignore_index <= 255:
        raise ValueError(
            f"ignore_index must be from {num_classes} to 255, not "
            f"{ignore_index}: mark void pixels with a label that is no class"
        )


def _check_shapes(pred: Tensor | NDArray, target: Tensor | NDArray) -> None:
    if tuple(pred.shape) != tuple(target.shape):
        raise ValueError(
            f"pred has shape {tuple(pred.shape)} but target has "
            f"{tuple(target.shape)}: give class ids at the size of the labels"
        )


def _check_palette(palette: Palette) -> None:
    for k, color in enumerate(palette):
        if tuple(color) == VOID_COLOR:
            raise ValueError(
                f"the palette paints class {k} white, the colour of void: "
                "choose another"
            )

"""Pairs of a small and a large picture, and how close two pictures are."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

RIM = 4  # pixels at each side that ``psnr`` leaves out


def shrink(picture: NDArray) -> NDArray:
    """Halve a picture: each pixel is the mean of four, rounded.

    No pixel of the result depends on more than its own four, so a part of a
    picture shrinks to the same part of the small one.

    Args:
        picture: (H, W, 3) uint8, H and W even.

    Returns:
        (H/2, W/2, 3) uint8.

    Raises:
        ValueError: if H or W is odd, or the picture is none.

    Example:
        >>> black_and_white = np.zeros((2, 4, 3), dtype=np.uint8)
        >>> black_and_white[0] = 200
        >>> shrink(black_and_white)[0, :, 0]
        array([100, 100], dtype=uint8)
    """
    _check_picture(picture)
    H, W = picture.shape[:2]
    if H % 2 or W % 2:
        raise ValueError(
            f"the picture is {H}×{W}: cut it to an even height and width"
        )
    return np.array(Image.fromarray(picture).reduce(2))


def psnr(picture: NDArray, truth: NDArray, rim: int = RIM) -> float:
    """Compare two pictures: the peak signal-to-noise ratio, in decibels.

    Each channel of each pixel counts the same. Papers often give the PSNR of
    the brightness alone, which is another number.

    Args:
        picture: (H, W, 3) uint8.
        truth: another one of the same size.
        rim: how many pixels to leave out at each side.

    Returns:
        10 log10(255² / mean squared error); infinite if the two are equal.

    Raises:
        ValueError: if the sizes differ, if one is not uint8, or if the rim
            leaves nothing.

    Example:
        >>> black = np.zeros((2, 2, 3), dtype=np.uint8)
        >>> psnr(black, black + 255, rim=0)
        0.0
    """
    _check_picture(picture)
    _check_picture(truth)
    if picture.shape != truth.shape:
        raise ValueError(
            f"the pictures differ in size: {picture.shape}, {truth.shape}; "
            "cut or resize one of them first"
        )
    H, W = truth.shape[:2]
    if rim < 0 or min(H, W) <= 2 * rim:
        raise ValueError(f"a rim of {rim} leaves nothing of {H}×{W} pixels")
    inner = slice(rim, H - rim), slice(rim, W - rim)
    # as floats: differences of uint8 would wrap around
    error = np.square(picture[inner].astype(float) - truth[inner]).mean()
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def patches(
    photos: Sequence[NDArray],
    steps: int,
    batch_size: int = 8,
    side: int = 32,
    seed: int = 0,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Cut squares from photographs, at random, and shrink each.

    A square is cut first and shrunk then: nothing outside it can leak in.
    Each is mirrored and turned at random.

    Args:
        photos: (H, W, 3) uint8 each.
        steps: how many batches.
        batch_size: N, squares in a batch.
        side: S of the large squares, even.
        seed: of the random numbers.

    Yields:
        (N, 3, S/2, S/2) and (N, 3, S, S), both in 0…1.

    Raises:
        ValueError: if a photograph is smaller than the squares.

    Example:
        >>> photo = np.zeros((80, 70, 3), dtype=np.uint8)
        >>> [tuple(batch.shape) for batch in next(patches([photo], steps=1))]
        [(8, 3, 16, 16), (8, 3, 32, 32)]
    """
    for photo in photos:
        if min(photo.shape[:2]) < side:
            raise ValueError(
                f"a photograph of {photo.shape[0]}×{photo.shape[1]} pixels "
                f"holds no square of {side}: leave it out"
            )
    random = np.random.default_rng(seed)
    for _ in range(steps):
        large = [_square(photos, side, random) for _ in range(batch_size)]
        small = [shrink(square) for square in large]
        yield to_tensor(small), to_tensor(large)


def to_tensor(pictures: Sequence[NDArray]) -> Tensor:
    """(N, 3, H, W) in 0…1 of N pictures (H, W, 3) uint8."""
    stacked = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return stacked.contiguous().float() / 255


def to_picture(image: Tensor) -> NDArray:
    """(H, W, 3) uint8 of a tensor (3, H, W), rounded; 0…1 become 0…255."""
    image = (image.clamp(0, 1) * 255).round().byte()
    return image.permute(1, 2, 0).contiguous().cpu().numpy()


def _square(
    photos: Sequence[NDArray], side: int, random: np.random.Generator
) -> NDArray:
    """One random square (S, S, 3) of one random photograph."""
    photo = photos[random.integers(len(photos))]
    H, W = photo.shape[:2]
    row, column = random.integers(H - side + 1), random.integers(W - side + 1)
    square = photo[row : row + side, column : column + side]
    if random.integers(2):
        square = square[:, ::-1]
    return np.ascontiguousarray(np.rot90(square, random.integers(4)))


def _check_picture(picture: NDArray) -> None:
    kind = getattr(picture, "dtype", type(picture).__name__)
    shape = getattr(picture, "shape", ())
    if kind != np.uint8 or len(shape) != 3 or shape[2] != 3:
        raise ValueError(
            f"a picture is uint8 (H, W, 3), not {kind} {tuple(shape)}: try "
            "numpy.asarray(PIL.Image.open(path).convert('RGB'))"
        )

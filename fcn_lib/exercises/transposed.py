"""Checks for the exercises of ``chapters/transposed.ipynb``."""

from collections.abc import Callable, Sequence
from itertools import product
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor

from fcn_lib.exercises.answers import (
    Verdict,
    function_check,
    items,
    missing,
    no,
    short,
    size,
    sizes,
    whole,
)

SMALL = ((0.0, 1.0), (2.0, 3.0))  # map and kernel of exercise 2
WAYS = {
    "stride 1": {"stride": 1},
    "stride 1, padding 1": {"stride": 1, "padding": 1},
    "stride 2": {"stride": 2},
}


def check_sizes(answer: tuple[int, int, int]) -> Verdict:
    """Check a padding, and the size behind three layers of ×2.

    Args:
        answer: the padding that makes 160 × 224 of 5 × 7 with kernel 64 and
            stride 32; rows and columns behind three layers with kernel 4,
            stride 2 and padding 1.

    Example:
        >>> check_sizes((0, 40, 56))
        With padding 0 the result has 192 × 256 pixels, not 160 × 224.
    """
    if missing(answer):
        return no("Nothing yet: give (padding, rows, columns).")
    values = sizes(answer, 3)
    if values is None:
        return no("Three whole numbers are wanted: (padding, rows, columns).")
    padding, *doubled = values
    if wrong := _wrong_padding(padding) or _wrong_size(tuple(doubled)):
        return no(wrong)
    return Verdict(True, "Right, both.")


def check_painted(answer: Sequence[Sequence[Sequence[float]]]) -> Verdict:
    """Check the three grids of exercise 2, painted on paper.

    Args:
        answer: the results for stride 1, for stride 1 with padding 1, and for
            stride 2, each as a list of rows.

    Example:
        >>> check_painted(...)
        Nothing yet: give three grids, each a list of rows.
    """
    if missing(answer):
        return no("Nothing yet: give three grids, each a list of rows.")
    given = items(answer)
    if any(map(missing, given)):
        return no("Nothing yet: one of the three is still missing.")
    try:
        given = [torch.as_tensor(grid, dtype=torch.float) for grid in given]
    except Exception:  # whatever was given, it is no grid
        return no("Each grid is a list of rows, all of them equally long.")
    if len(given) != 3:
        return no(f"Three grids are wanted; {len(given)} came.")
    for (way, options), grid in zip(WAYS.items(), given, strict=True):
        if wrong := _wrong_grid(grid, options):
            return no(f"For {way}: {wrong}")
    return Verdict(True, "Right: every number of all three.")


@function_check(
    nothing="which rows does the convolution not reach?",
    right="Right: for all sizes that were tried n comes back.",
)
def check_output_padding(
    answer: Callable[[int, int, int, int], int],
) -> str:
    """Check a function that finds the way back to n rows.

    Args:
        answer: takes n, kernel, stride and padding of a convolution; returns
            the output padding with which the transposed convolution of the
            same kernel, stride and padding gives n rows again.

    Example:
        >>> check_output_padding(lambda n, k, s, p: 0).right
        False
    """
    for k, s, p, n in product((1, 3, 4, 5), (1, 2, 3), (0, 1), (7, 8, 9)):
        extra = answer(n, k, s, p)
        if wrong := _wrong_extra(extra, n, k, s, p):
            return wrong
    return ""


@function_check(
    nothing="what is missing beyond the rim?",
    right="Right: equal everywhere, the corners too.",
)
def check_rim(answer: Callable[[Tensor, int], Tensor]) -> str:
    """Check a function that upsamples as ``F.interpolate``, rim included.

    Args:
        answer: takes a map (N, C, H, W) and a factor; returns the map
            enlarged, (N, C, factor * H, factor * W), without calling
            ``F.interpolate``.

    Example:
        >>> check_rim(lambda x, factor: x)
        With factor 2, (1, 2, 3, 4) has become (1, 2, 3, 4).
    """
    x = torch.arange(24.0).mul(2.7).cos().view(1, 2, 3, 4)
    for factor in (2, 4, 3, 8):
        with patch.object(F, "interpolate", wraps=F.interpolate) as ready_made:
            y = answer(x.clone(), factor)
        if ready_made.called:
            return (
                "Your function calls F.interpolate. Build it anew, from "
                "upsample and F.pad."
            )
        if wrong := _wrong_enlarged(torch.as_tensor(y), x, factor):
            return wrong
    return ""


def _wrong_padding(padding: int) -> str:
    if padding < 0:
        return (
            f"A padding of {short(padding)}? It crops, and is never negative."
        )
    if padding > 95:
        return f"With padding {short(padding)} nothing is left of the canvas."
    y = F.conv_transpose2d(
        torch.ones(1, 1, 5, 7), torch.ones(1, 1, 64, 64), None, 32, padding
    )
    rows, columns = y.shape[2:]
    if (rows, columns) == (160, 224):
        return ""
    return (
        f"With padding {padding} the result has {rows} × {columns} pixels, "
        "not 160 × 224."
    )


def _wrong_size(size: tuple[int, int]) -> str:
    y = canvas = torch.ones(1, 1, 5, 7)
    for _ in range(3):
        y = F.conv_transpose2d(y, torch.ones(1, 1, 4, 4), None, 2, 1)
        canvas = F.conv_transpose2d(canvas, torch.ones(1, 1, 4, 4), None, 2)
    if size == tuple(y.shape[2:]):
        return ""
    told = "The padding is right. But three layers do not make "
    told += f"{short(size[0])} × {short(size[1])} of 5 × 7"
    if size == tuple(canvas.shape[2:]):
        return f"{told}: they would if nothing were cropped."
    if size == (30, 42):
        return f"{told}: factors of layers in a row multiply."
    if size == tuple(y.shape[2:])[::-1]:
        return f"{told}: rows come first."
    return f"{told}. What does one of them make of n rows?"


def _wrong_grid(grid: Tensor, options: dict[str, int]) -> str:
    small = torch.tensor(SMALL)[None, None]
    true = F.conv_transpose2d(small, small, **options)[0, 0]
    unturned = F.conv_transpose2d(small, small.flip(2, 3), **options)[0, 0]
    if grid.shape != true.shape:
        if grid.flatten().equal(true.flatten()):
            rows = true.int().tolist()
            return f"the numbers are right. Write a list of rows: {rows}."
        told = " × ".join(map(str, grid.shape)) or "a single number"
        return f"your grid is {told}. How large is the canvas, and what stays?"
    if grid.equal(true):
        return ""
    if grid.equal(unturned):
        return "the kernel is turned in yours. A pixel paints it as it is."
    row, column = (grid != true).nonzero()[0].tolist()
    return (
        f"look at row {row}, column {column} (from 0), where you have "
        f"{grid[row, column]:g}. Which pixels paint there?"
    )


def _wrong_extra(extra: object, n: int, k: int, s: int, p: int) -> str:
    case = f"n = {n}, kernel {k}, stride {s}, padding {p}"
    # `size` goes through a float, which a long whole number may not fit
    found = extra if whole(extra) else size(extra)
    if found is None:
        return (
            f"For {case} your function gives {short(extra)}, no whole number."
        )
    small = F.conv1d(torch.ones(1, 1, n), torch.ones(1, 1, k), None, s, p)
    if not 0 <= found < s:
        return (
            f"For {case} your function gives {short(extra)}. It must lie "
            "below the stride, and not below 0."
        )
    kernel = torch.ones(1, 1, k)
    back = F.conv_transpose1d(small, kernel, None, s, p, int(found))
    if back.shape[2] == n:
        return ""
    return (
        f"For {case} the convolution gives {small.shape[2]} rows, and with "
        f"output padding {found} you come back to {back.shape[2]}."
    )


def _wrong_enlarged(y: Tensor, x: Tensor, factor: int) -> str:
    told = f"With factor {factor}, "
    true = F.interpolate(x, scale_factor=factor, mode="bilinear")
    if y.shape != true.shape:
        return f"{told}{tuple(x.shape)} has become {tuple(y.shape)}."
    differs = ~((y - true).abs() < 1e-5)  # so that nan differs
    if not differs.any():
        return ""
    rim = factor // 2
    if not differs[..., rim:-rim, rim:-rim].any():
        return (
            f"{told}all is equal inside, but {int(differs.sum())} numbers at "
            "the rim differ."
        )
    return f"{told}{int(differs.sum())} numbers differ, some of them inside."

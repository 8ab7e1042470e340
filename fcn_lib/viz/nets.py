"""Nets as drawings: how maps shrink, meet, and grow again."""

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from fcn_lib.viz.boxes import arrow, box
from fcn_lib.viz.figures import COLORS, INK, SOFT, show

BACKBONE = 8, 16, 32  # the strides of its maps, see fcn_lib.backbones
COLUMNS = {"features": 0.24, "scores": 0.76}  # where they stand, from 0 to 1
# each inside and rim
FEATURES = "#efece4", SOFT
SCORES = "#eaf3f9", COLORS[0]
SUMS = "#fbeee4", COLORS[1]


def fusions(
    nets: dict[str, Sequence[int]], size: tuple[int, int], alt: str
) -> None:
    """Draw nets side by side: the backbone down, the scores up again.

    Each row is one stride, with the size of its maps; features on the left,
    scores on the right.

    Args:
        nets: titles, and the strides whose scores are fused, from coarse to
            fine. Behind the last one all is stretched to the image's size.
        size: (H, W) of the image.
        alt: what is seen.

    Raises:
        ValueError: if each stride of a net is not a multiple of the next
            one, or a stride of any does not divide H and W.
    """
    strides = sorted({1, *BACKBONE}.union(*nets.values()))
    _check(nets, strides, size)
    H, W = size
    rows = {s: -i for i, s in enumerate(strides)}
    sizes = {s: f"{H // s} × {W // s}" for s in strides}
    figure = Figure(
        (0.9 + 2.2 * len(nets), 0.62 * len(rows) + 0.7), layout="constrained"
    )
    axes = figure.subplots(1, len(nets), squeeze=False)[0]
    for ax, (title, fused) in zip(axes, nets.items(), strict=True):
        ax.set_title(title, fontsize=10, color=INK)
        ax.set(xlim=(0, 1), ylim=(-len(rows) + 0.6, 0.35), yticks=[])
        ax.set_xticks(list(COLUMNS.values()), COLUMNS, va="baseline")
        ax.tick_params("x", pad=13)
        ax.tick_params(length=0, labelsize=9, labelcolor=INK)
        ax.spines[:].set_visible(False)
        features = _down(ax, rows, sizes)
        _up(ax, rows, sizes, features, fused)
    names = ["pixels", *(f"stride {s}" for s in strides[1:])]
    axes[0].set_yticks(list(rows.values()), names)
    show(figure, alt)


def _check(
    nets: dict[str, Sequence[int]],
    strides: Sequence[int],
    size: tuple[int, int],
) -> None:
    for title, fused in nets.items():
        steps = list(pairwise((*fused, 1)))
        if not steps or any(s <= finer or s % finer for s, finer in steps):
            raise ValueError(
                f"{title}: no whole steps lead from stride to stride of "
                f"{tuple(fused)}, and then to pixels: give such as (32, 16, 8)"
            )
    H, W = size
    for s in strides:
        if H % s or W % s:
            raise ValueError(
                f"an image of {H}x{W} has no whole cells of stride {s}: "
                f"choose multiples of {max(strides)}"
            )


def _down(
    ax: Axes, rows: dict[int, int], sizes: dict[int, str]
) -> dict[int, Text]:
    """Draw the image, and the maps that the backbone makes of it."""
    x = COLUMNS["features"]
    maps = {s: box(ax, x, rows[s], sizes[s], *FEATURES) for s in rows}
    for finer, coarser in pairwise(maps.values()):
        arrow(ax, finer, coarser)
    return maps


def _up(
    ax: Axes,
    rows: dict[int, int],
    sizes: dict[int, str],
    features: dict[int, Text],
    fused: Sequence[int],
) -> None:
    """Draw scores at each stride, added where they meet, and stretched."""
    x = COLUMNS["scores"]
    scores = {s: box(ax, x, rows[s], sizes[s], *SCORES) for s in (fused[0], 1)}
    for s in fused[1:]:
        scores[s] = box(ax, x, rows[s], f"+  {sizes[s]}", *SUMS)
    for s, finer in pairwise((*fused, 1)):
        arrow(ax, features[s], scores[s])
        arrow(ax, scores[s], scores[finer])
        ax.text(
            x + 0.04, (rows[s] + rows[finer]) / 2, f"×{s // finer}",
            va="center", fontsize=11, color=COLORS[0], weight="bold",
        )  # fmt: skip

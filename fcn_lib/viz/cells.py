"""Small maps with their numbers, and what a unit sees."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from fcn_lib.stride import conv_size, receptive_field
from fcn_lib.viz.figures import COLORS, INK, SOFT, STYLES, frame, show


def grids(
    maps: dict[str, NDArray],
    alt: str,
    frames: dict[str, Sequence[tuple[int, int, int, int]]] | None = None,
) -> None:
    """Show small maps side by side, with their numbers in the cells.

    Zeros are grey on white; the larger a number, the bluer its cell. A cell
    that is nan stays empty.

    Args:
        maps: titles, and (H, W) numbers; about 25 columns fit in all.
        alt: what is seen.
        frames: for a title, frames around cells: first row, first column,
            height and width, drawn in turn orange and solid, green and dashed.
    """
    shapes = [np.shape(values) for values in maps.values()]
    gap = 1.3  # cells between two maps
    across = sum(W for _, W in shapes) + gap * len(maps)
    cell = min(0.36, 7.6 / across)  # inches
    down = max(H for H, _ in shapes) + 0.4
    figure = Figure((7.6, down * cell + 0.3))
    left = (7.6 / cell - across + gap) / 2
    for (title, values), (H, W) in zip(maps.items(), shapes, strict=True):
        x, y = left * cell / 7.6, (down - H - 0.2) * cell
        height = figure.get_figheight()
        size = W * cell / 7.6, H * cell / height
        ax = figure.add_axes((x, y / height, *size))
        ax.set_title(title, fontsize=9, color=INK)
        _numbers(ax, np.asarray(values, dtype=float))
        for i, (row, column, h, w) in enumerate((frames or {}).get(title, ())):
            box = Rectangle(
                (column - 0.5, row - 0.5), w, h, fill=False, lw=2.2, zorder=3,
                color=COLORS[1 + i % 2], linestyle=STYLES[i % 2],
                clip_on=False,
            )  # fmt: skip
            ax.add_patch(box)
        left += W + gap
    show(figure, alt)


def cone(
    layers: Sequence[tuple[int, int, int]], n: int, unit: int, alt: str
) -> None:
    """Draw what one unit sees in a row of pixels, layer by layer.

    Args:
        layers: (kernel, stride, padding), the first one first.
        n: how many pixels the row has.
        unit: which unit of the last map. A bar marks the pixels of its cell.
        alt: what is seen.
    """
    figure = Figure((7.6, 0.55 * len(layers) + 1.0), layout="constrained")
    ax = figure.subplots()
    maps = [np.arange(n)]  # where the units of each map lie
    for depth, layer in enumerate(layers, 1):
        field = receptive_field(layers[:depth])
        units = np.arange(conv_size(len(maps[-1]), *layer))
        maps.append(field.offset + field.stride * units)
    seen = np.array([unit])
    for depth in range(len(layers), -1, -1):
        lit = np.isin(np.arange(len(maps[depth])), seen)
        colors = np.where(lit, COLORS[1], "#d9d6cf")
        height = np.full(len(lit), depth)
        ax.scatter(maps[depth], height, 55, colors, "s", zorder=3)
        if depth:
            seen = _down(ax, maps, depth, layers[depth - 1], seen)
    block = np.array([unit, unit + 1]) * field.stride - 0.5
    ax.plot(block, [-0.6, -0.6], color=COLORS[0], linewidth=4)
    names = [f"map {depth}" for depth in range(1, len(maps))]
    ax.set_yticks([-0.6, *range(len(maps))], ["cell", "pixels", *names])
    ax.set_xticks(range(0, n, 2))
    ax.tick_params(labelsize=9, length=0)
    ax.spines[:].set_visible(False)
    show(figure, alt)


def _numbers(ax: Axes, values: NDArray) -> None:
    """Fill a grid of cells with numbers, and with blue by their size."""
    frame(ax)
    H, W = values.shape
    share = np.abs(np.nan_to_num(values))
    share = share / max(share.max(), 1e-12)
    blue = np.array([0, 114, 178]) / 255  # COLORS[0]
    ax.imshow(1 - 0.5 * share[..., None] * (1 - blue), aspect="auto")
    for line in range(1, H):
        ax.axhline(line - 0.5, color=SOFT, linewidth=0.4)
    for line in range(1, W):
        ax.axvline(line - 0.5, color=SOFT, linewidth=0.4)
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value):
            continue
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        if abs(value) < 1:
            text = text.replace("0.", ".")
        color = INK if value else SOFT
        ax.text(
            column, row, text, ha="center", va="center", fontsize=8,
            color=color,
        )  # fmt: skip


def _down(
    ax: Axes,
    maps: Sequence[NDArray],
    depth: int,
    layer: tuple[int, int, int],
    seen: NDArray,
) -> NDArray:
    """Draw lines from units to the units that they read; return those."""
    kernel, stride, padding = layer
    below = maps[depth - 1]
    read = [j * stride - padding + np.arange(kernel) for j in seen]
    for j, inputs in zip(seen, read, strict=True):
        for i in inputs[(inputs >= 0) & (inputs < len(below))]:
            ends = maps[depth][j], below[i]
            ax.plot(ends, (depth, depth - 1), color=COLORS[1], linewidth=0.8)
    units = np.unique(np.concatenate(read))
    return units[(units >= 0) & (units < len(below))]

"""The figures of the chapters: code there teaches, it does not draw.

Every figure needs a sentence that says what is seen, for those who do not
see it. The sentence is stored beside the picture, as its alt text.
"""

import io
from base64 import b64encode
from collections.abc import Sequence

import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from fcn_lib.pixels import VOID, VOID_COLOR, Palette, colorize
from fcn_lib.stride import conv_size, receptive_field

INK, SOFT = "#2b2b33", "#8a8a94"
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito (2008)
STYLES = ("-", "--", ":", "-.")


def show(figure: Figure, alt: str) -> None:
    """Display a figure with its alt text.

    Args:
        figure: any matplotlib figure.
        alt: one or two sentences that say what is seen.

    Raises:
        ValueError: if ``alt`` is empty.
    """
    if not alt.strip():
        raise ValueError("alt is empty: say what is seen in the figure")
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=100, facecolor="white")
    # 256 colours, also rare ones, are plenty for a third of the bytes
    picture = Image.open(buffer).convert("RGB")
    picture = picture.quantize(256, Image.Quantize.MAXCOVERAGE)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    data = {
        "image/png": b64encode(buffer.getvalue()).decode(),
        "text/plain": alt,
    }
    display(data, raw=True, metadata={"image/png": {"alt": alt}})


def panels(
    pictures: dict[str, NDArray],
    alt: str,
    classes: Sequence[str] = (),
    palette: Palette = (),
    columns: int = 3,
    cell: int = 0,
    mark_middle: bool = False,
    width: float = 7.6,
) -> None:
    """Show pictures side by side, each under its title.

    Args:
        pictures: titles, and (H, W, 3) uint8 images or (H, W) maps. A map of
            integers is painted with the palette, others in shades.
        alt: what is seen.
        classes: names for a legend.
        palette: the colours of the classes.
        columns: how many pictures in a row.
        cell: side in pixels of a grid to lay over the pictures.
        mark_middle: draw a small frame around the middle of each picture.
        width: of the figure, in inches.
    """
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    H, W = next(iter(pictures.values())).shape[:2]
    height = rows * (width / columns * H / W + 0.3)
    height += 0.3 if classes else 0
    figure = Figure((width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    void = False
    for ax in axes[len(pictures) :]:
        ax.axis("off")
    for ax, (title, picture) in zip(axes, pictures.items(), strict=False):
        _frame(ax)
        if picture.ndim == 2 and picture.dtype.kind in "iu":
            void |= bool((picture == VOID).any())
            picture = colorize(picture, palette)
        ax.imshow(picture, interpolation="nearest")
        ax.set_title(title, fontsize=9, color=INK)
        if cell:
            _grid(ax, *picture.shape[:2], cell)
        if mark_middle:
            _mark(ax, *picture.shape[:2])
    if classes:
        _legend(figure, classes, palette, void)
    show(figure, alt)


def overlay(image: NDArray, labels: NDArray, palette: Palette) -> NDArray:
    """Lay the colours of the classes over an image, half and half.

    Args:
        image: (H, W, 3) uint8.
        labels: (H, W) class ids, 255 for void.
        palette: the colours.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> gray = np.full((1, 1, 3), 100, dtype=np.uint8)
        >>> overlay(gray, np.array([[0]]), ((200, 0, 50),)).tolist()
        [[[150, 50, 75]]]
    """
    mixed = image.astype(np.uint16) + colorize(labels, palette)
    return (mixed // 2).astype(np.uint8)


def heat(image: NDArray, maps: dict[str, NDArray], alt: str) -> None:
    """Show where a map is high, over a photograph.

    Args:
        image: (H, W, 3) uint8.
        maps: titles, and (h, w) values of any grid that covers the image.
        alt: what is seen.
    """
    H, W = image.shape[:2]
    count = 1 + len(maps)
    figure = Figure((7.6, 7.6 / count * H / W + 0.3), layout="constrained")
    axes = figure.subplots(1, count)
    gray = image.mean(-1)
    for ax, title in zip(axes, ["photograph", *maps], strict=True):
        _frame(ax)
        ax.set_title(title, fontsize=9, color=INK)
        if title in maps:
            ax.imshow(gray, cmap="gray")
            box = (-0.5, W - 0.5, H - 0.5, -0.5)
            values = np.asarray(maps[title])
            ax.imshow(values, cmap="inferno", alpha=0.65, extent=box)
        else:
            ax.imshow(image)
    show(figure, alt)


def matrix(counts: Tensor, classes: Sequence[str], alt: str) -> None:
    """Show a confusion matrix, each row in percent of the true class.

    The row of a class that is never true shows "–".

    Args:
        counts: (K, K); row true, column predicted.
        classes: the K names.
        alt: what is seen.
    """
    counts = counts.double().numpy()
    true = counts.sum(1, keepdims=True)
    percent = 100 * counts / np.maximum(true, 1)
    K = len(classes)
    figure = Figure((1.4 + 0.6 * K, 0.9 + 0.42 * K), layout="constrained")
    ax = figure.subplots()
    ax.imshow(percent, cmap="Blues", vmin=0, vmax=100, aspect="auto")
    ax.set_xticks(range(K), classes, rotation=35, ha="right", fontsize=9)
    ax.set_yticks(range(K), classes, fontsize=9)
    ax.set(xlabel="predicted", ylabel="true")
    for row, column in np.ndindex(K, K):
        value = percent[row, column]
        color = "white" if value > 55 else INK
        text = f"{value:.0f}" if value >= 0.5 else "·"
        text = text if true[row] else "–"
        ax.text(column, row, text, ha="center", va="center", color=color)
    show(figure, alt)


def bars(
    groups: dict[str, Sequence[float]],
    names: Sequence[str],
    alt: str,
    ylabel: str = "IoU",
) -> None:
    """Compare scores class by class.

    Args:
        groups: a title, and one value from 0 to 1 for each name; nan shows
            as "–", without a bar.
        names: what stands under the bars.
        alt: what is seen.
        ylabel: the name of the score.
    """
    figure = Figure((7.6, 2.8), layout="constrained")
    ax = figure.subplots()
    width = 0.8 / len(groups)
    for i, (title, values) in enumerate(groups.items()):
        x = np.arange(len(names)) + (i - (len(groups) - 1) / 2) * width
        values = np.asarray(values, dtype=float)
        heights = np.nan_to_num(values)
        hatch = ("", "///", "...", "xxx")[i]
        drawn = ax.bar(
            x, heights, width * 0.92, label=title, color=COLORS[i],
            hatch=hatch, edgecolor="white",
        )  # fmt: skip
        labels = [
            "–" if np.isnan(v) else f"{v:.2f}".lstrip("0") for v in values
        ]
        ax.bar_label(drawn, labels, fontsize=7, color=INK)
    ax.set_xticks(range(len(names)), names, fontsize=9)
    ax.set(ylim=(0, 1.08), ylabel=ylabel)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9, ncols=len(groups), loc="upper right")
    show(figure, alt)


def curve(losses: Sequence[float], alt: str) -> None:
    """Show how the loss fell, with a mean over ten steps.

    Args:
        losses: one value for each step.
        alt: what is seen.
    """
    figure = Figure((7.6, 2.4), layout="constrained")
    ax = figure.subplots()
    ax.plot(losses, color=SOFT, linewidth=0.8, label="each step")
    mean = np.convolve(losses, np.ones(10) / 10, mode="valid")
    steps = np.arange(len(mean)) + 9
    ax.plot(steps, mean, color=COLORS[0], label="mean of ten steps")
    ax.set(xlabel="step", ylabel="loss", ylim=(0, None))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9)
    show(figure, alt)


def stride_curve(
    strides: Sequence[int], lines: dict[str, Sequence[float]], alt: str
) -> None:
    """Show how a score falls as the stride grows, one line for each way.

    Args:
        strides: powers of two.
        lines: a title, and one value from 0 to 1 for each stride.
        alt: what is seen.
    """
    figure = Figure((7.6, 3.2), layout="constrained")
    ax = figure.subplots()
    for i, (title, values) in enumerate(lines.items()):
        ax.plot(
            strides, values, STYLES[i], color=COLORS[i], marker="os^D"[i],
            label=title,
        )  # fmt: skip
    ax.set_xscale("log", base=2)
    ax.set_xticks(strides, map(str, strides), fontsize=9)
    ax.set(xlabel="stride", ylabel="mean IoU", ylim=(0, 1.02))
    ax.grid(axis="y", color="#e4e4ea", linewidth=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9, loc="lower left")
    show(figure, alt)


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


def _frame(ax: Axes) -> None:
    """No scale, and a thin line around: void is as white as the paper."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(color=SOFT, linewidth=0.5)


def _grid(ax: Axes, height: int, width: int, cell: int) -> None:
    """Lay lines every ``cell`` pixels over a picture."""
    line = {"color": "white", "linewidth": 0.6}
    for y in range(cell, height, cell):
        ax.axhline(y - 0.5, **line)
    for x in range(cell, width, cell):
        ax.axvline(x - 0.5, **line)


def _mark(ax: Axes, height: int, width: int) -> None:
    """Frame the pixel in the middle, or a twentieth of the picture."""
    side = max(1, height // 20)
    corner = (width / 2 - 0.5 - side / 2, height / 2 - 0.5 - side / 2)
    ax.add_patch(
        Rectangle(corner, side, side, fill=False, color="white", lw=1.2)
    )


def _numbers(ax: Axes, values: NDArray) -> None:
    """Fill a grid of cells with numbers, and with blue by their size."""
    _frame(ax)
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


def _legend(
    figure: Figure, classes: Sequence[str], palette: Palette, void: bool
) -> None:
    """One row of swatches below the pictures."""
    patches = [
        Patch(facecolor=np.array(c) / 255, edgecolor=SOFT, label=name)
        for name, c in zip(classes, palette, strict=True)
    ]
    if void:
        color = np.array(VOID_COLOR) / 255
        patches.append(Patch(facecolor=color, edgecolor=SOFT, label="void"))
    figure.legend(
        handles=patches, loc="outside lower center", ncols=len(patches),
        frameon=False, fontsize=8, handlelength=1, columnspacing=1.2,
    )  # fmt: skip

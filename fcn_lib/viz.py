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

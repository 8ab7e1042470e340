"""Pictures, label maps and heat maps, side by side."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from fcn_lib.pixels import VOID, VOID_COLOR, Palette, colorize
from fcn_lib.viz.figures import INK, SOFT, frame, legend, show


def panels(
    pictures: dict[str, NDArray],
    alt: str,
    classes: Sequence[str] = (),
    palette: Palette = (),
    columns: int | Sequence[int] = 3,
    cell: int = 0,
    mark_middle: bool = False,
    width: float = 7.6,
    exact: bool = False,
) -> None:
    """Show pictures side by side, each under its title.

    Args:
        pictures: titles, and (H, W, 3) uint8 images or (H, W) maps. A map of
            integers is painted with the palette, others in shades.
        alt: what is seen.
        classes: names for a legend.
        palette: the colours of the classes.
        columns: how many pictures in a row; or how many in each row, for rows
            of different length.
        cell: side in pixels of a grid to lay over the pictures.
        mark_middle: draw a small frame around the middle of each picture.
        width: of the figure, in inches.
        exact: keep every colour, for pictures of which details matter.
    """
    counts = _rows(len(pictures), columns)
    ratio = max(len(p) / p.shape[1] for p in pictures.values())
    height = len(counts) * (width / max(counts) * ratio + 0.3)
    figure = Figure((width, height), layout="constrained")
    void = False
    for ax, (title, picture) in zip(
        _axes(figure, counts), pictures.items(), strict=True
    ):
        frame(ax)
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
        rows = _legend(figure, classes, palette, void)
        figure.set_figheight(height + 0.1 + 0.2 * rows)
    show(figure, alt, exact)


def overlay(image: NDArray, labels: NDArray, palette: Palette) -> NDArray:
    """Lay the colours of the classes over an image, half and half.

    Void is white, as in a label map, and hides the image.

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
    mixed[labels == VOID] = 2 * np.array(VOID_COLOR)
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
        frame(ax)
        ax.set_title(title, fontsize=9, color=INK)
        if title in maps:
            ax.imshow(gray, cmap="gray")
            box = (-0.5, W - 0.5, H - 0.5, -0.5)
            values = np.asarray(maps[title])
            ax.imshow(values, cmap="inferno", alpha=0.65, extent=box)
        else:
            ax.imshow(image)
    show(figure, alt)


def _rows(count: int, columns: int | Sequence[int]) -> Sequence[int]:
    """How many pictures stand in each row."""
    if not isinstance(columns, int):
        return columns
    return [min(columns, count - first) for first in range(0, count, columns)]


def _axes(figure: Figure, counts: Sequence[int]) -> list[Axes]:
    """One place for each picture, all of one size; short rows are centred."""
    most = max(counts)
    grid = figure.add_gridspec(len(counts), 2 * most)
    return [
        figure.add_subplot(grid[row, left : left + 2], anchor="N")
        for row, count in enumerate(counts)
        for left in range(most - count, most + count, 2)
    ]


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
) -> int:
    """Swatches below the pictures; how many rows they took."""
    colors = dict(zip(classes, palette, strict=True))
    if void:
        colors["void"] = VOID_COLOR
    patches = [
        Patch(facecolor=np.array(color) / 255, edgecolor=SOFT, label=name)
        for name, color in colors.items()
    ]
    return legend(figure, patches, "lower center")

"""The details: a part of a photograph, enlarged."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from fcn_lib.viz.figures import COLORS, INK, frame, show

WIDTH, GAP, TITLE = 760, 12, 22  # pixels of the figure


def closeups(
    photo: NDArray,
    box: tuple[int, int, int, int],
    pictures: dict[str, NDArray],
    alt: str,
    columns: int = 3,
) -> None:
    """Show where a part lies in a photograph, and that part of pictures.

    Each pixel of a part becomes a square of whole pixels on the page.

    Args:
        photo: (H, W, 3) uint8.
        box: first row, first column, height and width of the part.
        pictures: titles, and (H, W, 3) uint8 pictures, or smaller ones of the
            same view, such as (H/2, W/2, 3).
        alt: what is seen.
        columns: how many pictures in a row, the photograph among them.

    Raises:
        ValueError: if so many of such parts do not fit beside each other.
    """
    row, column, height, width = box
    room = (WIDTH - (columns - 1) * GAP) // columns
    if width > room:
        raise ValueError(
            f"a part {width} pixels wide, with room for {room}: take a "
            "narrower one, or fewer columns"
        )
    zoom = room // width
    W, H = zoom * width, zoom * height
    rows = -(-(1 + len(pictures)) // columns)
    down = rows * (H + TITLE + GAP)
    figure = Figure((WIDTH / 100, down / 100))
    left = (WIDTH - columns * W - (columns - 1) * GAP) // 2
    for i, title in enumerate(["photograph", *pictures]):
        x = left + i % columns * (W + GAP)
        y = down - (i // columns + 1) * (H + TITLE + GAP) + GAP / 2
        ax = figure.add_axes((x / WIDTH, y / down, W / WIDTH, H / down))
        frame(ax)
        ax.set_title(title, fontsize=9, color=INK, pad=4)
        if i == 0:
            ax.imshow(photo)
            ax.set_anchor("N")  # a flat one hangs from the line of titles
            corner = column - 0.5, row - 0.5
            for color, lw in ("white", 3), (COLORS[1], 1.6):
                ax.add_patch(
                    Rectangle(corner, width, height, fill=False, color=color,
                              lw=lw)
                )  # fmt: skip
        else:
            ax.imshow(_part(pictures[title], photo, box), aspect="auto",
                      interpolation="nearest")  # fmt: skip
    show(figure, alt, exact=True)


def _part(
    picture: NDArray, photo: NDArray, box: tuple[int, int, int, int]
) -> NDArray:
    """The box of the photograph, cut from a picture of any scale."""
    times = photo.shape[0] / picture.shape[0]
    row, column, height, width = (round(side / times) for side in box)
    return picture[row : row + height, column : column + width]

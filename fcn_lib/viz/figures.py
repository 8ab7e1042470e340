"""What all figures share: their colours, and how they are displayed."""

import io
from base64 import b64encode
from collections.abc import Sequence

import numpy as np
from IPython.display import display
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

INK, SOFT = "#2b2b33", "#8a8a94"
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito (2008)
STYLES = ("-", "--", ":", "-.")


def show(figure: Figure, alt: str, exact: bool = False) -> None:
    """Display a figure with its alt text.

    Args:
        figure: any matplotlib figure.
        alt: one or two sentences that say what is seen.
        exact: keep every colour, for pictures of which details matter.

    Raises:
        ValueError: if ``alt`` is empty.
    """
    if not alt.strip():
        raise ValueError("alt is empty: say what is seen in the figure")
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=100, facecolor="white")
    picture = Image.open(buffer).convert("RGB")
    if not exact:
        picture = _few_colors(picture)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    data = {
        "image/png": b64encode(buffer.getvalue()).decode(),
        "text/plain": alt,
    }
    display(data, raw=True, metadata={"image/png": {"alt": alt}})


def _few_colors(picture: Image.Image) -> Image.Image:
    """Keep 256 colours, also rare ones: plenty, for a third of the bytes.

    Each of them is a colour of the picture, the most frequent one among those
    that it stands for: so the flat colours of classes stay what they are.
    """
    small = picture.quantize(256, Image.Quantize.MAXCOVERAGE)
    place = np.asarray(small)
    pixels = np.asarray(picture)
    palette = np.zeros((256, 3), dtype=np.uint8)
    for k in np.unique(place):
        colors, counts = np.unique(
            pixels[place == k], axis=0, return_counts=True
        )
        palette[k] = colors[counts.argmax()]
    small.putpalette(palette.ravel().tolist())
    return small


def legend(figure: Figure, handles: Sequence[Artist], place: str) -> int:
    """Name what is drawn, in as many rows as it takes to fit the figure.

    Args:
        figure: in constrained layout.
        handles: what is drawn; each has a label.
        place: such as "lower center", outside of the plots.

    Returns:
        How many rows it took.
    """
    for rows in range(1, len(handles) + 1):
        drawn = figure.legend(
            handles=handles, loc=f"outside {place}", fontsize=9,
            ncols=-(-len(handles) // rows), frameon=False, columnspacing=1.4,
            handlelength=1.2, handleheight=1,
        )  # fmt: skip
        fits = drawn.get_window_extent().width <= figure.bbox.width
        if fits or rows == len(handles):
            break
        drawn.remove()
    return rows


def frame(ax: Axes) -> None:
    """No scale, and a thin line around: void is as white as the paper."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(color=SOFT, linewidth=0.5)

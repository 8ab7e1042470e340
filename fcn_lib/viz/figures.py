"""What all figures share: their colours, and how they are displayed."""

import io
from base64 import b64encode

from IPython.display import display
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
    # 256 colours, also rare ones, are plenty for a third of the bytes
    picture = Image.open(buffer).convert("RGB")
    if not exact:
        picture = picture.quantize(256, Image.Quantize.MAXCOVERAGE)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    data = {
        "image/png": b64encode(buffer.getvalue()).decode(),
        "text/plain": alt,
    }
    display(data, raw=True, metadata={"image/png": {"alt": alt}})


def frame(ax: Axes) -> None:
    """No scale, and a thin line around: void is as white as the paper."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(color=SOFT, linewidth=0.5)

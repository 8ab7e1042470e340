"""Words in frames, and arrows from one frame to the next."""

from matplotlib.axes import Axes
from matplotlib.text import Text

from fcn_lib.viz.figures import INK, SOFT


def box(ax: Axes, x: float, y: float, text: str, fill: str, rim: str) -> Text:
    """Draw words in a rounded frame around the point (x, y).

    Args:
        ax: the axes to draw in; x and y are in its units.
        x: the middle of the frame.
        y: the middle of the frame.
        text: the words.
        fill: the colour of the frame's inside.
        rim: the colour of its line.
    """
    frame = {"boxstyle": "round,pad=0.35", "fc": fill, "ec": rim, "lw": 1.2}
    return ax.text(
        x, y, text, ha="center", va="center", fontsize=8.5, color=INK,
        bbox=frame, zorder=3,
    )  # fmt: skip


def arrow(ax: Axes, start: Text, end: Text) -> None:
    """Lead from the rim of one frame to the rim of another."""
    ax.annotate(
        "", end.get_position(), start.get_position(), zorder=2,
        arrowprops={
            "arrowstyle": "-|>", "color": SOFT, "lw": 1.3,
            "mutation_scale": 10, "shrinkA": 0, "shrinkB": 1,
            "patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch(),
        },
    )  # fmt: skip

"""A map of papers: when they came, and what they built on."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import Text

from fcn_lib.viz.boxes import arrow, box
from fcn_lib.viz.figures import COLORS, INK, show

BANDS = ("#eaf3f9", "#fbeee4", "#e6f4ef", "#f8eef4")  # COLORS, made pale


def lineage(
    lanes: dict[str, dict[str, tuple[float, int]]],
    links: Sequence[tuple[str, str]],
    alt: str,
) -> None:
    """Draw papers along the years, with arrows to what built on them.

    Args:
        lanes: up to four titles, and of each paper in them the year (with a
            fraction) and the row within the lane, from 0.
        links: pairs of an earlier and a later paper.
        alt: what is seen.

    Raises:
        ValueError: if a link names a paper that is in no lane, does not lead
            to a later one, or runs behind a third paper.
    """
    years = {
        name: year
        for lane in lanes.values()
        for name, (year, _) in lane.items()
    }
    _check(links, years)
    rows = sum(_height(lane) for lane in lanes.values())
    figure = Figure((7.6, 0.4 * rows + 0.5), layout="constrained")
    ax = figure.subplots()
    first, last = min(years.values()), max(years.values())
    ax.set(xlim=(first - 0.6, last + 0.6), ylim=(rows, 0))
    ax.set_xticks(range(int(first) + 1, int(last) + 1))
    boxes = _lanes(ax, lanes)
    ax.tick_params(labelsize=9, length=0)
    ax.spines[:].set_visible(False)
    figure.draw_without_rendering()  # only now it is known how wide boxes are
    for earlier, later in links:
        arrow(ax, boxes[earlier], boxes[later])
        if hidden := _behind(ax, boxes, earlier, later):
            raise ValueError(
                f"{hidden!r} hides the arrow from {earlier!r} to {later!r}: "
                "give it another row"
            )
    show(figure, alt)


def _height(lane: dict[str, tuple[float, int]]) -> int:
    return max(row for _, row in lane.values()) + 1


def _lanes(
    ax: Axes, lanes: dict[str, dict[str, tuple[float, int]]]
) -> dict[str, Text]:
    """Draw pale bands with their titles and papers; return the papers."""
    boxes, middles, top = {}, [], 0
    for i, lane in enumerate(lanes.values()):
        end = top + _height(lane)
        ax.axhspan(top + 0.03, end - 0.03, color=BANDS[i], zorder=0)
        for name, (year, row) in lane.items():
            boxes[name] = box(
                ax, year, top + row + 0.5, name, "white", COLORS[i]
            )
        middles.append((top + end) / 2)
        top = end
    ax.set_yticks(middles, lanes, color=INK)
    return boxes


def _check(links: Sequence[tuple[str, str]], years: dict[str, float]) -> None:
    for earlier, later in links:
        for name in earlier, later:
            if name not in years:
                raise ValueError(f"{name!r} is in no lane: add it to one")
        if years[earlier] >= years[later]:
            raise ValueError(f"{later!r} did not come after {earlier!r}")


def _behind(ax: Axes, boxes: dict[str, Text], earlier: str, later: str) -> str:
    """Name a paper that the line between two others runs behind, if any."""
    ends = [boxes[name].get_position() for name in (earlier, later)]
    line = Path(ax.transData.transform(ends))
    for name in boxes.keys() - {earlier, later}:
        box = boxes[name].get_bbox_patch().get_window_extent()
        if line.intersects_bbox(box, filled=False):
            return name
    return ""

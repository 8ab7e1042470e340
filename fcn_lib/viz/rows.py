"""The same rows in several plots, side by side."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from fcn_lib.viz.figures import COLORS, INK, show


def beside(
    plots: dict[str, dict[str, Sequence[float]]],
    alt: str,
    xlabel: str = "mean IoU",
) -> None:
    """Show the runs of several experiments: a dot each, and their mean.

    Each plot has an axis of its own, from 0 on: the lengths of one plot are
    to be compared, not those of two.

    Args:
        plots: a title, and rows of the same names everywhere, each with one
            value from 0 to 1 for each run.
        alt: what is seen.
        xlabel: what the values are.
    """
    names = list(next(iter(plots.values())))
    figure = Figure((7.6, 0.42 * len(names) + 1.0), layout="constrained")
    axes = figure.subplots(1, len(plots), sharey=True, squeeze=False)[0]
    y = np.arange(len(names))
    for i, (ax, (title, rows)) in enumerate(
        zip(axes, plots.items(), strict=True)
    ):
        means = [np.mean(rows[name]) for name in names]
        ax.barh(y, means, 0.62, color=COLORS[i], alpha=0.35)
        for row, name in enumerate(names):
            values = rows[name]
            if len(values) > 1:
                at = row + np.linspace(-0.15, 0.15, len(values))
                ax.plot(values, at, "o", color=COLORS[i], markersize=4)
            ax.annotate(
                f"{means[row]:.3f}".lstrip("0"), (max(values), row), (7, 0),
                textcoords="offset points", va="center", fontsize=9,
                color=INK,
            )  # fmt: skip
        ax.set_title(title, fontsize=9, color=INK)
        ax.set(xlabel=xlabel, xlim=(0, 1.25 * max(means)))
        ax.set_yticks(y, names, fontsize=9)
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
    show(figure, alt)

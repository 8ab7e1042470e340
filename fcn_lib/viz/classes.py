"""Scores class by class: a table of confusions, and bars."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from fcn_lib.viz.figures import COLORS, INK, legend, show

HATCHES = "", "///", "...", "xxx"
CROWDED = 20  # bars of one figure, from which on their numbers stand upright


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
            as "–", without a bar. Up to four titles.
        names: what stands under the bars.
        alt: what is seen.
        ylabel: the name of the score.
    """
    crowded = len(groups) * len(names) > CROWDED
    figure = Figure((7.6, 3.2 if crowded else 2.8), layout="constrained")
    ax = figure.subplots()
    width = 0.8 / len(groups)
    for i, (title, values) in enumerate(groups.items()):
        x = np.arange(len(names)) + (i - (len(groups) - 1) / 2) * width
        values = np.asarray(values, dtype=float)
        drawn = ax.bar(
            x, np.nan_to_num(values), width * 0.92, label=title,
            color=COLORS[i], hatch=HATCHES[i], edgecolor="white",
        )  # fmt: skip
        labels = [
            "–" if np.isnan(v) else f"{v:.2f}".lstrip("0") for v in values
        ]
        ax.bar_label(
            drawn, labels, fontsize=8, color=INK, padding=1.5,
            rotation=90 if crowded else 0,
        )  # fmt: skip
    ax.set_xticks(range(len(names)), names, fontsize=9, va="baseline")
    ax.tick_params(axis="x", length=0, pad=12)
    ax.margins(x=0.01)
    ax.set(ylim=(0, 1.15 if crowded else 1.08), ylabel=ylabel)
    ax.set_yticks(np.arange(0, 1.1, 0.2))
    ax.spines[["top", "right"]].set_visible(False)
    legend(figure, ax.containers, "upper right")
    show(figure, alt)

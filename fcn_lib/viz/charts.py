"""Scores, losses and times, as dots and lines."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from fcn_lib.viz.figures import COLORS, INK, SOFT, STYLES, show


def curve(losses: Sequence[float], alt: str) -> None:
    """Show how the loss fell, with a mean over ten steps.

    Args:
        losses: one value for each step.
        alt: what is seen.
    """
    figure = Figure((7.6, 2.4), layout="constrained")
    ax = figure.subplots()
    ax.plot(losses, color=SOFT, linewidth=0.8, label="each step")
    if len(losses) >= 10:
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


def each_run(
    rows: dict[str, Sequence[float]],
    alt: str,
    label: str = "mean IoU",
    digits: int = 3,
    from_zero: bool = False,
) -> None:
    """Show what several runs gave: a dot for each, and a bar for their mean.

    Args:
        rows: a title, and one value for each run.
        alt: what is seen.
        label: what is measured, and its unit.
        digits: of the mean, behind the point.
        from_zero: for gains, which may be negative: a line at zero, and a
            digit before the point.
    """
    figure = Figure((7.6, 0.42 * len(rows) + 0.7), layout="constrained")
    ax = figure.subplots()
    for y, values in enumerate(rows.values()):
        mean = np.mean(values)
        text = f"{mean:.{digits}f}"
        ax.plot([mean, mean], [y - 0.3, y + 0.3], color=INK, linewidth=2)
        ax.plot(values, [y] * len(values), "o", color=COLORS[0], alpha=0.7)
        ax.annotate(
            text if from_zero else text.lstrip("0"), (max(values), y), (12, 0),
            textcoords="offset points", va="center", fontsize=9, color=INK,
        )  # fmt: skip
    if from_zero:
        ax.axvline(0, color=SOFT, linewidth=1)
    ax.set_yticks(range(len(rows)), rows, fontsize=9)
    ax.set(xlabel=f"{label}: each run, and their mean")
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.margins(x=0.1)
    ax.grid(axis="y", color="#e4e4ea", linewidth=0.6)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    show(figure, alt)


def growth(
    plots: dict[str, tuple[Sequence[float], dict[str, Sequence[float]]]],
    alt: str,
) -> None:
    """Show how times grow, one plot beside the other.

    Args:
        plots: what grows, and its values with one line of times for each
            title.
        alt: what is seen.
    """
    figure = Figure((7.6, 2.8), layout="constrained")
    axes = figure.subplots(1, len(plots), squeeze=False)[0]
    for ax, (name, (x, lines)) in zip(axes, plots.items(), strict=True):
        for i, (title, times) in enumerate(lines.items()):
            ax.plot(
                x, times, STYLES[i], color=COLORS[i], marker="os^D"[i],
                label=title,
            )  # fmt: skip
        ax.set(xlabel=name, ylabel="time of a step", ylim=(0, None))
        ax.set_xlim(0, None)
        ax.grid(axis="y", color="#e4e4ea", linewidth=0.6)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(frameon=False, fontsize=9)
    show(figure, alt)

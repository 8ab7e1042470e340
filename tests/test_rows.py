"""Rows in several plots: each says its numbers, and keeps to its scale."""

import numpy as np
import pytest

from fcn_lib import viz

PLOTS = {
    "theirs": {"low": [0.45], "high": [0.6]},
    "ours": {"low": [0.3, 0.31, 0.35], "high": [0.5, 0.52, 0.54]},
}


@pytest.fixture
def axes(monkeypatch):
    seen = []
    monkeypatch.setattr(
        viz.rows, "show", lambda figure, alt: seen.append((figure, alt))
    )
    viz.beside(PLOTS, "What is seen.")
    ((figure, alt),) = seen
    assert alt == "What is seen."
    return figure.axes


def test_each_plot_has_its_title_and_its_means(axes):
    assert [ax.get_title() for ax in axes] == list(PLOTS)
    for ax, rows in zip(axes, PLOTS.values(), strict=True):
        means = [float(np.mean(values)) for values in rows.values()]
        assert [bar.get_width() for bar in ax.patches] == pytest.approx(means)
        told = [float(text.get_text()) for text in ax.texts]
        assert told == pytest.approx(means, abs=5e-4)
        low, high = ax.get_xlim()
        assert low == 0 and high > max(map(max, rows.values()))


def test_single_runs_have_no_dots_and_seeds_have_one_each(axes):
    theirs, ours = axes
    assert not theirs.lines
    dots = [line.get_xdata().tolist() for line in ours.lines]
    assert dots == [list(values) for values in PLOTS["ours"].values()]


def test_the_first_row_is_on_top(axes):
    for ax in axes:
        bottom, top = ax.get_ylim()
        assert bottom > top
    names = [text.get_text() for text in axes[0].get_yticklabels()]
    assert names == ["low", "high"]


def test_a_figure_without_words_is_refused():
    with pytest.raises(ValueError, match="alt is empty"):
        viz.beside(PLOTS, " ")

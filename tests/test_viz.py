"""Figures: each is one picture of the expected size, and has its words."""

import io
from base64 import b64decode

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.legend import Legend
from PIL import Image

from fcn_lib import scenes, viz
from fcn_lib.scenes import scene

ALT = "What is seen."
CLASSES = ("road", "car", "tree")
PALETTE = ((0, 0, 0), (200, 0, 0), (0, 90, 0))
PHOTO = np.full((40, 80, 3), 90, np.uint8)
LABELS = np.zeros((40, 80), np.uint8)


@pytest.fixture
def displayed(monkeypatch):
    """Collect what would be displayed: (data, metadata)."""
    seen = []
    monkeypatch.setattr(
        viz.figures,
        "display",
        lambda data, raw, metadata: seen.append((data, metadata)),
    )
    return seen


@pytest.fixture
def figures(monkeypatch):
    """Collect the figures instead of showing them."""
    seen = []
    for module in (
        viz.cells, viz.charts, viz.classes, viz.details, viz.nets,
        viz.papers, viz.pictures,
    ):  # fmt: skip
        monkeypatch.setattr(
            module,
            "show",
            lambda figure, alt, exact=False: seen.append(figure),
        )
    return seen


def decoded(data):
    """The picture that would be displayed."""
    return Image.open(io.BytesIO(b64decode(data["image/png"])))


def texts(ax):
    """All that is written inside the axes."""
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize(
    "draw, size",
    [
        # two of 3.8 inches, half as high, and 0.3 for titles
        (lambda: viz.panels({"a": PHOTO, "b": LABELS}, ALT, (), PALETTE),
         (760, 220)),
        # three rows of one, and 0.3 for a legend of one row
        (lambda: viz.panels({"a": PHOTO, "b": PHOTO, "c": LABELS / 2}, ALT,
                            CLASSES, PALETTE, columns=1, cell=8,
                            mark_middle=True, width=4),
         (400, 720)),
        (lambda: viz.heat(PHOTO, {"road": np.eye(5, 10)}, ALT), (760, 220)),
        (lambda: viz.matrix(torch.eye(3).long(), CLASSES, ALT), (320, 216)),
        (lambda: viz.bars({"a": [0.1, 0.2, 1]}, CLASSES, ALT), (760, 280)),
        (lambda: viz.curve([3.0, 2.0] * 10, ALT), (760, 240)),
        # two rows of 0.42 inches, and 0.7 for the axis
        (lambda: viz.each_run({"a": [0.5], "b": [0.6, 0.7]}, ALT), (760, 154)),
        # twice three cells of 240 pixels, and 34 for title and gap
        (lambda: viz.closeups(PHOTO, (3, 5, 20, 20),
                              dict.fromkeys("abcd", PHOTO), ALT), (760, 548)),
        (lambda: viz.growth({"area": ([1, 2], {"a": [1.0, 2.0]})}, ALT),
         (760, 280)),
        # three rows of 0.4 inches, and 0.5 for the years
        (lambda: viz.lineage({"a": {"x": (2014.5, 0), "y": (2015.0, 1)},
                              "b": {"z": (2016.2, 0)}}, [("x", "z")], ALT),
         (760, 170)),
        # 0.9 inches for the strides and 2.2 a net; four rows of 0.62, and
        # 0.7 for titles
        (lambda: viz.fusions({"a": (32,), "b": (32, 8)}, (64, 96), ALT),
         (530, 318)),
    ],
)  # fmt: skip
def test_one_picture_is_displayed_with_its_words(displayed, draw, size):
    draw()
    ((data, metadata),) = displayed
    picture = decoded(data)
    picture.load()
    assert picture.format == "PNG" and picture.size == size
    assert len(picture.convert("RGB").getcolors()) > 2  # something is drawn
    assert data["text/plain"] == ALT
    assert metadata == {"image/png": {"alt": ALT}}


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_words_is_refused(displayed, alt):
    with pytest.raises(ValueError, match="say what is seen"):
        viz.curve([1.0] * 10, alt)
    assert displayed == []


def test_the_legend_names_the_classes_and_void_where_it_occurs(figures):
    with_void = LABELS.copy()
    with_void[3, 5] = 255
    for labels, names in (LABELS, CLASSES), (with_void, (*CLASSES, "void")):
        viz.panels({"a": PHOTO, "b": labels}, ALT, CLASSES, PALETTE)
        (legend,) = figures[-1].legends
        assert [t.get_text() for t in legend.get_texts()] == list(names)


def test_a_long_legend_takes_more_rows_and_lets_the_figure_grow(figures):
    names = [f"pedestrian {k}" for k in range(12)]
    for count in 3, 12:
        viz.panels({"a": PHOTO}, ALT, names[:count], PALETTE * (count // 3))
    short, long = figures
    for figure in figures:
        FigureCanvasAgg(figure).draw()
        box = figure.legends[0].get_window_extent()
        assert figure.bbox.count_contains(box.corners()) == 4
        assert box.count_overlaps([figure.axes[0].get_tightbbox()]) == 0
    assert len(long.legends[0].get_texts()) == 12
    assert long.get_figheight() > short.get_figheight()


def test_a_legend_too_wide_for_any_figure_is_shown_all_the_same(figures):
    names = ["a wide name " * 30, "car", "road"]
    viz.panels({"a": PHOTO}, ALT, names, PALETTE)
    (legend,) = figures[0].legends
    assert [t.get_text() for t in legend.get_texts()] == names


def test_rows_may_differ_in_length_and_short_ones_are_centred(figures):
    viz.panels(dict.fromkeys("abcde", PHOTO), ALT, columns=(2, 3))
    viz.panels(dict.fromkeys("abcde", PHOTO), ALT, columns=3)
    for figure, rows in zip(figures, ((2, 3), (3, 2)), strict=True):
        FigureCanvasAgg(figure).draw()
        boxes = [ax.get_position() for ax in figure.axes]
        assert {round(box.width, 3) for box in boxes} == {
            round(boxes[0].width, 3)
        }
        for row in boxes[: rows[0]], boxes[rows[0] :]:
            assert {round(box.y0, 3) for box in row} == {round(row[0].y0, 3)}
            assert row[0].x0 + row[-1].x1 == pytest.approx(1, abs=0.01)


def test_pictures_of_different_height_hang_from_one_line(figures):
    viz.panels({"a": PHOTO, "b": np.zeros((60, 40, 3), np.uint8)}, ALT)
    FigureCanvasAgg(figures[0]).draw()
    wide, high = (ax.get_window_extent() for ax in figures[0].axes)
    assert wide.y1 == pytest.approx(high.y1, abs=1)
    assert wide.y0 > high.y0 + 50
    assert high.height / high.width == pytest.approx(1.5, rel=0.02)


def test_flat_colors_survive_in_the_picture(displayed):
    image, labels = scene(198)
    both = viz.overlay(image, labels, scenes.PALETTE)
    for exact in True, False:
        viz.panels(
            {"a": image, "b": labels, "c": both}, ALT, scenes.CLASSES,
            scenes.PALETTE, exact=exact,
        )  # fmt: skip
    every, few = (
        np.asarray(decoded(data).convert("RGB")) for data, _ in displayed
    )
    assert len(np.unique(every.reshape(-1, 3), axis=0)) > 1000
    assert len(np.unique(few.reshape(-1, 3), axis=0)) <= 256
    assert np.abs(every.astype(int) - few).max() <= 40  # nothing is lost
    for color in scenes.PALETTE:
        flat = (every == color).all(axis=2)
        assert flat.sum() > 50  # a swatch, if nothing else
        assert (few[flat] == color).all()


def test_a_score_that_is_no_number_has_no_bar(figures):
    scores = torch.tensor([0.25, torch.nan, 0.0])
    viz.bars({"a": scores, "b": [1, 0.5, 0.999]}, CLASSES, ALT)
    (ax,) = figures[0].axes
    assert texts(ax) == [".25", "–", ".00", "1.00", ".50", "1.00"]
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == [0.25, 0, 0, 1, 0.5, 0.999]


NAMES = (
    "sky building pole road pavement tree sign fence car pedestrian cyclist"
)


@pytest.mark.parametrize("classes", [8, 11])
@pytest.mark.parametrize("groups", [1, 2, 3, 4])
def test_bars_numbers_names_and_legend_stand_apart(figures, groups, classes):
    titles = [f"net {i}, with no skip at all" for i in range(groups)]
    tall = dict.fromkeys(titles, [1.0, 0.99] * 5 + [1.0])
    shown = {title: values[:classes] for title, values in tall.items()}
    viz.bars(shown, NAMES.split()[-classes:], ALT)
    (figure,) = figures
    FigureCanvasAgg(figure).draw()
    (legend,) = (e.get_window_extent() for e in figure.findobj(Legend))
    (ax,) = figure.axes
    bars, numbers, names = (
        [e.get_window_extent() for e in artists]
        for artists in (ax.patches, ax.texts, ax.get_xticklabels())
    )
    assert len(bars) == len(numbers) == groups * classes
    assert len(names) == classes
    assert legend.count_overlaps(bars + numbers) == 0
    assert figure.bbox.count_contains(legend.corners()) == 4
    for i, box in enumerate(numbers):
        assert box.count_overlaps(numbers[:i]) == 0
    for i, box in enumerate(names):
        assert box.padded(1.5).count_overlaps(names[:i] + bars) == 0
    assert {t.get_va() for t in ax.get_xticklabels()} == {"baseline"}


def test_rows_of_the_matrix_are_percent_of_the_true_class(figures):
    counts = torch.tensor([[3, 1, 0], [0, 0, 0], [1, 999, 0]])
    viz.matrix(counts, CLASSES, ALT)
    written = np.reshape(texts(figures[0].axes[0]), (3, 3)).tolist()
    # a car is never true: there is nothing to take percent of
    assert written == [["75", "25", "·"], ["–"] * 3, ["·", "100", "·"]]


def test_the_overlay_is_half_photograph_and_half_colour():
    labels = np.full((40, 80), 1, np.uint8)
    labels[3, 6] = 255
    mixed = viz.overlay(PHOTO, labels, PALETTE)
    assert mixed.shape == PHOTO.shape and mixed.dtype == np.uint8
    assert mixed[3, 5].tolist() == [145, 45, 45]
    assert mixed[3, 6].tolist() == [255, 255, 255]  # void, as in a label map


def test_each_run_is_a_dot_and_the_mean_is_said(figures):
    viz.each_run({"a": [0.5, 0.7], "b": [0.25]}, ALT)
    (ax,) = figures[0].axes
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in dots] == [[0.5, 0.7], [0.25]]
    assert texts(ax) == [".600", ".250"]
    assert ax.get_xlabel().startswith("mean IoU: ")
    assert ax.get_xlim()[0] > 0
    assert ax.yaxis_inverted()  # the first one on top


def test_gains_are_shown_from_zero_on(figures):
    rows = {"a": [0.5, 0.7], "b": [0.25]}
    viz.each_run(rows, ALT, label="gain", digits=1, from_zero=True)
    (ax,) = figures[0].axes
    assert texts(ax) == ["0.6", "0.2"]
    assert ax.get_xlabel().startswith("gain: ")
    assert ax.get_xlim()[0] < 0
    assert [0, 0] in [list(line.get_xdata()) for line in ax.lines]


def test_closeups_show_the_same_part_of_large_and_small(figures):
    photo = np.arange(40 * 80).reshape(40, 80, 1) % 251
    photo = photo.repeat(3, axis=2).astype(np.uint8)
    pictures = {"whole": photo, "half": photo[::2, ::2]}
    viz.closeups(photo, (8, 12, 20, 16), pictures, ALT)
    shown = [ax.images[0].get_array() for ax in figures[0].axes]
    assert (shown[0] == photo).all()
    assert (shown[1] == photo[8:28, 12:28]).all()
    assert (shown[2] == photo[8:28:2, 12:28:2]).all()
    frames = [patch.get_bbox().bounds for patch in figures[0].axes[0].patches]
    assert frames and set(frames) == {(11.5, 7.5, 16, 20)}


@pytest.mark.parametrize("shape", [(20, 80), (80, 20)])
def test_closeups_hang_the_photograph_from_the_line_of_titles(figures, shape):
    photo = np.zeros((*shape, 3), dtype=np.uint8)
    viz.closeups(photo, (0, 0, 20, 20), {"a": photo}, ALT)
    FigureCanvasAgg(figures[0]).draw()
    tops = [ax.get_window_extent().ymax for ax in figures[0].axes]
    assert tops[0] == pytest.approx(tops[1])


def test_closeups_that_do_not_fit_are_refused():
    photo = np.zeros((300, 300, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="250 pixels wide, with room for 2"):
        viz.closeups(photo, (0, 0, 20, 250), {"a": photo}, ALT)


@pytest.mark.parametrize("steps", [5, 9, 10, 30])
def test_a_mean_of_ten_losses_needs_ten(figures, steps):
    losses = np.random.default_rng(0).random(steps)
    viz.curve(losses, ALT)
    each, *means = figures[0].axes[0].lines
    assert (each.get_ydata() == losses).all()
    assert len(means) == (steps >= 10)
    for line in means:
        for step, value in zip(*line.get_data(), strict=True):
            assert value == pytest.approx(losses[step - 9 : step + 1].mean())


def test_closeups_keep_every_colour(displayed):
    number = np.arange(45 * 45).reshape(45, 45)
    colors = number % 256, number // 8, np.full((45, 45), 9)
    photo = np.stack(colors, axis=2).astype(np.uint8)
    viz.closeups(photo, (0, 0, 45, 45), {"a": photo}, ALT, columns=2)
    picture = decoded(displayed[0][0])
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    assert set(map(tuple, photo.reshape(-1, 3))) <= set(map(tuple, pixels))


@pytest.mark.parametrize(
    "link, words",
    [(("x", "q"), "'q' is in no lane"), (("y", "x"), "'x' did not come after"),
     (("x", "x"), "did not come after")],
)  # fmt: skip
def test_a_link_leads_to_a_later_paper(displayed, link, words):
    lanes = {"a": {"x": (2014.5, 0), "y": (2015.0, 1)}}
    with pytest.raises(ValueError, match=words):
        viz.lineage(lanes, [link], ALT)
    assert displayed == []


def test_no_arrow_runs_behind_a_third_paper(displayed):
    lanes = {"a": {"x": (2014, 0), "y": (2016, 0), "z": (2018, 0)}}
    with pytest.raises(ValueError, match="'y' hides the arrow from 'x' to"):
        viz.lineage(lanes, [("x", "z")], ALT)
    assert displayed == []
    lanes["a"]["y"] = 2016, 1
    viz.lineage(lanes, [("x", "z"), ("x", "y"), ("y", "z")], ALT)
    assert len(displayed) == 1


def test_papers_stand_at_their_dates(figures):
    lanes = {
        "a": {"x": (2014.5, 0), "y": (2015.0, 1)},
        "b": {"z": (2016.2, 0)},
    }
    viz.lineage(lanes, [("x", "y"), ("x", "z")], ALT)
    (ax,) = figures[0].axes
    places = {t.get_text(): t.get_position() for t in ax.texts}
    assert places.pop("")  # an arrow, which has no words
    assert places == {"x": (2014.5, 0.5), "y": (2015, 1.5), "z": (2016.2, 2.5)}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    arrows = [t for t in ax.texts if not t.get_text()]
    assert [(t.xyann, t.xy) for t in arrows] == [
        ((2014.5, 0.5), (2015, 1.5)),
        ((2014.5, 0.5), (2016.2, 2.5)),
    ]


def read_drawing(ax):
    """What a drawn net says: its arrows, from text to text, and its steps."""
    maps = {
        text.get_position(): text.get_text()
        for text in ax.texts
        if text.get_bbox_patch()
    }
    arrows = [
        (maps[t.xyann], maps[t.xy]) for t in ax.texts if not t.get_text()
    ]
    steps = [t.get_text() for t in ax.texts if t.get_text()[:1] == "×"]
    return arrows, steps


def test_nets_are_drawn_as_they_are_computed(figures):
    nets = {"FCN-32s": (32,), "FCN-4s": (32, 16, 8, 4)}
    viz.fusions(nets, (64, 96), ALT)
    one, four = figures[0].axes
    assert [ax.get_title() for ax in (one, four)] == list(nets)
    rows = "64 × 96", "16 × 24", "8 × 12", "4 × 6", "2 × 3"
    down = list(zip(rows, rows[1:], strict=False))
    up = [(rows[4], rows[4]), (rows[4], rows[0])]
    assert read_drawing(one) == (down + up, ["×32"])
    sums = rows[4], "+  4 × 6", "+  8 × 12", "+  16 × 24", rows[0]
    up = []
    for row, before, after in zip(rows[:0:-1], sums, sums[1:], strict=False):
        up += [(row, before), (before, after)]
    assert read_drawing(four) == (down + up, ["×2", "×2", "×2", "×4"])
    names = [label.get_text() for label in one.get_yticklabels()]
    assert names == ["pixels", *(f"stride {s}" for s in (4, 8, 16, 32))]


@pytest.mark.parametrize(
    "fused, size, words",
    [
        ((8, 16), (64, 96), "a: no whole steps"),
        ((32, 12), (192, 96), "no whole steps"),
        ((32, 1), (64, 96), "no whole steps"),
        ((), (64, 96), "no whole steps"),
        ((32, 16), (64, 100), "64x100 has no whole cells of stride 8"),
        ((64,), (64, 96), "no whole cells of stride 64: choose multiples"),
    ],
)
def test_only_nets_that_fit_are_drawn(displayed, fused, size, words):
    with pytest.raises(ValueError, match=words):
        viz.fusions({"a": fused}, size, ALT)
    assert displayed == []

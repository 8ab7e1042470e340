"""What all figures share: one script, small data, good values."""

import io
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import figures
from fcn_lib import widgets as w
from fcn_lib.fcn8s import FCN8s
from fcn_lib.pixels import confusion_matrix, scores
from fcn_lib.results import read
from fcn_lib.scenes import scene
from fcn_lib.widgets import Checkerboard, StrideExplorer
from fcn_lib.widgets.figure import Figure, bundle, listed, packed, png

LIB = Path(__file__).parents[2] / "fcn_lib" / "widgets" / "lib.js"
SCRIPT = """\
import {
  ious, listed, meanIou, oneOf, slider, unpack, whole,
} from "./lib.js";
export { ious, listed, meanIou, oneOf, slider, unpack, whole };
"""


@pytest.fixture
def lib(open_page, tmp_path):
    """Import what the figures share; evaluate code that uses it."""
    shutil.copy(LIB, tmp_path)
    (tmp_path / "some.js").write_text(SCRIPT)
    text = bundle(tmp_path / "some.js")
    (tmp_path / "blank.html").write_text("<!doctype html><title>Lib</title>")
    page = open_page((tmp_path / "blank.html").as_uri())
    page.evaluate(
        """async (text) => {
          const copy = () => import(URL.createObjectURL(
            new Blob([text], { type: "text/javascript" }),
          ));
          [window.lib, window.another] = [await copy(), await copy()];
        }""",
        text,
    )
    return page.evaluate


def test_bundle_is_one_script(tmp_path):
    shutil.copy(LIB, tmp_path)
    (tmp_path / "some.js").write_text(SCRIPT)
    text = bundle(tmp_path / "some.js")
    assert "import {" not in text and "export function" not in text
    assert text.count("export") == 1 + text.count("// export")


@pytest.mark.parametrize(
    ("figure", "names"),
    [
        (Checkerboard, ["widgets.css", "checkerboard.css"]),
        (StrideExplorer, ["widgets.css"]),
    ],
)
def test_kernel_and_page_take_the_same_style_sheets(figure, names):
    name = f"{figure.__module__}.{figure.__name__}"
    sheets = figures.styles({"state": {"_anywidget_id": name}})
    assert [sheet.name for sheet in sheets] == names
    assert figure._css == "".join(sheet.read_text("utf-8") for sheet in sheets)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_packed_bytes_arrive(lib, dtype):
    limits = np.iinfo(dtype)
    values = np.random.default_rng(0).integers(
        limits.min, limits.max, size=(7, 9), dtype=dtype, endpoint=True
    )
    got = lib(
        """async ([data, signed]) => {
          const view = new DataView(Uint8Array.from(data).buffer);
          return Array.from(await lib.unpack(view, signed));
        }""",
        [list(packed(values.T)), dtype is np.int8],
    )
    assert got == values.T.ravel().tolist()


def test_only_bytes_are_packed():
    with pytest.raises(ValueError, match="int64; .* astype"):
        packed(np.array([1, 2]))


def test_png_keeps_a_picture_of_few_colours():
    image = np.zeros((4, 6, 3), np.uint8)
    image[1:3, 2:5] = 200, 30, 7
    back = np.asarray(Image.open(io.BytesIO(png(image))).convert("RGB"))
    assert (back == image).all()


@pytest.mark.parametrize(
    "value, message",
    [
        ("3", "k is 3; it must be a whole number from 1 to 9."),
        ("0.5", "k is 0.5; it must be a whole number from 1 to 9."),
        ("NaN", "k is NaN; it must be a whole number from 1 to 9."),
        ("'x'", 'k is "x"; it must be a whole number from 1 to 9.'),
        ("null", "k is null; it must be a whole number from 1 to 9."),
    ],
)
def test_bad_numbers_are_named(lib, value, message):
    got = lib(f"lib.whole({{ get: () => {value} }}, 'k', 1, 9)")
    assert got == ({"value": 3} if value == "3" else {"error": message})


def test_bad_choices_are_named(lib):
    ask = "lib.oneOf({ get: () => 'red' }, 'way', ['up', 'down'])"
    expected = 'way is "red"; it must be one of up, down.'
    assert lib(ask) == {"error": expected}


def test_ious_are_those_of_the_library(lib):
    draw = np.random.default_rng(1)
    for known in (2, 4, 5):
        target = draw.choice([*range(known), 255], size=60)
        pred = draw.integers(0, 4, size=60)
        each, mean = lib(
            "([p, t]) => [lib.ious(p, t, 5), lib.meanIou(p, t, 5)]",
            [pred.tolist(), target.tolist()],
        )
        table = confusion_matrix(torch.tensor(pred), torch.tensor(target), 5)
        expected = scores(table)
        assert each == pytest.approx(
            expected.iou.tolist(), abs=1e-6, nan_ok=True
        )
        assert mean == pytest.approx(float(expected.mean_iou), abs=1e-6)


def test_words_are_listed(lib):
    for words, told in [
        ([], ""), (["a"], "a"), ([1, 2], "1 and 2"), ("abc", "a, b and c"),
    ]:  # fmt: skip
        assert lib("(words) => lib.listed(words)", list(words)) == told
        assert not words or listed(words) == told
    assert lib("lib.listed([1, 2, 4], 'or')") == "1, 2 or 4"


def test_figures_of_a_page_share_no_names(lib):
    ids = lib(
        """[lib, another].map(({ slider }) => slider({
          label: "Size", least: 0, most: 3, value: 1,
        }).input.id)"""
    )
    assert len(set(ids)) == 2


@pytest.fixture(scope="module")
def makers():
    """Make each figure with some settings."""
    net = FCN8s(8, "test_efficientnet", pretrained=False).eval()
    ask = w.Number("2?", right=2, why="2.", wrong={3: "No."}, otherwise="No.")
    return {
        w.Checkerboard: w.Checkerboard,
        w.FusionExplorer: partial(w.FusionExplorer, net, *scene(198)),
        w.Quiz: partial(w.Quiz, ask),
        w.ReceptiveField: w.ReceptiveField,
        w.ScorePlayground: w.ScorePlayground,
        w.StrideExplorer: partial(w.StrideExplorer, *scene(198)),
        w.TrainingReplay: partial(w.TrainingReplay, read("replay")),
        w.TransposedConv: w.TransposedConv,
        w.Upsampling: partial(w.Upsampling, [[0, 1], [1, 0]]),
        w.Explorer: partial(w.explore, lambda n: str(n), n=[1, 2]),
    }


def test_alt_can_be_given(makers):
    shown = {getattr(w, name) for name in w.__all__}
    figures = {one for one in shown if isinstance(one, type)}
    assert {*makers} == figures - {w.Choice, w.Number}
    for make in makers.values():
        assert make(alt="What I see.").alt == "What I see."


def test_alt_is_what_is_seen_at_first(makers):
    for kind, make in makers.items():
        if kind is not w.Explorer:  # it asks for one
            assert make().get_state()["alt"]
    figure = Checkerboard()
    first = figure.alt
    figure.kernel = 4
    assert figure.alt == first != Checkerboard(kernel=4).alt


def test_figure_without_a_script_is_refused():
    with pytest.raises(FileNotFoundError, match="test_figure.js"):
        type("Nameless", (Figure,), {"__module__": __name__})

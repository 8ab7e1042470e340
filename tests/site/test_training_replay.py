"""The replay of a training: the figure, in Python and in a page."""

import base64
import copy
import io
import json
import re
import zlib

import numpy as np
import pytest
from ipywidgets import Widget
from PIL import Image
from said import sentence
from traitlets import TraitError

from fcn_lib.pixels import confusion_matrix, scores
from fcn_lib.results import read
from fcn_lib.scenes import CLASSES, scene
from fcn_lib.widgets.training_replay import NETS, TrainingReplay, _woven

RECORD = read("replay")
RUNS = [RECORD["runs"][name] for name in NETS]
TOTALS = [160, 160, 480]
SHARES = [shot["step"] / 160 * 100 for shot in RUNS[0]["snapshots"]]
IMAGE, LABELS = scene(198)
K = len(CLASSES)


@pytest.fixture(scope="module")
def figure():
    return TrainingReplay(RECORD)


def pred(net: int, place: int):
    text = RUNS[net]["snapshots"][place]["labels"]
    values = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
    return values.reshape(LABELS.shape)


def score(net: int, place: int):
    return scores(confusion_matrix(pred(net, place), LABELS, K))


def changed(change) -> dict:
    """Return the record, with something wrong in it."""
    record = copy.deepcopy(RECORD)
    change(record["runs"])
    return record


def test_repr_names_the_share(figure):
    assert repr(figure) == "TrainingReplay(share=100.0)"
    early = TrainingReplay(RECORD, share=2.5)
    assert repr(early) == "TrainingReplay(share=2.5)"
    assert "FCN-8s after 2.5 percent of" in early.alt
    assert "at the end of their training" in figure.alt


def test_state_is_small(figure):
    saved = Widget.get_manager_state(widgets=[figure])["state"]
    model = saved[figure.model_id]
    for shared in "_esm", "_css":  # not of this figure's record
        del model["state"][shared]
    assert len(json.dumps(model)) < 120_000


@pytest.mark.parametrize("share", [3, -10, 101, "40"])
def test_python_refuses_a_share_without_a_record(figure, share):
    with pytest.raises(TraitError):
        TrainingReplay(RECORD, share=share)
    with pytest.raises(TraitError):
        figure.share = share
    assert figure.share == 100


def snapshot(runs, place=2):
    return runs["fcn16s"]["snapshots"][place]


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda runs: runs.pop("fcn8s"), "no record of a training.*fcn8s"),
        (lambda runs: runs["fcn8s"].pop("loss"), "no record .*loss"),
        (lambda runs: runs["fcn8s"].update(steps=0), "no record .*division"),
        (lambda runs: runs["fcn8s"].update(steps=400), "watched at different"),
        (lambda runs: runs["fcn8s"].update(snapshots=3), "no record"),
        (lambda runs: runs["fcn8s"]["loss"].pop(), "watched at different"),
        (lambda runs: runs["fcn8s"]["snapshots"].pop(), "watched at diff"),
        (lambda runs: snapshot(runs).update(step=9), "watched at different"),
        (lambda runs: snapshot(runs).update(labels="!"), "step 4 is damaged"),
        (lambda runs: snapshot(runs).pop("labels"), "step 4 is damaged.*labe"),
        (
            lambda runs: snapshot(runs).update(
                labels=snapshot(runs)["labels"][:-8]
            ),
            "step 4 is damaged",
        ),
        (
            lambda runs: snapshot(runs).update(
                labels=base64.b64encode(zlib.compress(b"\0" * 9)).decode()
            ),
            "step 4 is damaged",
        ),
        (
            lambda runs: snapshot(runs).update(
                labels=base64.b64encode(
                    zlib.compress(bytes([K]) * LABELS.size)
                ).decode()
            ),
            "step 4 is damaged",
        ),
        (
            lambda runs: [run.update(snapshots=[]) for run in runs.values()],
            "nothing was watched",
        ),
        (
            lambda runs: [run.update(scene=7) for run in runs.values()],
            "step 0 is of another street",
        ),
    ],
)
def test_a_wrong_record_is_refused(change, told):
    with pytest.raises(ValueError, match=f"{told}.*results replay"):
        TrainingReplay(changed(change))


def test_no_record_at_all_is_refused():
    for nothing in {}, None, {"runs": None}, read("ladder-scenes"):
        with pytest.raises(ValueError, match="no record of a training"):
            TrainingReplay(nothing)


def test_woven_maps_are_found_again(maths):
    call = maths(TrainingReplay)
    shape = 3, 4, 5, 6  # nets, steps, height, width
    maps = np.random.default_rng(0).integers(0, 8, shape).astype(np.uint8)
    woven = _woven(maps)
    for net, place in np.ndindex(3, 4):
        got = call("unwoven", woven.ravel().tolist(), woven.shape, net, place)
        assert got == maps[net, place].ravel().tolist()


def test_found_classes_in_words(maths):
    call = maths(TrainingReplay)
    absent = float("nan")
    names = ["a", "b", "c", "d", "e"]
    for values, words in [
        ([0, 0, 0.49, 0, 0], "no class"),
        ([0.5, 0, 0, 0, 0], "a"),
        ([0.6, 0.7, 0, 0, 0], "a and b"),
        ([0.6, 0.7, 0.8, 0, 0], "all but d and e"),
        ([0.6, 0.7, absent, 0, 0], "a and b"),
        ([1, 1, 1, 1, 0], "all but e"),
        ([1, 1, absent, 1, 1], "every class"),
    ]:
        assert call("found", values, names) == words


def test_a_loss_lies_behind_its_share(maths):
    call = maths(TrainingReplay)
    losses = [5, 4, 3]  # means of 0 to 40, 40 to 80, and 80 to 100 percent
    for share, value in [
        (0, None), (30, None), (40, 5), (70, 5), (80, 4), (100, 3),
    ]:  # fmt: skip
        assert call("lossAt", share, losses, 40) == value


def test_each_halving_of_the_loss_is_as_deep(maths):
    call = maths(TrainingReplay)
    depths = [call("depth", value, 4, 0.5) for value in (4, 2, 1, 0.5)]
    assert depths == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_the_nearest_share(maths):
    call = maths(TrainingReplay)
    places = range(0, 101)
    found = call.each("nearest", [(SHARES, x) for x in places])
    for x, share in zip(places, found, strict=True):
        assert abs(share - x) == min(abs(other - x) for other in SHARES)


def test_numbers_are_those_of_the_library(mount, figure):
    page = mount(figure, share=0)
    for share in 0, 1.25, 40, 100:
        place = SHARES.index(share)
        page.get_by_label("Snapshot").fill(str(place))
        numbers_agree(page, share, place)


def numbers_agree(page, share, place):
    rows = page.locator("tbody tr").all()
    for net, run in enumerate(RUNS):
        expected = score(net, place)
        values = [*expected.iou.tolist(), expected.mean_iou]
        cells = [row.locator("td").nth(net).inner_text() for row in rows]
        assert cells == [f"{value:.2f}" for value in values]
        heads = page.locator("figure").nth(2 + net).locator(".ep-caption")
        fall, rise = heads.all_inner_texts()
        assert rise == f"mean IoU {expected.mean_iou:.2f}"
        step = run["snapshots"][place]["step"]
        assert step == share * TOTALS[net] / 100
        behind = run["loss"][: step // run["every"]]
        assert fall == f"loss {behind[-1]:.2f}" if behind else "loss –"
        assert f"mean IoU {expected.mean_iou:.2f}" in sentence(page)


def test_each_training_ends_after_its_own_steps(mount, figure):
    page = mount(figure)
    ends = page.locator(".ep-ends").all_inner_texts()
    assert [text.split()[-2:] for text in ends] == [
        [str(total), "steps"] for total in TOTALS
    ]


def painted(page, net):
    """Read the colours of a label map off its canvas: (H, W, 3)."""
    canvas = page.locator("canvas").nth(1 + net)
    address = canvas.evaluate("(canvas) => canvas.toDataURL()")
    file = io.BytesIO(base64.b64decode(address.partition(",")[2]))
    return np.array(Image.open(file).convert("RGB"))


def test_the_maps_are_the_recorded_ones(mount, figure):
    page = mount(figure, share=20)
    palette = np.array(figure.palette)
    for net in range(3):
        expected = palette[pred(net, SHARES.index(20))]
        assert (painted(page, net) == expected).all()


def test_keys_walk_through_the_training(mount, figure):
    page = mount(figure)
    words = "After 100\N{NO-BREAK SPACE}% of each training, 160, 160 and 480"
    assert sentence(page).startswith(words)
    snapshot = page.get_by_label("Snapshot")
    snapshot.press("ArrowLeft")
    words = "After 90\N{NO-BREAK SPACE}% of each training, 144, 144 and 432"
    assert sentence(page).startswith(words)
    assert "# step 144 of 160" in page.locator(".ep-code").inner_text()
    snapshot.press("Home")
    assert sentence(page).startswith("Before the first step FCN-32s finds")
    assert page.locator(".ep-caption").first.inner_text() == "loss –"
    page.get_by_role("button", name="Next").press("Enter")
    assert sentence(page).startswith(
        "After 1.25\N{NO-BREAK SPACE}% of each training, 2, 2 and"
    )


def paths(page, part):
    """Read what is drawn of a part of the plots, two for each net."""
    lines = page.locator(f".ep-{part}").all()
    return [line.get_attribute("d") for line in lines]


def test_the_marker_moves_along_the_curves(mount, figure):
    page = mount(figure, share=40)
    for share in 50, 60:
        page.get_by_label("Snapshot").press("ArrowRight")
        assert paths(page, "now") == [f"M{share} 0V100"] * 6
        dots = paths(page, "dot")
        assert len(dots) == 6
        heights = [
            float(re.fullmatch(rf"M{share} ([\d.]+)h0", dot)[1])
            for dot in dots
        ]
        place = SHARES.index(share)
        assert heights[1::2] == pytest.approx(
            [100 * (1 - score(net, place).mean_iou) for net in range(3)]
        )


def test_click_and_touch_choose_a_share(mount, figure):
    page = mount(figure, has_touch=True)
    plot = page.locator(".ep-plot svg").nth(3)
    width = plot.bounding_box()["width"]
    plot.click(position={"x": width * 0.26, "y": 20})
    assert sentence(page).startswith(
        "After 25\N{NO-BREAK SPACE}% of each training"
    )
    plot.tap(position={"x": width * 0.64, "y": 20})
    assert sentence(page).startswith(
        "After 60\N{NO-BREAK SPACE}% of each training"
    )
    page.get_by_role("button", name="Back").tap()
    assert sentence(page).startswith(
        "After 50\N{NO-BREAK SPACE}% of each training"
    )


def test_play_goes_on_to_the_end(mount, figure):
    page = mount(figure, share=80)
    page.wait_for_timeout(900)
    assert sentence(page).startswith(
        "After 80\N{NO-BREAK SPACE}%"
    )  # nothing plays by itself
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    page.wait_for_function(
        """() => document.querySelector(".ep-sentence").textContent
          .startsWith("After 100\N{NO-BREAK SPACE}%")"""
    )
    page.get_by_role("button", name="Play").wait_for()


def test_reduced_motion_leaves_the_steps(mount, figure):
    page = mount(figure, reduced_motion="reduce")
    assert not page.get_by_role("button", name="Play").is_visible()
    page.get_by_role("button", name="First").click()
    assert sentence(page).startswith("Before the first step")


def test_bad_value_gives_a_message(warns, figure):
    warns(
        figure,
        ("share", 3, "share is 3", "Snapshot"),
        ("share", float("nan"), "share is NaN", "Snapshot"),
        ("share", "x", 'share is "x"', "Snapshot"),
        ("share", None, "share is null", "Snapshot"),
    )


def test_figure_has_no_barriers(looks_well, figure):
    looks_well(figure)


@pytest.mark.parametrize("width", [360, 480, 560, 600, 640, 660, 720, 900])
def test_the_table_keeps_to_its_column(mount, figure, width):
    page = mount(figure, viewport={"width": width, "height": 900})
    box = page.locator(".ep-scores").bounding_box()
    panels = page.locator(".ep-replay .ep-panel").all()
    below = panels[-1].bounding_box()  # the last net's plots end the row
    assert box["x"] + box["width"] <= below["x"] + below["width"] + 0.5

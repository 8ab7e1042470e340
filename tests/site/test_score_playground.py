"""Paint, and watch the scores: the figure, in Python and in a page."""

import re

import numpy as np
import pytest
import torch
from traitlets import TraitError

from fcn_lib.pixels import VOID, confusion_matrix, scores
from fcn_lib.widgets.score_playground import CLASSES, ScorePlayground

K = len(CLASSES)
KEYS = {
    "pixelAccuracy": "pixel_accuracy",
    "meanAccuracy": "mean_accuracy",
    "meanIou": "mean_iou",
    "weightedIou": "frequency_weighted_iou",
}


@pytest.fixture(scope="module")
def figure():
    return ScorePlayground()


def street(figure) -> tuple[list[int], list[int]]:
    return list(figure.pred), list(figure.target)


def cells(page, which: int):
    """Those of the truth, 0, or of the prediction, 1."""
    return page.get_by_role("grid").nth(which).get_by_role("gridcell")


def brush(page, name: str):
    return page.get_by_role("radio", name=name)


def counts(page) -> list[list[int]]:
    """Read the confusion matrix from the page."""
    rows = page.locator(".ep-sp-matrix tbody tr").all()
    return [
        [int(text) for text in row.locator("td[data-part]").all_inner_texts()]
        for row in rows
    ]


def shown_scores(page) -> list[str]:
    column = page.locator(".ep-sp-scores tr td:nth-child(2)")
    return column.all_inner_texts()


def expected(pred, target, classes=K):
    """What the page has to show: the counts and the scores, as texts."""
    n = confusion_matrix(torch.tensor(pred), torch.tensor(target), classes)
    result = scores(n)
    values = [getattr(result, name) for name in KEYS.values()]
    values += result.iou.tolist()
    texts = ["–" if np.isnan(v) else f"{v:.3f}" for v in values]
    return n.tolist(), texts


def agrees(page, pred, target) -> None:
    n, texts = expected(pred, target)
    assert counts(page) == n
    assert shown_scores(page) == texts


def naive(pred, target, classes) -> dict:
    """Scores from sets of pixels, without a confusion matrix."""
    valid = [i for i, label in enumerate(target) if label != VOID]
    true = [{i for i in valid if target[i] == k} for k in range(classes)]
    guess = [{i for i in valid if pred[i] == k} for k in range(classes)]
    both = [a & b for a, b in zip(true, guess, strict=True)]
    either = [a | b for a, b in zip(true, guess, strict=True)]

    def share(part, whole):
        return len(part) / len(whole) if whole else np.nan

    iou = [share(a, b) for a, b in zip(both, either, strict=True)]
    accuracy = [share(a, b) for a, b in zip(both, true, strict=True)]
    known = [v for v in iou if v == v]
    present = [v for v in accuracy if v == v]
    weighted = [len(t) * v for t, v in zip(true, iou, strict=True) if v == v]
    total = len(valid)
    return {
        "pixelAccuracy": share(set().union(*both), valid),
        "meanAccuracy": sum(present) / len(present) if present else np.nan,
        "meanIou": sum(known) / len(known) if known else np.nan,
        "weightedIou": sum(weighted) / total if total else np.nan,
        "iou": iou,
    }


def test_repr_names_the_brush(figure):
    assert repr(figure) == "ScorePlayground(brush=3)"
    assert "pedestrian" in figure.alt
    assert "pedestrian" not in ScorePlayground([[0, 1]]).alt
    other = "bridge", "river", "canoe", "paddler"
    assert "pedestrian" not in ScorePlayground(classes=other).alt


def test_default_is_the_truth_moved_one_column(figure):
    pred, target = (np.reshape(m, figure.size) for m in street(figure))
    moved = target[:, :-1]
    seen = moved != VOID
    assert (pred[:, 1:][seen] == moved[seen]).all()
    assert (pred[:, 0] == target[:, 0]).all()
    assert VOID not in pred and VOID in target


@pytest.mark.parametrize(
    "pred, message",
    [
        ([[0, 1]], "pred is \\(1, 2\\)"),
        ([0] * 59, "59 labels, but 6 rows of 10 columns are 60"),
        ([0] * 59 + [4], "holds 4 at row 5, column 9"),
        ([0, 0, -1] + [0] * 57, "holds -1 at row 0, column 2"),
        ([VOID] + [0] * 59, "classes are 0 to 3$"),
        ([0.5] * 60, "int"),
    ],
)
def test_python_refuses_a_bad_prediction(pred, message):
    with pytest.raises((TraitError, ValueError), match=message):
        ScorePlayground(pred=pred)


def test_python_refuses_what_is_set_later():
    figure = ScorePlayground()
    before = figure.pred
    with pytest.raises(TraitError, match="row 0, column 0"):
        figure.pred = [9] * 60
    with pytest.raises(TraitError, match="or 255 for void"):
        figure.target = [254] * 60
    with pytest.raises(TraitError, match="last class is 3"):
        figure.brush = 4
    with pytest.raises(TraitError):
        figure.brush = -1
    assert figure.pred == before


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"target": [0, 1]}, "rows and columns"),
        ({"target": np.zeros((13, 2), int)}, "1 to 12"),
        ({"classes": ("a", "b")}, "2 classes and 4 colours"),
        ({"classes": ("road", "Rail", "car", "pole")}, "another letter"),
        ({"classes": ("road", "", "car", "pole")}, "another letter"),
    ],
)
def test_python_refuses_what_fits_nothing(wrong, message):
    with pytest.raises(ValueError, match=message):
        ScorePlayground(**wrong)


def random_maps():
    """Label maps with void and absent classes, some of them void only."""
    draw = np.random.default_rng(0)
    for classes in (2, 3, 4, 6):
        for _ in range(30):
            H, W = draw.integers(1, 7, size=2)
            some = draw.integers(classes, size=draw.integers(1, classes + 1))
            target = draw.choice([*some, VOID], size=(H, W))
            pred = draw.integers(classes, size=(H, W))
            yield classes, pred.ravel().tolist(), target.ravel().tolist()
    yield 3, [0, 1, 2], [VOID] * 3
    yield 3, [2, 2], [0, 1]


def test_scores_are_those_of_the_library_and_of_sets(maths):
    each = maths(ScorePlayground).each
    maps = list(random_maps())
    tables = each("confusion", [(*two, classes) for classes, *two in maps])
    sizes = [classes for classes, *_ in maps]
    made_of = each("scores", list(zip(tables, sizes, strict=True)))
    absent = 0
    for (classes, pred, target), got, made in zip(
        maps, tables, made_of, strict=True
    ):
        n = confusion_matrix(torch.tensor(pred), torch.tensor(target), classes)
        assert got == n.ravel().tolist()
        wanted, sets = scores(n), naive(pred, target, classes)
        for key, name in KEYS.items():
            both = [getattr(wanted, name), sets[key]]
            assert both == pytest.approx([made[key]] * 2, nan_ok=True), key
        assert made["iou"] == pytest.approx(wanted.iou.tolist(), nan_ok=True)
        assert made["iou"] == pytest.approx(sets["iou"], nan_ok=True)
        absent += np.isnan(sets["iou"]).any()
    assert absent > 20


def test_starts(maths, figure):
    shifted, target = street(figure)
    begin = maths(ScorePlayground)("starts", target, figure.size[1], K)
    assert begin["shifted"] == shifted
    road = CLASSES.index("road")
    assert begin["most"] == road and begin["all"] == [road] * 60
    valid = np.array(target) != VOID
    assert (np.array(begin["perfect"]) == target)[valid].all()
    assert VOID not in begin["perfect"]


def test_starts_fill_void_from_the_left(maths):
    call = maths(ScorePlayground)
    target = [VOID, 1, VOID, 0, VOID, VOID, VOID, VOID]
    begin = call("starts", target, 4, 2)
    assert begin["perfect"] == [1, 1, 1, 0, 0, 0, 0, 0]
    assert begin["shifted"] == [1, 1, 1, 1, 0, 0, 0, 0]


def test_default_tells_that_the_pedestrian_is_lost(mount, figure):
    page = mount(figure)
    pred, target = street(figure)
    agrees(page, pred, target)
    valid = np.array(target) != VOID
    right = (np.array(pred) == target)[valid].mean()
    iou = shown_scores(page)[2]
    text = page.locator(".ep-sentence").inner_text()
    percent = f"{right:.0%}".replace("%", "\xa0%")
    assert text.startswith(f"Shifted by one: {percent}")
    assert f"mean IoU is {float(iou):.2f}" in text
    assert "not one pedestrian pixel is found" in text
    shown = page.locator(".ep-formula").inner_text()
    assert shown.endswith("0 / (3 + 3 − 0) = 0.000")
    wrong = page.locator(".ep-sp-wrong").count()
    assert wrong == (np.array(pred) != target)[valid].sum()


def test_line_of_torch_gives_the_numbers_shown(mount, figure):
    page = mount(figure)
    pred, target = (torch.tensor(m).reshape(6, 10) for m in street(figure))
    scope = {"torch": torch, "pred": pred, "target": target}
    exec(page.locator(".ep-code").inner_text(), scope)
    assert scope["n"].tolist() == counts(page)
    ious = [f"{value:.3f}" for value in scope["iou"].tolist()]
    assert ious == shown_scores(page)[4:]


@pytest.mark.parametrize(
    "name, sentence",
    [
        ("All road", "not one building, car or pedestrian pixel is found."),
        ("Perfect", "mean IoU is 1.00; every class overlaps wholly."),
    ],
)
def test_starts_change_all_numbers(mount, figure, name, sentence):
    page = mount(figure)
    page.get_by_role("button", name=name).click()
    _, target = street(figure)
    pred = [1] * 60 if name == "All road" else target
    pred = [1 if label == VOID else label for label in pred]
    agrees(page, pred, target)
    text = page.locator(".ep-sentence").inner_text()
    assert text.startswith(f"{name}: ") and text.endswith(sentence)
    pressed = page.locator("[aria-pressed=true]").all_inner_texts()
    assert pressed == [name]


def test_keys_paint(mount, figure):
    page = mount(figure)
    pred, target = street(figure)
    brush(page, "car").focus()
    page.keyboard.press("ArrowLeft")  # to road
    assert "IoU of road" in page.locator(".ep-formula").inner_text()
    cells(page, 1).first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    pred[0] = pred[11] = CLASSES.index("road")
    agrees(page, pred, target)
    name = cells(page, 1).nth(11).get_attribute("aria-label")
    assert name == "row 1, column 1: road, wrong, it is building"


def test_click_drag_and_tap_paint(mount, figure):
    page = mount(figure, has_touch=True)
    pred, target = street(figure)
    cells(page, 1).nth(17).click()
    pred[17] = 3
    agrees(page, pred, target)

    brush(page, "car").check()
    boxes = [cells(page, 1).nth(i).bounding_box() for i in (50, 54)]
    (x, y), (far, _) = ((b["x"] + 9, b["y"] + 9) for b in boxes)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(far, y, steps=20)
    page.mouse.up()
    page.mouse.move(x, y - 40)  # no button is down: nothing is painted
    pred[50:55] = [2] * 5
    agrees(page, pred, target)

    cells(page, 1).nth(59).tap()
    pred[59] = 2
    agrees(page, pred, target)


def swipe(page, start, end, steps=9):
    """Draw a finger over the page, as a browser hears of it."""
    finger = page.context.new_cdp_session(page)

    def touch(kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        finger.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )

    touch("touchStart", start)
    for point in np.linspace(start, end, steps).tolist():
        touch("touchMove", point)
    touch("touchEnd")


def middle(page, cell: int) -> tuple[float, float]:
    box = cells(page, 1).nth(cell).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_finger_paints_sideways_and_scrolls_upwards(mount, figure):
    narrow = {"width": 360, "height": 700}
    page = mount(figure, has_touch=True, viewport=narrow)
    pred, target = street(figure)
    swipe(page, middle(page, 50), middle(page, 52))
    pred[50:53] = [3] * 3
    agrees(page, pred, target)
    assert page.evaluate("scrollY") == 0
    swipe(page, middle(page, 58), middle(page, 8))
    page.wait_for_function("scrollY > 50")
    agrees(page, pred, target)


def test_void_pixels_count_nowhere(mount, figure):
    page = mount(figure)
    pred, target = street(figure)
    void = target.index(VOID)
    cells(page, 1).nth(void).click()
    agrees(page, pred, target)
    name = cells(page, 1).nth(void).get_attribute("aria-label")
    assert name.endswith("pedestrian, void in truth, not counted")


def test_pointing_marks_the_cell_that_counts_a_pixel(mount, figure):
    page = mount(figure)
    cells(page, 0).nth(17).hover()  # a pedestrian, called road
    marked = page.locator(".ep-sp-matrix td[data-here]")
    assert marked.count() == 1
    row = marked.locator("xpath=..").get_by_role("rowheader").first
    assert row.get_attribute("aria-label") == "true pedestrian"
    assert marked.inner_text() == "3"
    page.mouse.move(1, 1)
    assert page.locator("[data-here]").count() == 0


def test_class_that_occurs_nowhere_has_no_iou(mount):
    page = mount(ScorePlayground([[0, 1], [1, VOID]], [[0, 0], [1, 2]]))
    target, pred = [0, 1, 1, VOID], [0, 0, 1, 2]
    agrees(page, pred, target)
    assert shown_scores(page)[-1] == "–"
    brush(page, "pedestrian").check()
    assert "left out of the mean" in page.locator(".ep-formula").inner_text()
    cells(page, 1).first.click()
    pred[0] = 3  # painted, though never true: now it counts, as 0
    agrees(page, pred, target)
    assert shown_scores(page)[-1] == "0.000"


def test_void_only_has_no_scores(mount):
    page = mount(ScorePlayground([[VOID] * 3]))
    text = page.locator(".ep-sentence").inner_text()
    assert text == "Every pixel is void, so there is nothing to score."
    assert set(shown_scores(page)) == {"–"}


def test_bad_target_gives_a_message(mount, figure):
    page = mount(figure, target=[7] * 60)
    message = page.locator(".ep-message").inner_text()
    assert re.search("target holds 7 .* or 255 for void", message)
    page.get_by_role("button", name="Perfect").click()
    cells(page, 1).first.click()
    assert page.locator(".ep-message").inner_text() == message


def test_bad_value_gives_a_message(warns, figure):
    rest = [0] * 59
    length = "59 labels; it must be a list of 60 labels, 6 rows of 10"
    start = "Shifted by one"
    last = "holds 4 at row 5, column 9; classes are 0 to 3."
    page = warns(
        figure,
        ("brush", 4, "brush is 4; it must be a whole number from 0", "car"),
        ("brush", float("nan"), "brush is NaN", "car"),
        ("brush", "car", 'brush is "car"', "car"),
        ("pred", rest, length, start),
        ("pred", [*rest, 4], last, start),
        ("pred", [0.5, *rest], "holds 0.5 at row 0, column 0", start),
        ("pred", [VOID, *rest], "holds 255 at row 0, column 0", start),
        ("pred", "roads", "pred is roads", start),
        ("pred", None, "pred is null", start),
    )
    agrees(page, *street(figure))
    assert "IoU of car" in page.locator(".ep-formula").inner_text()


def test_figure_has_no_barriers(looks_well, figure):
    page = looks_well(figure)
    box = cells(page, 1).first.bounding_box()
    assert min(box["width"], box["height"]) >= 24

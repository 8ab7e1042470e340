"""Strides switched on and off: the figure, in Python and in a page."""

import base64
import io
import itertools
import zlib

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from said import sentence
from torch import nn
from traitlets import TraitError

from fcn_lib.datasets import to_images
from fcn_lib.fcn8s import FCN8s
from fcn_lib.fcn16s import FCN16s
from fcn_lib.fcn32s import FCN32s
from fcn_lib.pixels import VOID, confusion_matrix, scores
from fcn_lib.scenes import CLASSES, PALETTE, scene
from fcn_lib.train import device, trained
from fcn_lib.transposed import upsample
from fcn_lib.widgets.fusion_explorer import (
    FusionExplorer,
    quantised,
    score_maps,
)

IMAGE, LABELS = scene(198)
DRAW = np.random.default_rng(0)
# of a size that no stride divides
ODD = DRAW.integers(0, 256, (50, 77, 3), dtype=np.uint8)
ODD_LABELS = DRAW.choice([0, 1, 2, 3, 4, VOID], (50, 77))
NAMES, COLORS = tuple("abcde"), PALETTE[:5]
SUBSETS = [
    on for n in (1, 2, 3) for on in itertools.combinations((32, 16, 8), n)
]


def small_net(cls, scored=True):
    """A net of 5 classes; its scores are noise, or zero as in the beginning.

    No function of ``tests/small_nets.py``: this folder does not see it.
    """
    torch.manual_seed(0)
    net = cls(5, "test_efficientnet", pretrained=False).eval()
    for layer in net.children():
        if scored and isinstance(layer, nn.Conv2d):
            layer.reset_parameters()
            nn.init.normal_(layer.bias)
        elif scored and isinstance(layer, nn.ConvTranspose2d):
            layer.weight.data += 0.2 * torch.randn_like(layer.weight)
    return net


def small(cls, **settings):
    net = small_net(cls)
    return net, FusionExplorer(net, ODD, ODD_LABELS, NAMES, COLORS, **settings)


def spread(x, factor):
    """Bilinear upsampling by torch's operator and a tent typed in here."""
    size = 2 * factor - factor % 2
    places = torch.arange(size).to(x)
    tent = 1 - (places - (size - 1) / 2).abs() / ((size + 1) // 2)
    weight = torch.outer(tent, tent).expand(x.shape[1], 1, -1, -1)
    return F.conv_transpose2d(
        x, weight, stride=factor, padding=factor // 2, groups=x.shape[1]
    )


@pytest.fixture(scope="module")
def figure():
    return FusionExplorer(trained("fcn8s"), IMAGE, LABELS, row=98, column=10)


@torch.no_grad()
def parts_of(net):
    """The parts of the logits of the street, (1, 8, 160, 224) each."""
    x = to_images(IMAGE).to(device())
    if hasattr(net, "contributions"):
        return {s: part.cpu() for s, part in net.contributions(x).items()}
    _, pool4, pool5 = net.backbone(x)
    maps = {32: net.upscore2(net.score(pool5)), 16: net.score_pool4(pool4)}
    return {s: spread(part.cpu(), 16) for s, part in maps.items()}


def decided(parts):
    """The chapter's answer to "who decided this pixel?", as places."""
    best, second = sum(parts).topk(2, dim=1).indices.split(1, dim=1)
    leads = [part.gather(1, best) - part.gather(1, second) for part in parts]
    return torch.cat(leads, dim=1).argmax(dim=1)


def iou(pred) -> float:
    table = confusion_matrix(torch.as_tensor(pred), torch.tensor(LABELS), 8)
    return scores(table).mean_iou


def painted(page):
    """The colours of the large map, (H, W, 3)."""
    address = page.locator("canvas").last.evaluate("map => map.toDataURL()")
    data = base64.b64decode(address.split(",")[1])
    return np.array(Image.open(io.BytesIO(data)).convert("RGB"))


def agreement(page, labels, colors=PALETTE):
    same = painted(page) == np.array(colors, dtype=np.uint8)[labels]
    return same.all(axis=-1).mean()


def switch(page, on):
    for stride in 32, 16, 8:
        box = page.get_by_label(f"stride {stride}", exact=True)
        if box.count():
            box.set_checked(stride in on)


def leads(page) -> list[str]:
    return page.locator(".ep-fx-lead").all_inner_texts()


# ---- in Python ----


def test_repr_names_the_settings(figure):
    assert repr(figure) == (
        "FusionExplorer(strides=[32, 16, 8], view='labels', zoom=1, row=98, "
        "column=10)"
    )
    assert figure.alt.startswith("Three small label maps")


def test_alt_says_what_the_large_map_shows():
    _, all_on = small(FCN8s)
    assert "the label map of their sum, which follows" in all_on.alt
    _, some = small(FCN8s, strides=[32, 8], view="errors")
    assert "the errors of the sum of those that are switched on" in some.alt
    _, truth = small(FCN8s, view="truth")
    assert truth.alt.endswith("and the true labels.")


@pytest.mark.parametrize("cls, first", [(FCN8s, 8), (FCN16s, 16)])
def test_strides_are_sorted_and_those_of_the_net(cls, first):
    _, figure = small(cls, strides=[first, 32])
    assert figure.strides == [32, first]
    assert figure.alt.startswith("Two" if first == 16 else "Three")


@pytest.mark.parametrize(
    "wrong",
    [
        {"strides": [4]},
        {"strides": [8, 8]},
        {"strides": 8},
        {"view": "picture"},
        {"zoom": 9},
        {"row": 160},
        {"column": -1},
    ],
)
def test_python_refuses_what_is_out_of_range(figure, wrong):
    (name,) = wrong
    before = getattr(figure, name)
    with pytest.raises(TraitError):
        setattr(figure, name, wrong[name])
    assert getattr(figure, name) == before


def test_python_refuses_nets_that_it_cannot_split():
    net = small_net(FCN32s)
    with pytest.raises(ValueError, match="single map of scores"):
        FusionExplorer(net, ODD, ODD_LABELS, NAMES, COLORS)
    net = small_net(FCN8s)
    net.score_pool3.bias.data[0] = torch.nan
    with pytest.raises(ValueError, match="NaN"):
        FusionExplorer(net, ODD, ODD_LABELS, NAMES, COLORS)
    with pytest.raises(ValueError, match="training mode"):
        FusionExplorer(net.train(), ODD, ODD_LABELS, NAMES, COLORS)


def test_python_refuses_what_does_not_fit_the_net():
    net = small_net(FCN16s)
    with pytest.raises(ValueError, match="5 classes, but there are 8 names"):
        FusionExplorer(net, ODD, ODD_LABELS)
    with pytest.raises(ValueError, match="4 colours"):
        FusionExplorer(net, ODD, ODD_LABELS, NAMES, PALETTE[:4])
    with pytest.raises(ValueError, match="same height"):
        FusionExplorer(net, ODD, ODD_LABELS[1:], NAMES, COLORS)
    with pytest.raises(ValueError, match="labels hold 7"):
        FusionExplorer(net, ODD, np.full((50, 77), 7), NAMES, COLORS)
    with pytest.raises(ValueError, match="void everywhere"):
        FusionExplorer(net, ODD, np.full((50, 77), VOID), NAMES, COLORS)


def test_python_refuses_more_than_300_kilobytes():
    net = small_net(FCN16s)
    noise = DRAW.integers(0, 256, (640, 640, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match="more than 300: cut out a smaller"):
        FusionExplorer(net, noise, np.zeros((640, 640), int), NAMES, COLORS)


@torch.no_grad()
def test_maps_are_the_parts_of_the_logits_before_the_last_step():
    x = to_images(ODD)
    net = small_net(FCN8s)
    parts = net.contributions(x)
    maps = score_maps(net, ODD)
    assert list(maps) == [32, 16, 8]
    for stride, part in maps.items():
        wide = upsample(part[None], 8)[..., :50, :77]
        torch.testing.assert_close(wide, parts[stride])
    net = small_net(FCN16s)
    maps = score_maps(net, ODD)
    assert list(maps) == [32, 16]
    wide = upsample(sum(maps.values())[None], 16)[..., :50, :77]
    torch.testing.assert_close(wide, net(x), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["fcn8s", "fcn16s"])
def test_recorded_scores_are_off_by_half_a_step(name):
    net = trained(name)
    figure = FusionExplorer(net, IMAGE, LABELS)
    numbers = np.frombuffer(zlib.decompress(figure.maps), "<i2")
    maps = score_maps(net, IMAGE)
    numbers = numbers.reshape(len(maps), *figure.cells, 8)
    half = 0.5 * figure.step * (1 + 1e-6)
    for own, part in zip(numbers, maps.values(), strict=True):
        scored = part.permute(1, 2, 0).cpu().numpy()
        assert np.abs(own * figure.step - scored).max() <= half
    assert figure.step < 0.001
    assert len(figure.maps) + len(figure.picture) < 150_000


def test_scores_that_are_all_zero_can_be_recorded():
    numbers, step = quantised(np.zeros((2, 3)))
    assert step > 0 and not numbers.any()
    figure = FusionExplorer(
        small_net(FCN8s, scored=False), ODD, ODD_LABELS, NAMES, COLORS
    )
    assert figure.recorded == [32, 16, 8]


# ---- the script's maths ----


def test_scores_are_stretched_as_torch_does(maths):
    call = maths(FusionExplorer)
    for factor, (H, W) in itertools.product(
        (1, 2, 3, 4, 8, 16), [(1, 1), (2, 3), (4, 1), (3, 5)]
    ):
        cells = torch.randn(1, 2, H, W, dtype=torch.float64)
        size = [max(1, factor * H - 3), max(1, factor * W - 1)]
        expected = spread(cells, factor)
        expected = expected[0, :, : size[0], : size[1]].permute(1, 2, 0)
        values = cells[0].permute(1, 2, 0).flatten().tolist()
        got = call("stretch", values, [H, W], factor, size)
        torch.testing.assert_close(
            torch.tensor(got).double(), expected.flatten(), atol=1e-5, rtol=0
        )


def test_sums_are_those_of_torch(maths):
    call = maths(FusionExplorer)
    for count, classes in itertools.product((1, 2, 3), (2, 3, 8)):
        parts = [torch.randn(1, classes, 9, 7).double() for _ in range(count)]
        flat = [part[0].permute(1, 2, 0).flatten().tolist() for part in parts]
        got = call("fuse", flat, classes)
        first, second = sum(parts).topk(2, dim=1).indices[0]
        expected = {
            "first": first, "second": second, "decided": decided(parts)[0],
        }  # fmt: skip
        for name, ids in expected.items():
            assert got[name] == ids.flatten().tolist(), name


def test_void_does_not_count(maths):
    call = maths(FusionExplorer)
    assert call("accuracy", [0, 1, 1, 2], [0, 0, 1, VOID]) == 2 / 3


def test_window_stays_in_the_picture(maths):
    call = maths(FusionExplorer)
    for length, zoom in itertools.product((8, 21, 160), (1, 2, 3, 8)):
        for place in {*range(0, length, 6), 1, length - 1}:
            begin = call("start", place, length, zoom)
            assert 0 <= begin <= place
            assert place + 1 <= begin + length / zoom + 1e-9
    assert call("start", 80, 160, 4) == 60.5


def test_rounded_numbers_say_when_they_do_not_add_up(maths):
    call = maths(FusionExplorer)
    assert call("sum", [-0.5, 1.25, 2]) == "−0.50 + 1.25 + 2.00 = 2.75"
    assert call("sum", [1.004, -0.003]) == "1.00 − 0.00 = 1.00"
    assert call("sum", [1.004, 1.004]) == "1.00 + 1.00 ≈ 2.01"


# ---- in a page ----


@pytest.mark.parametrize("name", ["fcn8s", "fcn16s"])
def test_every_sum_is_that_of_the_net(mount, name):
    net = trained(name)
    parts = parts_of(net)
    page = mount(FusionExplorer(net, IMAGE, LABELS))
    assert agreement(page, net.predict(IMAGE)) >= 0.995
    for on in (s for s in SUBSETS if set(s) <= set(parts)):
        switch(page, on)
        pred = sum(parts[s] for s in on)[0].argmax(dim=0).numpy()
        assert agreement(page, pred) >= 0.999, on
        caption = page.locator(".ep-panel figcaption").first.inner_text()
        score = float(caption.removeprefix("= their sum: mean IoU "))
        assert score == pytest.approx(iou(pred), abs=0.001), on
        right = 100 * (pred == LABELS)[LABELS != VOID].mean()
        told = sentence(page).split("\xa0% of the pixels")[0].split()[-1]
        assert float(told) == pytest.approx(right, abs=0.15), on


def test_decided_and_errors_are_those_of_the_chapter(mount, figure):
    page = mount(figure, view="decided")
    parts = parts_of(trained("fcn8s"))
    inks = (222, 214, 198), (86, 160, 211), (213, 94, 0)
    who = decided(list(parts.values()))[0].numpy()
    assert agreement(page, who, inks) >= 0.999
    shares = page.locator(".ep-fx-key li").all_inner_texts()
    counted = np.bincount(who.ravel(), minlength=3) / who.size
    for text, share in zip(shares, counted, strict=True):
        percent = float(text.split(": ")[1].removesuffix(" %"))
        assert percent == pytest.approx(100 * share, abs=0.6)
    switch(page, (32, 8))
    who = decided([parts[32], parts[8]])[0].numpy()
    assert agreement(page, who, (inks[0], inks[2])) >= 0.999

    page.get_by_text("errors", exact=True).click()
    pred = (parts[32] + parts[8])[0].argmax(dim=0).numpy()
    ids = np.where(LABELS == VOID, 2, pred != LABELS)
    colors = (236, 233, 226), (160, 30, 40), (255, 255, 255)
    assert agreement(page, ids, colors) >= 0.999
    page.get_by_text("true labels", exact=True).click()
    truth = np.where(LABELS == VOID, 8, LABELS)
    assert agreement(page, truth, (*PALETTE, (255, 255, 255))) == 1


@pytest.mark.parametrize("place", [(98, 10), (0, 0), (159, 223), (100, 150)])
def test_numbers_of_a_pixel_are_those_of_torch(mount, figure, place):
    row, column = place
    page = mount(figure, row=row, column=column)
    parts = [p[0, :, row, column] for p in parts_of(trained("fcn8s")).values()]
    best, second = sum(parts).topk(2).indices.tolist()
    shares = [(part[best] - part[second]).item() for part in parts]
    told = [float(text.replace("−", "-")) for text in leads(page)]
    assert told == pytest.approx(shares, abs=0.006)
    alone = page.locator(".ep-fx-says").all_inner_texts()
    assert alone == [f"alone: {CLASSES[part.argmax()]}" for part in parts]
    what = page.locator(".ep-fx-what").inner_text()
    assert what == (
        f"What each adds to {CLASSES[best]} − {CLASSES[second]} at row {row}, "
        f"column {column}"
    )
    text = sentence(page)
    assert f"column {column} is called {CLASSES[best]} (" in text
    assert f"ahead of {CLASSES[second]}" in text
    truth = LABELS[row, column]
    assert ("(right)" in text) == (truth == best)
    assert text.endswith(f"stride {(32, 16, 8)[int(np.argmax(shares))]}.")
    formula = page.locator(".ep-formula").inner_text()
    assert f"; {CLASSES[best]} − {CLASSES[second]} = " in formula


def test_keys_switch_a_stride_off_and_all_of_them(mount, figure):
    page = mount(figure)
    for stride in 32, 16:
        page.get_by_label(f"stride {stride}", exact=True).focus()
        page.keyboard.press("Space")
    assert "Stride 8 alone" in sentence(page)
    assert leads(page)[:2] == ["off", "off"]
    assert "in (8,))" in page.locator(".ep-code").inner_text()
    page.get_by_label("stride 8", exact=True).focus()
    page.keyboard.press("Space")
    assert sentence(page).startswith("No map is switched on")
    assert page.locator(".ep-formula").inner_text() == "scores = 0 + 0 + 0"
    assert page.locator(".ep-fx-what").inner_text() == ""
    assert len(np.unique(painted(page).reshape(-1, 3), axis=0)) == 2
    for view in "errors", "who decided", "labels":
        page.get_by_text(view, exact=True).click()
        assert sentence(page).startswith("No map is switched on")
    page.get_by_label("stride 16", exact=True).click()
    assert "Stride 16 alone" in sentence(page)


def test_keys_move_the_pixel_and_the_window(mount, figure):
    page = mount(figure)
    page.get_by_label("Zoom", exact=True).press("End")
    page.get_by_label("Row", exact=True).press("ArrowRight")
    page.get_by_label("Column", exact=True).press("End")
    assert "Row 99, column 223 is called" in sentence(page)
    box, window = (
        page.locator(name).nth(3).bounding_box()
        for name in (".ep-layers", ".ep-fx-lens")
    )
    side = box["width"] / 224
    assert window["width"] == pytest.approx(28 * side + 2, abs=0.1)
    # the window ends where the picture ends
    ends = [b["x"] + b["width"] for b in (box, window)]
    assert ends[0] == pytest.approx(ends[1] - 1, abs=0.1)
    middle = window["y"] + window["height"] / 2
    assert (middle - box["y"]) / side == pytest.approx(99.5, abs=0.1)


def test_click_and_touch_pick_a_pixel(mount, figure):
    page = mount(figure, has_touch=True)
    lens = page.locator(".ep-fx-lens").nth(3)
    side = (lens.bounding_box()["width"] - 2) / 224
    at = {"x": side * 100.5, "y": side * 40.5}
    lens.click(position=at)
    assert "Row 40, column 100 is called" in sentence(page)
    page.get_by_label("Zoom", exact=True).press("End")
    # the pixel is in the middle now; the next one is 8 sides further
    middle = {"x": side * 112, "y": side * 80}
    lens.tap(position=middle | {"x": middle["x"] + 8 * side})
    assert "Row 40, column 101 is called" in sentence(page)
    assert page.get_by_label("Column", exact=True).input_value() == "101"
    page.locator(".ep-fx-lens").first.tap(position={"x": 2, "y": 2})
    assert "Row 30, column 87 is called" in sentence(page)


def test_a_mouse_peeks_and_leaves(mount, figure):
    page = mount(figure)
    before = sentence(page)
    lens = page.locator(".ep-fx-lens").nth(4)
    side = (lens.bounding_box()["width"] - 2) / 224
    lens.hover(position={"x": side * 30.5, "y": side * 20.5})
    assert "Row 20, column 30 is called" in sentence(page)
    assert page.get_by_label("Row", exact=True).input_value() == "98"
    page.mouse.move(1, 1)
    assert sentence(page) == before


def test_a_mouse_that_rests_stays_on_the_pixel_it_picked(mount, figure):
    page = mount(figure, zoom=6)
    box = page.locator(".ep-fx-lens").nth(3).bounding_box()
    x, y = box["x"] + 0.9 * box["width"], box["y"] + 0.8 * box["height"]
    page.mouse.click(x, y)
    picked = sentence(page)
    page.mouse.move(x, y)  # so do browsers, as the picture has moved
    assert sentence(page) == picked
    page.mouse.move(x - 50, y)
    assert sentence(page) != picked


def test_a_finger_that_scrolls_does_not_peek(mount, figure):
    page = mount(figure)
    before = sentence(page)
    for kind in "touch", "mouse":
        page.locator(".ep-fx-lens > *").nth(3).evaluate(
            """(map, pointerType) => {
              const { x, y } = map.getBoundingClientRect();
              const place = { clientX: x + 200, clientY: y + 9, pointerType };
              map.dispatchEvent(new PointerEvent("pointermove", place));
            }""",
            kind,
        )
        assert (sentence(page) == before) == (kind == "touch")


@pytest.mark.parametrize("cls", [FCN8s, FCN16s])
@torch.no_grad()
def test_line_of_pytorch_does_the_same(mount, cls):
    net, figure = small(cls)
    page = mount(figure)
    code = page.locator(".ep-code")
    colors = np.array((*COLORS, (255, 255, 255)), dtype=np.uint8)
    for on in (s for s in SUBSETS if set(s) <= set(figure.recorded)):
        switch(page, on)
        page.get_by_text("labels", exact=True).click()
        known = {
            "net": net, "x": to_images(ODD), "upsample": upsample,
            "torch": torch, "target": torch.tensor(ODD_LABELS),
        }  # fmt: skip
        exec(code.inner_text(), known)
        assert agreement(page, known["labels"][0].numpy(), colors) > 0.999
        page.get_by_text("who decided", exact=True).click()
        exec(code.inner_text(), known)
        inks = {32: (222, 214, 198), 16: (86, 160, 211), 8: (213, 94, 0)}
        who = known["decided"][0].numpy()
        assert agreement(page, who, [inks[s] for s in on]) > 0.999
        page.get_by_text("errors", exact=True).click()
        exec(code.inner_text(), known)
        wrong = (painted(page) == (160, 30, 40)).all(axis=-1)
        assert (wrong == known["wrong"][0].numpy()).mean() > 0.999


def test_bad_value_gives_a_message(warns, figure):
    warns(
        figure,
        ("strides", [4], "strides is [4]", "stride 8"),
        ("strides", [8, 8], "strides is [8,8]", "stride 8"),
        ("view", 3, "view is 3", "errors"),
        ("zoom", 0, "zoom is 0", "Zoom"),
        ("row", float("nan"), "row is NaN", "Row"),
        ("column", "x", 'column is "x"', "Column"),
        ("row", 999, "row is 999", "Row"),
    )


def test_figure_has_no_barriers(looks_well, figure):
    looks_well(figure, view="decided", strides=[32, 8])

"""After FCN: decoders that concatenate or add, and their measurement."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_nets import K, features, fresh, learners, noise, spread
from torch import nn

from fcn_lib import results, train
from fcn_lib.beyond import SumNet, UNet
from fcn_lib.results import beyond as measured
from fcn_lib.scenes import CLASSES, scene

KINDS = [UNet, SumNet]


@torch.no_grad()
def lively(kind):
    """A small net, its score layer not zero any more, in eval mode."""
    net = fresh(kind).train()
    for _ in range(20):  # batch normalisation finds its statistics
        net(torch.rand(2, 3, 64, 64))
    net.score.reset_parameters()
    return net.eval()


@pytest.fixture(scope="module")
def nets():
    """Make one net of each kind; no test changes them."""
    return {kind: lively(kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=8)
@given(st.integers(1, 70), st.integers(1, 70))
@example(1, 1)
@example(33, 64)
@torch.no_grad()
def test_logits_have_the_size_of_any_image(nets, kind, H, W):
    logits = nets[kind](noise(2, 3, H, W))
    assert logits.shape == (2, K, H, W) and logits.isfinite().all()


def meet(state, name, x):
    """Convolution, normalisation and ReLU, by torch's functions alone."""
    x = F.conv2d(x, state[f"{name}.0.weight"], padding=1)
    mean, var, weight, bias = (
        state[f"{name}.1.{part}"]
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return F.batch_norm(x, mean, var, weight, bias).relu()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(64, 96), (20, 41)])
@torch.no_grad()
def test_every_step_by_torch_alone(nets, kind, size):
    net, images = nets[kind], noise(2, 3, *size)
    state = net.state_dict()

    def conv(name, x):
        return F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"])

    pool3, pool4, pool5 = features(state, images)
    x = conv("coarse", pool5)
    for stride, skip in (16, pool4), (8, pool3):
        x = spread(x, 2)
        if kind is UNet:
            x = torch.cat([x, skip], dim=1)
        else:
            x = x + conv(f"skip{stride}", skip)
        x = meet(state, f"meet{stride}", x)
    expected = spread(conv("score", x), 8)[..., : size[0], : size[1]]
    assert expected.std() > 0.01
    torch.testing.assert_close(net(images), expected, rtol=0, atol=1e-4)


@torch.no_grad()
def test_a_sum_is_a_concatenation_with_tied_weights():
    # one meeting of SumNet, done on the pile of both maps
    net = lively(SumNet)
    width = net.coarse.out_channels
    x, pool4 = noise(1, width, 6, 8), noise(1, net.skip16.in_channels, 6, 8)
    net.skip16.bias.zero_()  # at the rim a bias meets zeros
    W, L = net.meet16[0].weight, net.skip16.weight[:, :, 0, 0]
    tied = (W.permute(0, 2, 3, 1) @ L).permute(0, 3, 1, 2)
    pile = F.conv2d(
        torch.cat([x, pool4], dim=1), torch.cat([W, tied], dim=1), padding=1
    )
    ours = net.meet16[0](x + net.skip16(pool4))
    torch.testing.assert_close(ours, pile, rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_it_learns(kind):
    first, second = learners(fresh(kind))
    everything = {name for name, _ in fresh(kind).named_parameters()}
    # behind a score layer of zeros only that layer has a gradient
    assert first == {"score.weight", "score.bias"}
    decoder = {k for k in everything if not k.startswith("backbone.")}
    assert decoder <= second and len(second) > 0.9 * len(everything)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fresh_net_finds_all_classes_alike(kind):
    assert fresh(kind).eval()(noise(1, 3, 50, 70)).eq(0).all()


def test_the_two_have_the_same_number_of_weights():
    def own(net):
        return sum(
            p.numel()
            for name, p in net.named_parameters()
            if not name.startswith("backbone.")
        )

    u, s = (own(kind(8, pretrained=False)) for kind in KINDS)
    w = 48
    maps = (320 + 1) * w + 9 * w * (w + 112) + 9 * w * (w + 40)
    assert u == maps + 2 * 2 * w + (w + 1) * 8
    assert abs(s - u) < 0.01 * u


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_labelled(nets, kind):
    image, _ = scene(3, size=(40, 64))
    pred = nets[kind].predict(image)
    assert pred.shape == (40, 64) and pred.max() < K
    with torch.no_grad():
        x = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
        assert (nets[kind](x)[0].argmax(0).numpy() == pred).all()


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_classes_are_refused(kind):
    with pytest.raises(ValueError, match="2 to 255, not 1: "):
        kind(1, pretrained=False)


def test_each_net_trains_and_is_scored(monkeypatch, tmp_path):
    pairs = list(train.Scenes(4, size=(32, 64)))
    monkeypatch.setattr(train, "scene_pairs", lambda split: pairs)
    monkeypatch.setattr(measured, "SEEDS", (0,))
    monkeypatch.setattr(measured, "ROUNDS", 1)
    short = {"steps": 2, "batch_size": 2, "crop": (32, 64)}
    monkeypatch.setattr(measured, "RECIPE", measured.RECIPE | short)
    monkeypatch.setattr(
        measured,
        "NETS",
        {
            name: lambda K, kind=kind, **options: kind(
                K, backbone="test_efficientnet", pretrained=False
            )
            for name, kind in measured.NETS.items()
        },
    )
    runs = measured.after_fcn(tmp_path / "beyond.json")["runs"]
    assert list(runs) == ["costs", *(f"{name} 0" for name in measured.NETS)]
    assert runs["costs"]["fcn8s"]["step"] == 1
    for name in measured.NETS:
        assert 0 <= runs[f"{name} 0"]["mean_iou"] <= 1
        assert list(runs[f"{name} 0"]["iou"]) == list(CLASSES)


def test_the_stored_measurement_is_whole():
    record = results.read("beyond")
    runs = record["runs"]
    names = [f"{name} {s}" for s in (0, 1, 2) for name in measured.NETS]
    assert set(runs) == {"costs", *names}
    assert record["provenance"]["command"].endswith("results beyond")
    for name, kind in measured.NETS.items():
        net = kind(len(CLASSES), pretrained=False)
        count = sum(p.numel() for p in net.parameters())
        assert runs["costs"][name]["weights"] == count


def test_what_the_chapter_says_of_it_holds():
    runs = results.read("beyond")["runs"]

    def of(name, key="mean_iou"):
        return [runs[f"{name} {seed}"][key] for seed in (0, 1, 2)]

    # skips, or dilation, against the same backbone without
    for name in "fcn8s", "sum", "unet", "dilated":
        assert min(of(name)) > max(of("fcn32s")) + 0.05
    assert min(of("fcn8s")) > max(of("dilated"))
    assert min(of("dilated")) > max(of("sum") + of("unet"))
    # no ranking of these two: their seeds overlap
    assert min(of("sum")) < max(of("unet"))
    assert min(of("unet")) < max(of("sum"))
    costs = runs["costs"]
    assert costs["dilated"]["weights"] == costs["fcn32s"]["weights"]
    assert costs["dilated"]["step"] > 3


def test_with_more_steps_the_decoders_catch_up():
    assert measured.LONG["steps"] == sum(train.STEPS.values())
    runs = results.read("beyond-long")["runs"]
    partner = results.read("ladder-scenes")["runs"]["fcn8s at once"]
    assert list(runs) == ["sum", "unet"]
    for run in runs.values():
        assert abs(run["mean_iou"] - partner["mean_iou"]) < 0.02
        assert run["iou"]["pole"] > 0.1


def test_the_patient_decoders_train_and_are_scored(monkeypatch, tmp_path):
    pairs = list(train.Scenes(4, size=(32, 64)))
    monkeypatch.setattr(train, "scene_pairs", lambda split: pairs)
    short = {"steps": 2, "batch_size": 2, "crop": (32, 64)}
    monkeypatch.setattr(measured, "LONG", measured.LONG | short)
    small = {"backbone": "test_efficientnet", "pretrained": False}
    nets = {k: partial(kind, **small) for k, kind in measured.NETS.items()}
    monkeypatch.setattr(measured, "NETS", nets)
    record = measured.patient_decoders(tmp_path / "beyond-long.json")
    assert record["provenance"]["command"].endswith("results beyond-long")
    runs = record["runs"]
    assert list(runs) == ["sum", "unet"]
    assert all(0 <= run["mean_iou"] <= 1 for run in runs.values())


def test_a_layer_that_is_none_of_ours_has_no_place_there():
    for kind in KINDS:
        kinds = {type(m) for m in kind(8, pretrained=False).modules()}
        assert nn.ConvTranspose2d not in kinds  # all upsampling is fixed

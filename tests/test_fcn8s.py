"""FCN-8s: sizes, where it starts, and what each stride adds."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_nets import (
    K,
    features,
    fresh,
    learners,
    noise,
    on_scores,
    ramp,
    random_weights,
    spread,
)
from torch import nn

from fcn_lib import fcn8s
from fcn_lib.fcn8s import FCN8s
from fcn_lib.fcn16s import FCN16s
from fcn_lib.fcn32s import FCN32s
from fcn_lib.scenes import scene

SCORES = {32: "score", 16: "score_pool4", 8: "score_pool3"}
SIZES = [(64, 96), (97, 65), (20, 41), (1, 1)]


@pytest.fixture(scope="module")
def net():
    """Make one net with random weights; no test changes it."""
    return random_weights(fresh(FCN8s))


@pytest.fixture
def small():
    """Make a net with random weights that a test may change."""
    return random_weights(fresh(FCN8s))


@pytest.fixture
def old():
    """Make an FCN-16s as it could come from training."""
    return random_weights(fresh(FCN16s))


@torch.no_grad()
def silence(net, *strides):
    """Let these strides say nothing."""
    for stride in strides:
        layer = getattr(net, SCORES[stride])
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)


@settings(deadline=None, max_examples=12)
@given(st.integers(1, 70), st.integers(1, 70))
@example(1, 1)
@example(1, 70)
@example(31, 33)
@example(32, 32)
@example(33, 47)
@example(64, 65)
@torch.no_grad()
def test_logits_have_the_size_of_any_image(net, H, W):
    logits = net(noise(2, 3, H, W))
    assert logits.shape == (2, K, H, W)
    assert logits.isfinite().all()


@pytest.mark.parametrize("size", SIZES)
@torch.no_grad()
def test_every_step_by_torch_alone(net, size):
    images, state = noise(2, 3, *size), net.state_dict()

    def score(name, x):
        return F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"])

    def twice(name, x):
        weight = state[f"{name}.weight"]
        return F.conv_transpose2d(x, weight, stride=2, padding=1, groups=K)

    pool3, pool4, pool5 = features(state, images)
    x = twice("upscore2", score("score", pool5))
    x = twice("upscore_pool4", x + score("score_pool4", pool4))
    x = spread(x + score("score_pool3", pool3), 8)
    expected = x[..., : size[0], : size[1]]
    assert expected.std() > 0.01
    torch.testing.assert_close(net(images), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_a_fresh_net_finds_all_classes_alike(training):
    logits = fresh(FCN8s).train(training)(noise(2, 3, 50, 70))
    assert logits.shape == (2, K, 50, 70) and logits.eq(0).all()


@torch.no_grad()
def test_sizes_on_128_pixels(net, monkeypatch):
    seen, upsample = [], fcn8s.upsample

    def last(x, factor):
        y = upsample(x, factor)
        seen.append((f"x{factor}", x.shape[-1], y.shape[-1]))
        return y

    def note(name):
        def hook(module, args, out):
            seen.append((name, args[0].shape[-1], out.shape[-1]))

        return hook

    monkeypatch.setattr(fcn8s, "upsample", last)
    names = "upscore2", "upscore_pool4", *SCORES.values()
    hooks = [getattr(net, n).register_forward_hook(note(n)) for n in names]
    logits = net(noise(1, 3, 128, 128))
    for hook in hooks:
        hook.remove()
    # 4 → 8 and 8 → 8 meet, 8 → 16 and 16 → 16 meet, then 16 → 128
    assert seen == [
        ("score", 4, 4),
        ("upscore2", 4, 8),
        ("score_pool4", 8, 8),
        ("upscore_pool4", 8, 16),
        ("score_pool3", 16, 16),
        ("x8", 16, 128),
    ]
    assert logits.shape[-2:] == (128, 128)


def test_upsampling_has_no_weights_between_classes():
    net = FCN8s(21, pretrained=False)
    layers = [m for m in net.modules() if isinstance(m, nn.ConvTranspose2d)]
    assert len(layers) == 2
    for layer in layers:
        assert layer.groups == layer.in_channels == layer.out_channels == 21
        assert layer.bias is None
    beyond = {
        name: weight.numel()
        for name, weight in net.named_parameters()
        if not name.startswith("backbone.")
    }
    # the last step of ×8 is fixed, and not among them
    assert beyond == {
        "score.weight": 21 * 320,
        "score.bias": 21,
        "upscore2.weight": 21 * 4 * 4,
        "score_pool4.weight": 21 * 112,
        "score_pool4.bias": 21,
        "upscore_pool4.weight": 21 * 4 * 4,
        "score_pool3.weight": 21 * 40,
        "score_pool3.bias": 21,
    }
    assert sum(beyond.values()) == 10647


def test_scores_of_all_strides_lie_where_they_belong():
    # each stride says a part of where the centres of its cells are
    maps = ramp(8) / 8, ramp(16) / 8, ramp(32) * 3 / 4
    net = on_scores(fresh(FCN8s), *maps)
    images = noise(1, 3, 160, 224)
    # the rim, where zeros are seen beyond the scores, is 28 pixels wide
    inner = (..., slice(28, -28), slice(28, -28))
    whole = ramp(1)[inner]
    torch.testing.assert_close(net(images)[inner], whole, rtol=0, atol=1e-9)
    parts = net.contributions(images)
    for stride, share in (32, 3 / 4), (16, 1 / 8), (8, 1 / 8):
        torch.testing.assert_close(
            parts[stride][inner], share * whole, rtol=0, atol=1e-9
        )


@torch.no_grad()
def test_it_starts_with_the_scores_of_an_fcn16s(old):
    new = FCN8s.from_fcn16s(old).eval()
    images = noise(2, 3, 97, 150)
    _, pool4, pool5 = old.backbone(images)
    fused = old.upscore2(old.score(pool5)) + old.score_pool4(pool4)
    expected = spread(spread(fused, 2), 8)[..., :97, :150]
    torch.testing.assert_close(new(images), expected, rtol=0, atol=1e-5)
    # two steps are smoother than one: these are not the same logits
    logits = old(images)
    assert (new(images) - logits).abs().max() > 0.1 * logits.std()


@torch.no_grad()
def test_from_32_to_16_to_8_takes_three_steps():
    first = random_weights(fresh(FCN32s))
    last = FCN8s.from_fcn16s(FCN16s.from_fcn32s(first)).eval()
    images = noise(2, 3, 97, 150)
    coarse = first.score(first.backbone(images)[-1])
    expected = spread(spread(spread(coarse, 2), 2), 8)[..., :97, :150]
    torch.testing.assert_close(last(images), expected, rtol=0, atol=1e-5)


def test_three_steps_smooth_a_peak_to_nine_sixteenths():
    peak = torch.zeros(1, K, 5, 5).double()
    peak[..., 2, 2] = 1
    nothing = (torch.zeros(1, K, n, n).double() for n in (20, 10))
    net = on_scores(fresh(FCN8s), *nothing, peak)
    assert net(noise(1, 3, 160, 160)).max().item() == 0.75**2


@torch.no_grad()
def test_constant_scores_are_unmodified_but_for_the_rim():
    old = fresh(FCN16s).eval()
    old.score.reset_parameters()
    nn.init.zeros_(old.score.weight)
    new, images = FCN8s.from_fcn16s(old).eval(), noise(1, 3, 128, 160)
    ours, theirs = new(images), old(images)
    inner = (..., slice(28, -28), slice(28, -28))
    assert theirs[inner].std((-2, -1)).max() < 1e-6
    torch.testing.assert_close(ours[inner], theirs[inner])
    for rim in (..., 27, slice(None)), (..., slice(None), -28):
        assert (ours[rim] - theirs[rim]).abs().amax(-1).min() > 1e-4


def test_weights_are_copied_and_the_old_net_stays(old):
    before = {k: v.clone() for k, v in old.state_dict().items()}
    new = FCN8s.from_fcn16s(old)
    assert new.backbone.name == "test_efficientnet"
    state = new.state_dict()
    for key, value in before.items():
        assert state[key].equal(value), key
    skip = {"score_pool3.weight", "score_pool3.bias"}
    assert state.keys() - before.keys() == {"upscore_pool4.weight"} | skip
    assert all(state[key].eq(0).all() for key in skip)
    # neither weights nor running statistics are shared
    new.train()(noise(2, 3, 64, 64) * 3)
    with torch.no_grad():
        for weight in new.parameters():
            weight += 1
    assert not old.training
    for key, value in old.state_dict().items():
        assert value.equal(before[key]), key
        assert not new.state_dict()[key].equal(value), key


@pytest.mark.parametrize("size", SIZES)
@torch.no_grad()
def test_contributions_add_up_to_the_logits(net, size):
    images = noise(2, 3, *size)
    parts = net.contributions(images)
    assert list(parts) == [32, 16, 8]
    for part in parts.values():
        assert part.shape == (2, K, *size)
        assert part.abs().max() > 0.01
    total = parts[32] + parts[16] + parts[8]
    torch.testing.assert_close(total, net(images), rtol=0, atol=1e-5)


@pytest.mark.parametrize("stride", SCORES)
@torch.no_grad()
def test_a_contribution_comes_from_one_layer_of_scores(small, stride):
    images = noise(2, 3, 97, 65)
    before = small.contributions(images)
    others = SCORES.keys() - {stride}
    silence(small, *others)
    parts = small.contributions(images)
    assert parts[stride].equal(before[stride])
    for other in others:
        assert parts[other].eq(0).all()
    # alone, it is the whole
    torch.testing.assert_close(
        small(images), before[stride], rtol=0, atol=1e-5
    )


@pytest.mark.parametrize(
    "layer, behind", [("upscore2", {32}), ("upscore_pool4", {32, 16})]
)
@torch.no_grad()
def test_a_contribution_goes_through_the_layers_behind_it(
    small, layer, behind
):
    images = noise(1, 3, 64, 96)
    before = small.contributions(images)
    getattr(small, layer).weight *= 2
    for stride, part in small.contributions(images).items():
        factor = 2 if stride in behind else 1
        torch.testing.assert_close(part, factor * before[stride])


def test_every_weight_learns_from_the_second_step_on():
    net = fresh(FCN8s)
    first, second = learners(net)
    # nothing flows back through score layers of zeros, and what is zero
    # teaches the upsampling nothing
    assert first == {
        f"{name}.{part}"
        for name in SCORES.values()
        for part in ("weight", "bias")
    }
    assert second == dict(net.named_parameters()).keys()


@pytest.mark.parametrize("num_classes", [1, 0, -3, 256])
def test_two_to_255_classes_are_possible(num_classes):
    with pytest.raises(ValueError, match=f"2 to 255, not {num_classes}: "):
        FCN8s(num_classes, "test_efficientnet", pretrained=False)
    FCN8s(2 if num_classes < 2 else 255, "test_efficientnet", False)


@pytest.mark.parametrize("training", [True, False])
def test_predict_is_the_largest_logit(small, training):
    picture = scene(0, (81, 113))[0]
    small.train(training)
    labels = small.predict(picture)
    assert small.training is small.backbone.training is training
    assert labels.shape == (81, 113) and labels.dtype == np.uint8
    assert len(np.unique(labels)) > 1
    images = torch.tensor(picture / 255, dtype=torch.float32)
    with torch.no_grad():
        logits = small.eval()(images.permute(2, 0, 1)[None])
    assert np.array_equal(labels, logits[0].numpy().argmax(0))


@pytest.mark.parametrize("layer", SCORES.values())
def test_nan_is_not_class_zero(small, layer):
    nn.init.constant_(getattr(small, layer).weight, torch.nan)
    with pytest.raises(ValueError, match=f"{33 * 40 * K} logits are NaN"):
        small.predict(np.zeros((33, 40, 3), dtype=np.uint8))


def test_only_a_net_with_one_skip_grows_into_one_with_two():
    bare = FCN32s(3, "test_efficientnet", pretrained=False)
    with pytest.raises(ValueError, match="an FCN32s, not an FCN16s"):
        FCN8s.from_fcn16s(bare)
    done = FCN8s(3, "test_efficientnet", pretrained=False)
    with pytest.raises(ValueError, match="an FCN8s, not an FCN16s"):
        FCN8s.from_fcn16s(done)

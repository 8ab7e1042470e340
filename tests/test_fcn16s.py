"""FCN-16s: sizes, where it starts, and every step computed again."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st
from small_nets import (
    Given,
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

from fcn_lib import fcn16s
from fcn_lib.fcn16s import FCN16s
from fcn_lib.fcn32s import FCN32s
from fcn_lib.scenes import scene

SCORES = "score", "score_pool4"


@pytest.fixture(scope="module")
def net():
    """Make one net with random weights; no test changes it."""
    return random_weights(fresh(FCN16s))


@pytest.fixture
def small():
    """Make a net with random weights that a test may change."""
    return random_weights(fresh(FCN16s))


@pytest.fixture
def old():
    """Make an FCN-32s as it could come from training."""
    return random_weights(fresh(FCN32s))


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


@pytest.mark.parametrize("size", [(64, 96), (97, 65), (20, 41), (1, 1)])
@torch.no_grad()
def test_every_step_by_torch_alone(net, size):
    images, state = noise(2, 3, *size), net.state_dict()
    _, pool4, pool5 = features(state, images)
    x = F.conv2d(pool5, state["score.weight"], state["score.bias"])
    x = F.conv_transpose2d(
        x, state["upscore2.weight"], stride=2, padding=1, groups=K
    )
    x = x + F.conv2d(
        pool4, state["score_pool4.weight"], state["score_pool4.bias"]
    )
    expected = spread(x, 16)[..., : size[0], : size[1]]
    assert expected.std() > 0.01
    torch.testing.assert_close(net(images), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_a_fresh_net_finds_all_classes_alike(training):
    logits = fresh(FCN16s).train(training)(noise(2, 3, 50, 70))
    assert logits.shape == (2, K, 50, 70) and logits.eq(0).all()


@torch.no_grad()
def test_sizes_on_128_pixels(net, monkeypatch):
    seen, upsample = [], fcn16s.upsample

    def last(x, factor):
        y = upsample(x, factor)
        seen.append((f"x{factor}", x.shape[-1], y.shape[-1]))
        return y

    def note(name):
        def hook(module, args, out):
            seen.append((name, args[0].shape[-1], out.shape[-1]))

        return hook

    monkeypatch.setattr(fcn16s, "upsample", last)
    names = "score", "upscore2", "score_pool4"
    hooks = [getattr(net, n).register_forward_hook(note(n)) for n in names]
    maps = []
    hooks.append(
        net.backbone.register_forward_hook(lambda *args: maps.extend(args[-1]))
    )
    logits = net(noise(1, 3, 128, 128))
    for hook in hooks:
        hook.remove()
    assert [m.shape[-2:] for m in maps] == [(16, 16), (8, 8), (4, 4)]
    # 4 → 8 and 8 → 8 meet, then 8 → 128
    assert seen == [
        ("score", 4, 4),
        ("upscore2", 4, 8),
        ("score_pool4", 8, 8),
        ("x16", 8, 128),
    ]
    assert logits.shape[-2:] == (128, 128)


def test_upsampling_has_no_weights_between_classes():
    net = FCN16s(21, pretrained=False)
    layers = [m for m in net.modules() if isinstance(m, nn.ConvTranspose2d)]
    assert len(layers) == 1
    for layer in layers:
        assert layer.groups == layer.in_channels == layer.out_channels == 21
        assert layer.bias is None
    beyond = {
        name: weight.numel()
        for name, weight in net.named_parameters()
        if not name.startswith("backbone.")
    }
    # the last step of ×16 is fixed, and not among them
    assert beyond == {
        "score.weight": 21 * 320,
        "score.bias": 21,
        "upscore2.weight": 21 * 4 * 4,
        "score_pool4.weight": 21 * 112,
        "score_pool4.bias": 21,
    }
    assert sum(beyond.values()) == 9450


def test_scores_of_both_strides_lie_where_they_belong():
    # each stride says half of where the centres of its cells are
    net = on_scores(fresh(FCN16s), None, ramp(16) / 2, ramp(32) / 2)
    logits = net(noise(1, 3, 160, 224))
    # the rim, where zeros are seen beyond the scores, is 24 pixels wide
    inner = (..., slice(24, -24), slice(24, -24))
    torch.testing.assert_close(
        logits[inner], ramp(1)[inner], rtol=0, atol=1e-9
    )


@torch.no_grad()
def test_it_starts_with_the_scores_of_an_fcn32s(old):
    new = FCN16s.from_fcn32s(old).eval()
    images = noise(2, 3, 97, 150)
    coarse = old.score(old.backbone(images)[-1])
    expected = spread(spread(coarse, 2), 16)[..., :97, :150]
    torch.testing.assert_close(new(images), expected, rtol=0, atol=1e-5)
    # two steps are smoother than one: these are not the same logits
    logits = old(images)
    assert (new(images) - logits).abs().max() > 0.1 * logits.std()


def test_two_steps_smooth_more_than_one():
    peak = torch.zeros(1, K, 5, 5).double()
    peak[..., 2, 2] = 1
    nothing = torch.zeros(1, K, 10, 10).double()
    images = noise(1, 3, 160, 160)
    torch.manual_seed(0)
    one = FCN32s(K, "test_efficientnet", pretrained=False)
    one.backbone, one.score = Given(peak), nn.Identity()
    assert one(images).max().item() == 0.984375**2
    two = on_scores(fresh(FCN16s), None, nothing, peak)
    assert two(images).max().item() == 0.75**2


@torch.no_grad()
def test_constant_scores_are_unmodified_but_for_the_rim(old):
    nn.init.zeros_(old.score.weight)
    new, images = FCN16s.from_fcn32s(old).eval(), noise(1, 3, 128, 160)
    ours, theirs = new(images), old(images)
    inner = (..., slice(24, -24), slice(24, -24))
    assert theirs[inner].std((-2, -1)).max() < 1e-6
    torch.testing.assert_close(ours[inner], theirs[inner])
    for rim in (..., 23, slice(None)), (..., slice(None), -24):
        assert (ours[rim] - theirs[rim]).abs().amax(-1).min() > 1e-4


def test_weights_are_copied_and_the_old_net_stays(old):
    before = {k: v.clone() for k, v in old.state_dict().items()}
    new = FCN16s.from_fcn32s(old)
    assert new.backbone.name == "test_efficientnet"
    state = new.state_dict()
    for key, value in before.items():
        assert state[key].equal(value), key
    skip = {"score_pool4.weight", "score_pool4.bias"}
    assert state.keys() - before.keys() == {"upscore2.weight"} | skip
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


def test_every_weight_learns_from_the_second_step_on():
    net = fresh(FCN16s)
    first, second = learners(net)
    # nothing flows back through score layers of zeros, and what is zero
    # teaches the upsampling nothing
    assert first == {
        f"{name}.{part}" for name in SCORES for part in ("weight", "bias")
    }
    assert second == dict(net.named_parameters()).keys()


@pytest.mark.parametrize("num_classes", [1, 0, -3, 256])
def test_two_to_255_classes_are_possible(num_classes):
    with pytest.raises(ValueError, match=f"2 to 255, not {num_classes}: "):
        FCN16s(num_classes, "test_efficientnet", pretrained=False)
    FCN16s(2 if num_classes < 2 else 255, "test_efficientnet", False)


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


@pytest.mark.parametrize("layer", SCORES)
def test_nan_is_not_class_zero(small, layer):
    nn.init.constant_(getattr(small, layer).weight, torch.nan)
    with pytest.raises(ValueError, match=f"{33 * 40 * K} logits are NaN"):
        small.predict(np.zeros((33, 40, 3), dtype=np.uint8))


def test_only_a_net_without_skips_grows_into_one():
    grown = FCN16s(3, "test_efficientnet", pretrained=False)
    with pytest.raises(ValueError, match="an FCN16s, not an FCN32s"):
        FCN16s.from_fcn32s(grown)

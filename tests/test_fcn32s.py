"""FCN-32s: every size, every picture, and what it learns."""

import math
from contextlib import nullcontext

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from small_nets import K, fresh, learners, noise

from fcn_lib import train
from fcn_lib.baselines import label_by_color, learn_colors
from fcn_lib.fcn32s import FCN32s
from fcn_lib.losses import masked_cross_entropy
from fcn_lib.pixels import confusion_matrix, scores
from fcn_lib.scenes import CLASSES, scene


@pytest.fixture(scope="module")
def net():
    """Make one net of five classes; no test changes it."""
    torch.manual_seed(0)
    net = FCN32s(K).eval()
    # at zero, it would call everything by the same name
    net.score.reset_parameters()
    with torch.no_grad():
        logits = net(as_images(picture()))
        net.score.bias -= logits.mean((0, 2, 3))
    return net


@pytest.fixture
def small():
    """Make a small net that a test may change."""
    net = fresh(FCN32s)
    net.score.reset_parameters()
    return net


def picture(height=80, width=112):
    """A street of any size, uint8."""
    return scene(0, (height, width))[0]


def as_images(rgb):
    """A uint8 picture as the only one of a batch, 0…1."""
    images = torch.tensor(rgb / 255, dtype=torch.float32)
    return images.permute(2, 0, 1)[None]


@torch.no_grad()
def by_hand(net, rgb):
    """Labels of a uint8 picture, without ``predict``."""
    return net(as_images(rgb))[0].argmax(0).numpy()


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
    images = noise(1, 3, H, W)
    logits = net(images)
    assert logits.shape == (1, K, H, W)
    # another route: repeat the last row and column up to 32, then crop
    rows = torch.arange(-(-H // 32) * 32).clamp(max=H - 1)
    columns = torch.arange(-(-W // 32) * 32).clamp(max=W - 1)
    whole = net(images[:, :, rows][:, :, :, columns])
    assert logits.equal(whole[..., :H, :W])


@pytest.mark.parametrize("size", [(64, 96), (97, 65)])
@torch.no_grad()
def test_images_of_a_batch_do_not_meet(net, size):
    images = noise(2, 3, *size)
    both = net(images)
    assert both.shape == (2, K, *size)
    for image, logits in zip(images, both, strict=True):
        torch.testing.assert_close(net(image[None])[0], logits)


@torch.no_grad()
def test_logits_are_scores_interpolated(net):
    images = noise(1, 3, 128, 160)
    coarse = net.backbone(images)[-1]
    assert coarse.shape == (1, 320, 4, 5)
    # a 1x1 convolution is a matrix product at each cell
    weight, bias = net.score.weight[:, :, 0, 0], net.score.bias
    cells = torch.einsum("kc,ncij->nkij", weight, coarse) + bias[:, None, None]
    expected = F.interpolate(cells, scale_factor=32, mode="bilinear")
    inner = (..., slice(16, -16), slice(16, -16))
    torch.testing.assert_close(
        net(images)[inner], expected[inner], rtol=0, atol=1e-4
    )


@pytest.mark.parametrize("axis", [-1, -2])
@torch.no_grad()
def test_a_shift_by_32_shifts_the_logits_by_32(net, axis):
    long = as_images(picture(32, 1312)).transpose(-1, axis)
    first = net(long.narrow(axis, 0, 1280))
    second = net(long.narrow(axis, 32, 1280))
    # the rim of the image is felt up to 14 cells away: 448 pixels
    first = first.narrow(axis, 480 + 32, 320)
    second = second.narrow(axis, 480, 320)
    assert first.std(axis).max() > 0.1
    torch.testing.assert_close(first, second, rtol=0, atol=1e-4)


@torch.no_grad()
def test_a_shift_by_16_is_not_a_shift_of_the_logits(net):
    long = as_images(picture(32, 1312))
    first = net(long[..., :1280])[..., 480 + 16 : 800 + 16]
    second = net(long[..., 16:1296])[..., 480:800]
    assert (first - second).abs().max() > 0.1


def test_training_needs_more_than_one_cell(small):
    small.train()
    with pytest.raises(ValueError, match="one image of 20x20 .* larger crops"):
        small(noise(1, 3, 20, 20))
    assert small(noise(2, 3, 20, 20)).shape == (2, K, 20, 20)
    assert small(noise(1, 3, 33, 20)).shape == (1, K, 33, 20)


@pytest.mark.parametrize("training", [True, False])
def test_a_fresh_net_finds_all_classes_alike(training):
    net, images = fresh(FCN32s).train(training), noise(2, 3, 50, 70)
    logits = net(images)
    assert logits.eq(0).all()
    loss = masked_cross_entropy(logits, torch.full((2, 50, 70), K - 1))
    assert loss.item() == pytest.approx(math.log(K), rel=1e-6)


def test_every_weight_learns_from_the_second_step_on():
    net = fresh(FCN32s)
    first, second = learners(net)
    # nothing flows back through a score layer of zeros
    assert first == {"score.weight", "score.bias"}
    assert second == dict(net.named_parameters()).keys()


@pytest.mark.parametrize("num_classes", [1, 0, -3, 256])
def test_two_to_255_classes_are_possible(num_classes):
    with pytest.raises(ValueError, match=f"2 to 255, not {num_classes}: "):
        FCN32s(num_classes, "test_efficientnet", pretrained=False)
    FCN32s(2 if num_classes < 2 else 255, "test_efficientnet", False)


def test_predict_labels_every_pixel(net):
    labels = net.predict(picture())
    assert labels.shape == (80, 112) and labels.dtype == np.uint8
    assert len(np.unique(labels)) > 2
    assert np.array_equal(labels, by_hand(net, picture()))


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "CMYK"])
def test_predict_takes_pil_images_of_any_mode(net, mode):
    image = Image.fromarray(picture()).convert(mode)
    expected = by_hand(net, np.array(image.convert("RGB")))
    assert np.array_equal(net.predict(image), expected)


def test_predict_lays_transparent_pictures_on_white(net):
    rgba = np.dstack([picture(), np.full((80, 112), 255, np.uint8)])
    rgba[:, :50, 3] = 0
    white = picture()
    white[:, :50] = 255
    labels = net.predict(Image.fromarray(rgba))
    assert not np.array_equal(labels, by_hand(net, picture()))
    assert np.array_equal(labels, by_hand(net, white))


def test_predict_turns_photographs_upright(net):
    image = Image.fromarray(np.ascontiguousarray(np.rot90(picture())))
    image.getexif()[0x0112] = 6
    labels = net.predict(image)
    assert labels.shape == (80, 112)
    assert np.array_equal(labels, by_hand(net, picture()))


@pytest.mark.parametrize("training", [True, False])
def test_predict_leaves_the_net_as_it_was(small, training):
    small.train(training)
    before = {k: v.clone() for k, v in small.state_dict().items()}
    # one cell: in training mode this would fail
    labels = small.predict(picture(20, 20))
    assert small.training is small.backbone.training is training
    for key, value in small.state_dict().items():
        assert value.equal(before[key]), key
    assert np.array_equal(labels, by_hand(small.eval(), picture(20, 20)))


@pytest.mark.parametrize("weight", [0, torch.nan])
def test_predict_leaves_a_frozen_backbone_frozen(small, weight):
    torch.nn.init.constant_(small.score.weight, weight)
    small.train().backbone.eval()
    fails = pytest.raises(ValueError, match="NaN")
    with nullcontext() if weight == 0 else fails:
        small.predict(picture())
    assert small.training and small.score.training
    assert not any(part.training for part in small.backbone.modules())


def test_predict_wants_no_gradient(small):
    tracked = []
    small.score.register_forward_hook(
        lambda *args: tracked.append(args[-1].requires_grad)
    )
    small.predict(picture())
    assert tracked == [False]


@pytest.mark.parametrize("training", [True, False])
def test_nan_is_not_class_zero(small, training):
    torch.nn.init.constant_(small.score.weight, torch.nan)
    small.train(training)
    with pytest.raises(ValueError, match=f"{80 * 112 * K} logits are NaN"):
        small.predict(picture())
    assert small.training is training


@pytest.mark.parametrize(
    "image, words",
    [
        (picture() / 255, "not float64"),
        (picture()[..., 0], r"\(80, 112\)"),
        (picture()[:0], r"\(0, 112, 3\)"),
        (torch.zeros(1, 3, 4, 6), r"\[1, 3, 4, 6\]"),
        (Image.new("I;16", (5, 5)), "more than 8 bits"),
    ],
)
def test_bad_pictures_are_named(small, image, words):
    with pytest.raises(ValueError, match=words):
        small.predict(image)


def mean_iou(preds, pairs):
    """Score predictions over a whole data set."""
    return scores(
        sum(
            confusion_matrix(pred, target, len(CLASSES))
            for pred, (_, target) in zip(preds, pairs, strict=True)
        )
    ).mean_iou


def test_it_learns_more_than_colour():
    net, pairs = train.trained("fcn32s"), train.scene_pairs("test")
    ours = scores(train.evaluate(net, pairs, len(CLASSES))).mean_iou
    table = learn_colors(train.scene_pairs("train"), len(CLASSES))
    colour = [label_by_color(image, table) for image, _ in pairs]
    constants = [
        mean_iou([np.full_like(t, k) for _, t in pairs], pairs)
        for k in range(len(CLASSES))
    ]
    assert ours >= 0.50
    assert ours >= mean_iou(colour, pairs) + 0.2
    assert ours >= max(constants) + 0.2

"""The dilated net: an old net's answers, and new ones in between."""

import pytest
import timm
import torch
from small_nets import K, fresh, noise, spread
from torch import nn

from fcn_lib.backbones import DEFAULT, Backbone
from fcn_lib.dilated import DilatedFCN
from fcn_lib.fcn32s import FCN32s
from fcn_lib.stride import receptive_field


@pytest.fixture(scope="module")
def old():
    """Make an FCN-32s; ImageNet's weights, and scores that are not zero."""
    net = FCN32s(K).eval()
    torch.manual_seed(0)
    net.score.reset_parameters()
    return net


@pytest.fixture(scope="module")
def new(old):
    """Make the dilated net with the same weights."""
    net = DilatedFCN(K, pretrained=False).eval()
    net.load_state_dict(old.state_dict())
    return net


@pytest.mark.parametrize("size", [(64, 96), (97, 65), (1, 1), (31, 33)])
@torch.no_grad()
def test_logits_have_the_size_of_any_image(new, size):
    logits = new(noise(2, 3, *size))
    assert logits.shape == (2, K, *size) and logits.isfinite().all()


@torch.no_grad()
def test_the_old_cells_are_every_fourth_of_the_new(old, new):
    images = noise(2, 3, 96, 160)
    coarse, fine = (net.backbone(images)[-1] for net in (old, new))
    assert fine.shape[2:] == (12, 20) and coarse.std() > 0.01
    torch.testing.assert_close(
        fine[..., 3::4, 3::4], coarse, rtol=0, atol=1e-4
    )


@torch.no_grad()
def test_cells_between_are_those_of_a_picture_moved(old, new):
    # a unit sees about 600 pixels: only in the middle nothing of the rim
    images = noise(1, 3, 32, 1280)
    fine = new.backbone(images)[-1]
    for cells in (1, 2, 3):
        moved = images.roll(-8 * cells, dims=-1)
        coarse = old.backbone(moved)[-1]
        between = fine[..., 3::4, 3 + cells :: 4]
        inner = (..., slice(15, 25))
        torch.testing.assert_close(
            between[inner], coarse[inner], rtol=0, atol=1e-3
        )


@torch.no_grad()
def test_scores_are_stretched_by_eight(new):
    images = noise(2, 3, 64, 96)
    scored = new.score(new.backbone(images)[-1])
    torch.testing.assert_close(
        new(images), spread(scored, 8), atol=1e-5, rtol=0
    )


def test_it_keeps_weights_and_fields_of_the_default():
    net = DilatedFCN(8, pretrained=False)
    assert net.backbone.channels == [40, 112, 320]
    state = FCN32s(8, pretrained=False).state_dict()
    assert {k: v.shape for k, v in net.state_dict().items()} == {
        k: v.shape for k, v in state.items()
    }
    plain = Backbone(pretrained=False).body
    sizes = [field(body) for body in (plain, net.backbone.body)]
    assert sizes[0].size == sizes[1].size
    assert (sizes[0].stride, sizes[1].stride) == (32, 8)


def field(body):
    """What a unit of the last map sees; a dilated kernel counts its reach."""
    layers = []
    for layer in body.modules():
        if isinstance(layer, nn.Conv2d):
            k = layer.dilation[0] * (layer.kernel_size[0] - 1) + 1
            s = layer.stride[0]
            layers.append((k, s, (k - s) // 2))
    return receptive_field(layers)


def test_it_starts_from_imagenet():
    first = "body.conv_stem.weight"
    theirs = Backbone().state_dict()[first]
    assert DilatedFCN(8).backbone.state_dict()[first].equal(theirs)


def test_a_fresh_net_finds_all_classes_alike():
    assert fresh(DilatedFCN).eval()(noise(1, 3, 50, 70)).eq(0).all()


@torch.no_grad()
def test_a_resnet_can_be_dilated_too():
    net = DilatedFCN(K, "resnet18", pretrained=False).eval()
    old = timm.create_model("resnet18", features_only=True).eval()
    old.load_state_dict(net.backbone.body.state_dict())
    images = noise(1, 3, 64, 96)
    coarse, fine = (body(images)[-1] for body in (old, net.backbone.body))
    # its paddings are symmetric: the cells begin with the first
    torch.testing.assert_close(fine[..., ::4, ::4], coarse)


@pytest.mark.parametrize("name", ["vgg11", "densenet121"])
def test_a_backbone_that_cannot_be_dilated_is_refused(name):
    with pytest.raises(ValueError, match=f"cannot dilate {name}: choose"):
        DilatedFCN(K, name, pretrained=False)


def test_a_picture_is_labelled(new):
    picture = (noise(3, 40, 64) * 255).byte().permute(1, 2, 0).numpy()
    pred = new.predict(picture)
    assert pred.shape == (40, 64) and pred.max() < K


def test_the_default_is_the_book_s():
    net = DilatedFCN(8, pretrained=False)
    assert net.backbone.name == DEFAULT

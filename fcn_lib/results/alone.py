"""One map of the backbone alone: are the coarser ones still needed?

Nets that score a single stride, against FCN-16s that fuses two and FCN-8s that
fuses three. All train at once, on the same pictures, with as many steps.
"""

from functools import partial
from pathlib import Path

from numpy.typing import NDArray
from torch import Tensor, nn

from fcn_lib import train
from fcn_lib.backbones import DEFAULT, STRIDES, Backbone
from fcn_lib.datasets import CAMVID, camvid, load
from fcn_lib.fcn8s import FCN8s
from fcn_lib.fcn16s import FCN16s
from fcn_lib.prediction import label_picture
from fcn_lib.results.ladders import SEEDS
from fcn_lib.results.learning import learn_and_score
from fcn_lib.results.store import Jobs, measure
from fcn_lib.scenes import CLASSES
from fcn_lib.transposed import upsample

CODE = "import fcn_lib.results.alone"


class Alone(nn.Module):
    """FCN-32s, but of the map of another stride.

    Args:
        num_classes: K.
        backbone: the name of a CNN, see ``fcn_lib.backbones``.
        pretrained: start from ImageNet's weights.
        stride: 8, 16 or 32.

    Raises:
        ValueError: if the backbone gives no map of this stride.

    Example:
        >>> import torch
        >>> net = Alone(8, stride=16, pretrained=False).eval()
        >>> net(torch.zeros(1, 3, 50, 70)).shape
        torch.Size([1, 8, 50, 70])
    """

    def __init__(
        self,
        num_classes: int,
        backbone: str = DEFAULT,
        pretrained: bool = True,
        *,
        stride: int,
    ) -> None:
        super().__init__()
        if stride not in STRIDES:
            raise ValueError(f"no map of stride {stride}: there are {STRIDES}")
        self.stride = stride
        self.tap = STRIDES.index(stride)
        self.backbone = Backbone(backbone, pretrained)
        channels = self.backbone.channels[self.tap]
        self.score = nn.Conv2d(channels, num_classes, 1)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits (N, K, H, W) of images (N, 3, H, W) in 0…1."""
        H, W = images.shape[-2:]
        x = self.score(self.backbone(images)[self.tap])
        return upsample(x, self.stride)[..., :H, :W]

    def predict(self, image: NDArray) -> NDArray:
        """Label one picture (H, W, 3) uint8; returns (H, W) uint8."""
        return label_picture(self, image)


NETS = {
    "stride 32": partial(Alone, stride=32),
    "stride 16": partial(Alone, stride=16),
    "stride 8": partial(Alone, stride=8),
    "fcn16s": FCN16s,
    "fcn8s": FCN8s,
}


def alone_scenes(path: Path, root: str | None = None) -> dict:
    """Measure each net with each seed on scenes."""
    command = f"python -m fcn_lib results {path.stem}"
    return measure(path, _scenes_jobs(), CODE, command)


def alone_camvid(path: Path, root: str | None = None) -> dict:
    """Measure strides 16 and 8 alone on CamVid at half size, with each seed.

    The nets that fuse are in ``ladders.camvid_ladder``, and stride 32 alone,
    which is FCN-32s.
    """
    command = f"python -m fcn_lib results {path.stem} --root DATA"
    return measure(path, _camvid_jobs(root), CODE, command)


MEASUREMENTS = {"alone-scenes": alone_scenes, "alone-camvid": alone_camvid}


def _scenes_jobs() -> Jobs:
    data, pairs = train.scene_pairs("train"), train.scene_pairs("test")
    recipe = train.RECIPES["scenes"]
    for seed in SEEDS:
        for name, kind in NETS.items():
            make = partial(kind, len(CLASSES))
            yield (
                f"{name} {seed}",
                partial(
                    learn_and_score, make, data, pairs, CLASSES, seed, recipe
                ),
            )


def _camvid_jobs(root: str | None) -> Jobs:
    data, pairs = (
        load(camvid(root, split, shrink=2)) for split in ("train", "test")
    )
    classes, recipe = tuple(CAMVID), train.RECIPES["camvid"]
    for seed in SEEDS:
        for name in "stride 16", "stride 8":
            make = partial(NETS[name], len(classes))
            yield (
                f"{name} {seed}",
                partial(
                    learn_and_score, make, data, pairs, classes, seed, recipe
                ),
            )

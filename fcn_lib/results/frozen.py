"""FCN-32s on CamVid when only its last layer learns.

What the row FCN-32s-fixed is in table 2 of Long, Shelhamer and Darrell (2015).
All else is as for the FCN-32s of ``ladders.camvid_ladder``.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from fcn_lib import train
from fcn_lib.datasets import CAMVID, camvid, load
from fcn_lib.fcn32s import FCN32s
from fcn_lib.results.ladders import SEEDS
from fcn_lib.results.learning import learn_and_score
from fcn_lib.results.store import Jobs, measure

CODE = "import fcn_lib.results.frozen"


class Fixed(nn.Module):
    """A backbone that nothing changes, whatever mode its net is in.

    Without gradients alone, batch normalisation would still go on measuring
    the means and variances that it divides by.

    Args:
        backbone: any module; it is put in eval mode, and stays there.

    Example:
        >>> part = Fixed(nn.BatchNorm2d(1)).train()
        >>> _ = part(torch.ones(2, 1, 3, 3))
        >>> part.backbone.running_mean
        tensor([0.])
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> "Fixed":
        """Stay as it is."""
        return self

    @torch.no_grad()
    def forward(self, images: Tensor) -> list[Tensor]:
        """Compute the features of images (N, 3, H, W)."""
        return self.backbone(images)


def fix(net: nn.Module) -> nn.Module:
    """Leave all but the backbone to learn."""
    net.backbone = Fixed(net.backbone)
    return net


def fix_weights(net: nn.Module) -> nn.Module:
    """Leave the score layer to learn, and batch normalisation to measure."""
    net.backbone.requires_grad_(False)
    return net


WAYS = {"fixed": fix, "statistics anew": fix_weights}


def frozen_camvid(path: Path, root: str | None = None) -> dict:
    """Measure both ways of freezing on CamVid at half size, three seeds."""
    command = f"python -m fcn_lib results {path.stem} --root DATA"
    return measure(path, _jobs(root), CODE, command)


MEASUREMENTS = {"frozen-camvid": frozen_camvid}


def _jobs(root: str | None) -> Jobs:
    data, pairs = (
        load(camvid(root, split, shrink=2)) for split in ("train", "test")
    )
    classes, recipe = tuple(CAMVID), train.RECIPES["camvid"]
    for name, freeze in WAYS.items():
        make = partial(_make, freeze)
        for seed in SEEDS:
            yield (
                f"{name} {seed}",
                partial(
                    learn_and_score, make, data, pairs, classes, seed, recipe
                ),
            )


def _make(freeze: Callable[[nn.Module], nn.Module]) -> nn.Module:
    return freeze(FCN32s(len(CAMVID)))

"""Time the nets and their parts, as ratios within one run.

    make bench

Both sides of a ratio are timed in turn, and the fastest turn of each counts.
What a ratio should be stands beside it as its aim; nothing fails if it is
missed.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import segmentation_models_pytorch as smp
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.segmentation import fcn_resnet50

from fcn_lib.backbones import DEFAULT, Backbone
from fcn_lib.fcn8s import FCN8s
from fcn_lib.fcn16s import FCN16s
from fcn_lib.fcn32s import FCN32s
from fcn_lib.losses import masked_cross_entropy
from fcn_lib.pixels import confusion_matrix
from fcn_lib.results import HOME, measure
from fcn_lib.results.store import Jobs
from fcn_lib.results.timing import fastest
from fcn_lib.transposed import upsample

CODE = "import fcn_lib.fcn32s, fcn_lib.fcn16s, fcn_lib.fcn8s, fcn_lib.losses"
CLASSES = 8
BATCH, SIZE = 8, (160, 224)
LAYOUTS = {
    "plain": torch.contiguous_format,
    "channels_last": torch.channels_last,
}


def ratios(turns: dict[str, Callable], rounds: int, aims: dict) -> dict:
    """Compare the first turn with the others: its time over theirs."""
    best = fastest(turns, rounds)
    first, *others = best
    return {
        f"{first} / {other}": {
            "ratio": round(best[first] / best[other], 3),
            "aim": aims.get(other),
        }
        for other in others
    }


class Bare(nn.Module):
    """The backbone alone: its three maps, and nothing made of them."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone(pretrained=False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Three maps of features."""
        return self.backbone(images)


def step(net: nn.Module, images: Tensor, target: Tensor) -> None:
    """One step of training without the optimizer: forward and backward."""
    net.zero_grad()
    out = net(images)
    if isinstance(out, dict):  # torchvision's
        out = out["out"]
    if isinstance(out, list):
        loss = sum(part.mean() for part in out)
    else:
        loss = masked_cross_entropy(out, target)
    loss.backward()


def training_step(layout: torch.memory_format) -> dict:
    """FCN-8s against its backbone, and against nets of other libraries."""
    encoder = f"tu-{DEFAULT}"
    options = {"encoder_weights": None, "classes": CLASSES}
    nets = {
        "FCN-8s": FCN8s(CLASSES, pretrained=False),
        "backbone": Bare(),
        "FPN": smp.FPN(encoder, **options),
        "U-Net": smp.Unet(encoder, **options),
        "fcn_resnet50": fcn_resnet50(
            weights=None, weights_backbone=None, num_classes=CLASSES
        ),
    }
    images = torch.rand(BATCH, 3, *SIZE).to(memory_format=layout)
    target = torch.randint(CLASSES, (BATCH, *SIZE))
    turns = {
        name: partial(
            step, net.train().to(memory_format=layout), images, target
        )
        for name, net in nets.items()
    }
    aims = {"backbone": 1.06, "FPN": 0.45, "U-Net": 0.36, "fcn_resnet50": 0.08}
    # close to one: only many rounds tell such a ratio from noise
    near = {"FCN-8s": turns["FCN-8s"], "backbone": turns.pop("backbone")}
    return ratios(near, 25, aims) | ratios(turns, 7, aims)


def upsampling() -> dict:
    """A step of ×32 and back, against torch's two ways."""
    x = torch.rand(1, 21, 16, 16, requires_grad=True)
    dense = nn.ConvTranspose2d(21, 21, 64, stride=32, padding=16, bias=False)
    ways = {
        "upsample": partial(upsample, factor=32),
        "F.interpolate": partial(
            F.interpolate, scale_factor=32, mode="bilinear"
        ),
        "dense deconvolution": dense,
    }
    back = torch.rand(1, 21, 512, 512)
    turns = {
        name: lambda way=way: way(x).backward(back)
        for name, way in ways.items()
    }
    return ratios(
        turns, 20, {"F.interpolate": 0.6, "dense deconvolution": 0.2}
    )


def counting() -> dict:
    """Mpixel/s of the confusion matrix, on labels in uint8."""
    rng = np.random.default_rng(0)
    target, pred = rng.integers(0, 21, (2, 8, 512, 512), dtype=np.uint8)
    turns = {"count": lambda: confusion_matrix(pred, target, 21)}
    seconds = fastest(turns, 20)["count"]
    return {"Mpixel/s": round(target.size / seconds / 1e6), "aim": 100}


def growth() -> dict:
    """A training step of each net against the area, and the classes.

    Both should grow in proportion, or less.
    """
    sides = 128, 192, 256, 320, 384
    counts = 2, 16, 32, 64, 128
    return {
        "pixels": [2 * side * side for side in sides],
        "step by pixels": _grown([(CLASSES, side) for side in sides]),
        "classes": list(counts),
        "step by classes": _grown([(count, 256) for count in counts]),
    }


def _grown(points: list[tuple[int, int]]) -> dict[str, list[float]]:
    """Times of a step at each point (classes, side), by net.

    Relative to the first of FCN-32s. All points of all nets take turns, so
    that a busy machine slows each.
    """
    kinds = {"FCN-32s": FCN32s, "FCN-16s": FCN16s, "FCN-8s": FCN8s}
    turns = {}
    for name, kind in kinds.items():
        for count, side in points:
            net = kind(count, pretrained=False).train()
            net.to(memory_format=torch.channels_last)
            images = torch.rand(2, 3, side, side)
            target = torch.randint(count, (2, side, side))
            turns[name, count, side] = partial(step, net, images, target)
    best = fastest(turns, 20)
    unit = best["FCN-32s", *points[0]]
    return {
        name: [round(best[name, *point] / unit, 3) for point in points]
        for name in kinds
    }


def jobs() -> Jobs:
    """All measurements, one by one."""
    for name, layout in LAYOUTS.items():
        yield f"training step, {name}", partial(training_step, layout)
    yield "×32 of (1, 21, 16, 16), forward and backward", upsampling
    yield "confusion matrix of 8 × 512 × 512 labels", counting
    yield "growth", growth


def main(path: Path = HOME / "bench.json") -> None:
    """Measure all anew, store it, print it."""
    path.unlink(missing_ok=True)
    torch.manual_seed(0)
    record = measure(path, jobs(), CODE, "make bench")
    for name, run in record["runs"].items():
        print(name)
        for key, value in run.items():
            print(f"  {key}: {value}")


if __name__ == "__main__":
    sys.exit(main())

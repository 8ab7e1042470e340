"""After FCN: nets that sum, concatenate or dilate, on equal terms.

All train on the same scenes with the same recipe, from the first step on with
all their parts. They take few steps, because one of the dilated net takes so
long.
"""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from fcn_lib import train
from fcn_lib.backbones import fixing
from fcn_lib.beyond import SumNet, UNet
from fcn_lib.dilated import DilatedFCN
from fcn_lib.fcn8s import FCN8s
from fcn_lib.fcn32s import FCN32s
from fcn_lib.losses import masked_cross_entropy
from fcn_lib.results.ladders import SEEDS
from fcn_lib.results.learning import learn_and_score
from fcn_lib.results.store import Jobs, measure
from fcn_lib.results.timing import fastest
from fcn_lib.scenes import CLASSES

NETS = {
    "fcn32s": FCN32s,
    "fcn8s": FCN8s,
    "sum": SumNet,
    "unet": UNet,
    "dilated": DilatedFCN,
}
DECODERS = "sum", "unet"
RECIPE = train.RECIPES["scenes"] | {"steps": 160}
LONG = RECIPE | {"steps": sum(train.STEPS.values())}
ROUNDS = 5  # of which the fastest counts
CODE = "import fcn_lib.results.beyond"


def after_fcn(path: Path, root: str | None = None) -> dict:
    """Measure each net with each seed, and what a step of it costs."""
    return measure(path, _jobs(), CODE, _command(path))


def patient_decoders(path: Path, root: str | None = None) -> dict:
    """Measure the two decoders once, trained five times as long.

    Their partner is "fcn8s at once" of ``ladders``: the same scenes, recipe,
    seed and number of steps.
    """
    runs = {name: (name, 0) for name in DECODERS}
    return measure(path, _learning(runs, LONG), CODE, _command(path))


MEASUREMENTS = {"beyond": after_fcn, "beyond-long": patient_decoders}


def _jobs() -> Jobs:
    yield "costs", _costs
    runs = {f"{name} {seed}": (name, seed) for seed in SEEDS for name in NETS}
    yield from _learning(runs, RECIPE)


def _learning(runs: dict[str, tuple[str, int]], recipe: dict) -> Jobs:
    """One job for each title's net and seed."""
    data, pairs = train.scene_pairs("train"), train.scene_pairs("test")
    for title, (name, seed) in runs.items():
        make = partial(NETS[name], len(CLASSES))
        yield (
            title,
            partial(learn_and_score, make, data, pairs, CLASSES, seed, recipe),
        )


def _costs() -> dict:
    """Weights, and the time of a training step relative to FCN-8s."""
    N, size = RECIPE["batch_size"], RECIPE["crop"]
    images = torch.rand(N, 3, *size)
    target = torch.randint(len(CLASSES), (N, *size))
    nets = {
        name: kind(len(CLASSES), pretrained=False).train()
        for name, kind in NETS.items()
    }
    turns = {
        name: partial(
            _step, net.to(memory_format=torch.channels_last), images, target
        )
        for name, net in nets.items()
    }
    seconds = fastest(turns, ROUNDS)
    return {
        name: {
            "weights": sum(p.numel() for p in net.parameters()),
            "step": round(seconds[name] / seconds["fcn8s"], 2),
        }
        for name, net in nets.items()
    }


def _step(net: nn.Module, images: Tensor, target: Tensor) -> None:
    """Forward and backward, on the CPU, without the optimizer."""
    net.zero_grad()
    with fixing(net.backbone.up_to(RECIPE["fixed"])):
        masked_cross_entropy(net(images), target).backward()


def _command(path: Path) -> str:
    return f"python -m fcn_lib results {path.stem}"

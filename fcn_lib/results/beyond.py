"""After FCN: nets that sum, concatenate or dilate, on equal terms.

All train on the same scenes with the same recipe, from the first step on with
all their parts. It is shorter than the recipe of the ladder, because a step
of the dilated net takes so long.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from fcn_lib import train
from fcn_lib.beyond import SumNet, UNet
from fcn_lib.dilated import DilatedFCN
from fcn_lib.fcn8s import FCN8s
from fcn_lib.fcn32s import FCN32s
from fcn_lib.losses import class_weights, masked_cross_entropy
from fcn_lib.results.ladders import SEEDS, score_net
from fcn_lib.results.store import Jobs, measure
from fcn_lib.scenes import CLASSES

NETS = {
    "fcn32s": FCN32s,
    "fcn8s": FCN8s,
    "sum": SumNet,
    "unet": UNet,
    "dilated": DilatedFCN,
}
RECIPE = train.RECIPES["scenes"] | {"steps": 160}
ROUNDS = 5  # of which the fastest counts
CODE = "import fcn_lib.results.beyond"


def after_fcn(path: Path, root: str | None = None) -> dict:
    """Measure each net with each seed, and what a step of it costs."""
    command = f"python -m fcn_lib results {path.stem}"
    return measure(path, _jobs(), CODE, command)


def _jobs() -> Jobs:
    yield "costs", _costs
    pairs = train.scene_pairs("train"), train.scene_pairs("test")
    for seed in SEEDS:
        for name in NETS:
            yield f"{name} {seed}", partial(_judged, name, seed, *pairs)


def _judged(
    name: str, seed: int, data: train.Pairs, test: train.Pairs
) -> dict:
    """Train a net at once, and score it."""
    torch.manual_seed(seed)
    net = NETS[name](len(CLASSES)).to(train.device())
    weight = class_weights((labels for _, labels in data), len(CLASSES))
    train.fit(net, data, seed=seed, weight=weight, **RECIPE)
    return score_net(net, test, CLASSES)


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


def fastest(turns: dict[str, Callable[[], object]], rounds: int) -> dict:
    """Seconds of the fastest turn of each, all taking turns.

    Example:
        >>> sorted(fastest({"a": list, "b": dict}, rounds=1))
        ['a', 'b']
    """
    best = dict.fromkeys(turns, float("inf"))
    for _ in range(rounds):
        for name, turn in turns.items():
            start = time.perf_counter()
            turn()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def _step(net: nn.Module, images: Tensor, target: Tensor) -> None:
    """Forward and backward, on the CPU, without the optimizer."""
    net.zero_grad()
    masked_cross_entropy(net(images), target).backward()

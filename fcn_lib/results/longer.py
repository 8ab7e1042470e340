"""After FCN, with more patience: the two decoders, trained six times as long.

Their partner is "fcn8s at once" of ``ladders``: the same scenes, recipe, seed
and number of steps.
"""

from functools import partial
from pathlib import Path

import torch

from fcn_lib import train
from fcn_lib.batches import Pairs
from fcn_lib.beyond import SumNet, UNet
from fcn_lib.losses import class_weights
from fcn_lib.results.ladders import score_net
from fcn_lib.results.store import Jobs, measure
from fcn_lib.scenes import CLASSES

NETS = {"sum": SumNet, "unet": UNet}
RECIPE = train.RECIPES["scenes"] | {"steps": 960}
SEED = 0
CODE = "import fcn_lib.results.longer"


def longer(path: Path, root: str | None = None) -> dict:
    """Measure each of the two once."""
    command = f"python -m fcn_lib results {path.stem}"
    return measure(path, _jobs(), CODE, command)


def _jobs() -> Jobs:
    pairs = train.scene_pairs("train"), train.scene_pairs("test")
    for name in NETS:
        yield name, partial(_judged, name, *pairs)


def _judged(name: str, data: Pairs, test: Pairs) -> dict:
    """Train a net at once, and score it."""
    torch.manual_seed(SEED)
    net = NETS[name](len(CLASSES)).to(train.device())
    weight = class_weights((labels for _, labels in data), len(CLASSES))
    train.fit(net, data, seed=SEED, weight=weight, **RECIPE)
    return score_net(net, test, CLASSES)

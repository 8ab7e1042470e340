"""The measurement with a frozen backbone: what is frozen stays."""

import copy

import pytest
import torch
import torch.nn.functional as F
from small_camvid import camvid_folder, pairs

from fcn_lib import results, train
from fcn_lib.datasets import CAMVID
from fcn_lib.fcn32s import FCN32s
from fcn_lib.results import frozen
from fcn_lib.transposed import upsample

SEEDS = 0, 1, 2
SHORT = {"steps": 3, "batch_size": 2, "learning_rate": 0.1, "crop": None}


def small_net(num_classes=3, *_, **__):
    torch.manual_seed(0)
    return FCN32s(num_classes, "test_efficientnet", pretrained=False)


def changed(before, after):
    """The names of what is not equal, wherever the backbone hangs."""
    after = {
        name.replace("backbone.backbone.", "backbone."): value
        for name, value in after.items()
    }
    assert before.keys() == after.keys()
    return {name for name in before if not before[name].equal(after[name])}


def trained(freeze):
    net = small_net()
    before = copy.deepcopy(net.state_dict())
    net = freeze(net)
    train.fit(net, pairs(), **SHORT)
    return changed(before, net.state_dict())


def test_only_the_score_layer_learns():
    assert trained(frozen.fix) == {"score.weight", "score.bias"}


def test_without_gradients_batch_normalisation_still_moves():
    moved = trained(frozen.fix_weights)
    assert {"score.weight", "score.bias"} < moved
    rest = moved - {"score.weight", "score.bias"}
    kinds = {name.rpartition(".")[2] for name in rest}
    assert kinds == {"running_mean", "running_var", "num_batches_tracked"}


def test_a_fixed_net_says_what_it_said():
    net = small_net().eval()
    net.score.reset_parameters()
    images = torch.rand(1, 3, 50, 70)
    with torch.no_grad():
        before = net(images)
        assert frozen.fix(net).train()(images).equal(before)


def test_a_step_is_that_of_a_score_layer_on_stored_features():
    net = frozen.fix(small_net()).train()
    images, target = torch.rand(2, 3, 64, 96), torch.randint(3, (2, 64, 96))
    F.cross_entropy(net(images), target).backward()
    features = small_net().eval().backbone(images)[-1].detach()
    score = torch.nn.Conv2d(features.shape[1], 3, 1)
    torch.nn.init.zeros_(score.weight)
    torch.nn.init.zeros_(score.bias)
    F.cross_entropy(upsample(score(features), 32), target).backward()
    assert torch.allclose(net.score.weight.grad, score.weight.grad, atol=1e-6)


def test_all_runs_are_measured_and_named(tmp_path, monkeypatch):
    monkeypatch.setattr(frozen, "FCN32s", small_net)
    monkeypatch.setitem(train.RECIPES, "camvid", SHORT)
    path = tmp_path / "frozen-camvid.json"
    record = frozen.frozen_camvid(path, camvid_folder(tmp_path))
    names = [
        f"{way} {s}" for way in ("fixed", "statistics anew") for s in SEEDS
    ]
    assert list(record["runs"]) == names
    for run in record["runs"].values():
        assert list(run["iou"]) == list(CAMVID)
        assert 0 <= run["mean_iou"] <= 1
    told = record["provenance"]["command"]
    assert told == "python -m fcn_lib results frozen-camvid --root DATA"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_stored_runs_are_in_order(seed):
    runs = results.read("frozen-camvid")["runs"]
    whole = results.read("ladder-camvid")["runs"][f"fcn32s {seed}"]
    fixed, moving = (
        runs[f"{way} {seed}"] for way in ("fixed", "statistics anew")
    )
    assert fixed["mean_iou"] < whole["mean_iou"] - 0.05
    assert moving["mean_iou"] < fixed["mean_iou"] - 0.03

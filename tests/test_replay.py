"""The replay of a training: it shows what was there, and disturbs nothing."""

import base64
import copy
import math
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from fcn_lib import results, train
from fcn_lib.fcn32s import FCN32s
from fcn_lib.pixels import confusion_matrix, scores
from fcn_lib.results import replay
from fcn_lib.scenes import CLASSES, scene

K = len(CLASSES)
IMAGE, LABELS = scene(3, size=(32, 64))
SHORT = {"steps": 6, "batch_size": 2, "learning_rate": 1e-2}
STEPS = {"fcn32s": 6, "fcn16s": 4, "fcn8s": 8}


def label_map(text, shape):
    values = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
    return values.reshape(shape)


def street_pairs(split="train"):
    return list(train.Scenes(4, size=(32, 64)))


def small_net():
    torch.manual_seed(0)
    net = FCN32s(K, "test_efficientnet", pretrained=False)
    net.score.reset_parameters()  # not zero: other labels at each step
    return net


class Copies:
    """A ``Keep`` that keeps a copy of the net after each step."""

    every, resume = 1, False

    def __init__(self) -> None:
        self.nets = []

    def store(self, parts, settings, losses):
        """Copy the net as it is now."""
        self.nets.append(copy.deepcopy(parts["net"]))


def test_looking_disturbs_nothing():
    alone, seen = small_net(), small_net()
    watch = replay.Watch(IMAGE, LABELS, range(1, 7))
    losses = train.fit(alone, street_pairs(), **SHORT)
    assert train.fit(seen, street_pairs(), keep=watch, **SHORT) == losses
    for a, b in zip(
        alone.state_dict().values(), seen.state_dict().values(), strict=True
    ):
        assert a.equal(b)
    assert len(watch.snapshots) == 6


def test_a_snapshot_is_what_the_net_says_after_that_step():
    copies, watch = Copies(), replay.Watch(IMAGE, LABELS, {1, 4, 6})
    for keep in copies, watch:
        train.fit(small_net(), street_pairs(), keep=keep, **SHORT)
    assert [shot["step"] for shot in watch.snapshots] == [1, 4, 6]
    maps = []
    for shot in watch.snapshots:
        pred = copies.nets[shot["step"] - 1].eval().predict(IMAGE)
        maps.append(label_map(shot["labels"], LABELS.shape))
        assert (maps[-1] == pred).all()
        expected = scores(confusion_matrix(pred, LABELS, K))
        for name in "pixel_accuracy", "mean_iou":
            value = getattr(expected, name)
            assert shot[name] == pytest.approx(value, abs=1e-4)
    assert len(np.unique(maps, axis=0)) > 1


def test_losses_are_thinned_to_means():
    assert replay.thinned([1.0, 2.0, 6.0], 1) == [1.0, 2.0, 6.0]
    assert replay.thinned([1.0, 2.0, 6.0, 5.0], 3) == [3.0, 5.0]


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Short trainings on small streets, and a cache of their own."""
    monkeypatch.setattr(train, "scene_pairs", street_pairs)
    monkeypatch.setitem(train.RECIPES, "scenes", SHORT)
    monkeypatch.setattr(train, "STEPS", STEPS)
    monkeypatch.setattr(replay, "SHARES", (0, 50, 100))
    monkeypatch.setattr(
        replay, "scene", lambda seed: scene(seed, size=(32, 64))
    )
    monkeypatch.setenv("FCN_CACHE", str(tmp_path / "cache"))


def test_each_net_is_watched_from_where_it_begins(small, tmp_path):
    record = replay.training_replay(tmp_path / "replay.json")
    runs = record["runs"]
    assert list(runs) == list(train.NETS)
    street = scene(replay.SCENE, size=(32, 64))[0]
    for name, run in runs.items():
        steps = STEPS[name]
        seen = [shot["step"] for shot in run["snapshots"]]
        assert seen == [0, steps // 2, steps]
        assert run["like_trained"] == 1
        assert (len(run["loss"]), run["every"]) == (steps, 1)
        first, *_, last = (
            label_map(shot["labels"], (32, 64)) for shot in run["snapshots"]
        )
        assert (last == train.trained(name).predict(street)).all()
        before = run["grown_from"]
        if before is None:
            assert (first == 0).all()  # all scores are zero
        else:
            grown = train.grow(name, train.trained(before)).eval()
            assert (first == grown.predict(street)).all()


def test_the_losses_are_those_of_the_training(small, monkeypatch):
    seen, fit = [], train.fit

    def spy(*args, **options):
        seen.append(fit(*args, **options))
        return seen[-1]

    monkeypatch.setattr(train, "fit", spy)
    monkeypatch.setattr(replay, "POINTS", 3)
    run = replay.watched("fcn32s")
    assert run["every"] == 2
    means = np.array(seen[0]).reshape(3, 2).mean(1)
    assert run["loss"] == pytest.approx(means, abs=1e-4)


def test_the_stored_replay_is_of_the_nets_of_the_book():
    runs = results.read("replay")["runs"]
    image, labels = scene(replay.SCENE)
    assert list(runs) == list(train.NETS)
    ends = []
    for name, run in runs.items():
        assert run["like_trained"] == 1
        assert run["grown_from"] == train.STAGES[name]
        assert run["steps"] == train.STEPS[name]
        assert len(run["loss"]) <= 80
        assert len(run["loss"]) == math.ceil(run["steps"] / run["every"])
        shots = run["snapshots"]
        shares = [100 * shot["step"] / run["steps"] for shot in shots]
        assert shares == list(replay.SHARES)
        pred = label_map(shots[-1]["labels"], labels.shape)
        # other processors round differently
        assert (pred == train.trained(name).predict(image)).mean() > 0.9
        ends.append(shots[-1]["mean_iou"])
    assert ends == sorted(ends)


def test_the_street_of_the_replay_was_never_learned():
    image, _ = scene(replay.SCENE)
    for learned, _ in train.scene_pairs("train"):
        assert not np.array_equal(learned, image)


def test_the_stored_replay_is_small():
    path = Path(results.HOME) / "replay.json"
    assert path.stat().st_size < 300_000

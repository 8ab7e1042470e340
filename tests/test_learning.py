"""A net that learns at once and is scored: what stands in the book counts."""

import pytest

from fcn_lib import train
from fcn_lib.fcn32s import FCN32s
from fcn_lib.losses import class_weights
from fcn_lib.results.learning import learn_and_score, score_net
from fcn_lib.scenes import CLASSES, Scenes

RECIPE = {"steps": 2, "batch_size": 2, "learning_rate": 0.1, "crop": (32, 32)}


@pytest.fixture
def data():
    return list(Scenes(4, size=(32, 64)))


@pytest.fixture
def others():
    return list(Scenes(3, seed=1, size=(32, 64)))


def learned(data, pairs, seed, recipe=RECIPE):
    """The net, its first convolution's weights when new, and its scores."""
    made = []

    def make():
        net = FCN32s(len(CLASSES), "test_efficientnet", pretrained=False)
        made.append((net, next(net.parameters()).detach().clone()))
        return net

    result = learn_and_score(make, data, pairs, CLASSES, seed, recipe)
    [(net, first)] = made
    return net, first, result


def test_the_seed_decides_the_new_layers(data, others):
    _, first, result = learned(data, others, seed=1)
    _, again, same = learned(data, others, seed=1)
    _, third, _ = learned(data, others, seed=2)
    assert first.equal(again) and not first.equal(third)
    assert result == same


def test_the_net_learned_as_told(data, others, monkeypatch):
    told = {}
    fit = train.fit

    def noted(net, data, **options):
        told.update(options, data=data)
        fit(net, data, **options)

    monkeypatch.setattr(train, "fit", noted)
    learned(data, others, seed=5)
    weight = class_weights((labels for _, labels in data), len(CLASSES))
    assert told.pop("weight").equal(weight) and told.pop("data") is data
    assert told == RECIPE | {"seed": 5}


def test_the_scores_are_those_of_the_trained_net(data, others):
    net, first, result = learned(data, others, seed=0)
    assert not next(net.parameters()).equal(first)
    assert result == score_net(net, others, CLASSES)
    assert result != score_net(net, data, CLASSES)


def test_too_few_pairs_are_refused(data):
    with pytest.raises(ValueError, match="4 pairs do not fill a batch of 5"):
        learned(data, data, 0, RECIPE | {"batch_size": 5})

"""One map of the backbone alone, and its measurement."""

from functools import partial

import pytest
import torch
import torch.nn.functional as F
from small_camvid import camvid_folder
from small_nets import features, fresh, noise, random_weights, spread

from fcn_lib import results, train
from fcn_lib.datasets import CAMVID
from fcn_lib.fcn32s import FCN32s
from fcn_lib.results import alone
from fcn_lib.results.alone import Alone
from fcn_lib.scenes import CLASSES, scene

STRIDES = 8, 16, 32
SEEDS = 0, 1, 2


def kind(stride):
    return partial(Alone, stride=stride)


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("size", [(64, 96), (20, 41)])
@torch.no_grad()
def test_every_step_by_torch_alone(stride, size):
    net, images = random_weights(fresh(kind(stride))), noise(2, 3, *size)
    state = net.state_dict()
    maps = dict(zip(STRIDES, features(state, images), strict=True))
    x = F.conv2d(maps[stride], state["score.weight"], state["score.bias"])
    expected = spread(x, stride)[..., : size[0], : size[1]]
    assert expected.std() > 0.01
    torch.testing.assert_close(net(images), expected, rtol=0, atol=1e-4)


@torch.no_grad()
def test_of_stride_32_it_is_fcn32s():
    net, known = random_weights(fresh(kind(32))), fresh(FCN32s).eval()
    known.load_state_dict(net.state_dict())
    images = noise(1, 3, 50, 70)
    assert net(images).equal(known(images))


def test_what_lies_behind_its_map_does_not_learn():
    idle = {}
    for stride in STRIDES:
        net = random_weights(fresh(kind(stride))).train()
        net(noise(2, 3, 64, 64)).square().mean().backward()
        weights = dict(net.named_parameters())
        idle[stride] = {k for k, v in weights.items() if v.grad is None}
        assert all(name.startswith("backbone.") for name in idle[stride])
    assert idle[32] == set() and set() < idle[16] < idle[8]


def test_a_picture_is_labelled():
    net = random_weights(fresh(kind(8)))
    image, _ = scene(3, size=(40, 64))
    x = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        expected = net(x)[0].argmax(0).numpy()
    assert (net.predict(image) == expected).all()


def test_a_stride_without_a_map_is_refused():
    with pytest.raises(ValueError, match="no map of stride 4: there are"):
        fresh(kind(4))


@pytest.fixture
def quick(monkeypatch):
    """Small nets, one seed, two steps."""
    short = {"steps": 2, "batch_size": 2, "crop": (32, 64)}
    for data, recipe in train.RECIPES.items():
        monkeypatch.setitem(train.RECIPES, data, recipe | short)
    monkeypatch.setattr(alone, "SEEDS", (0,))
    small = {"backbone": "test_efficientnet", "pretrained": False}
    nets = {name: partial(net, **small) for name, net in alone.NETS.items()}
    monkeypatch.setattr(alone, "NETS", nets)


def checked(record, names, classes):
    assert list(record["runs"]) == names
    for run in record["runs"].values():
        assert 0 <= run["mean_iou"] <= 1 and list(run["iou"]) == list(classes)
    return record["provenance"]["command"]


@pytest.mark.usefixtures("quick")
def test_each_net_trains_and_is_scored(monkeypatch, tmp_path):
    pairs = list(train.Scenes(4, size=(32, 64)))
    monkeypatch.setattr(train, "scene_pairs", lambda split: pairs)
    record = alone.alone_scenes(tmp_path / "alone-scenes.json")
    told = checked(record, [f"{name} 0" for name in alone.NETS], CLASSES)
    assert told == "python -m fcn_lib results alone-scenes"


@pytest.mark.usefixtures("quick")
def test_single_maps_learn_from_photographs(tmp_path):
    root = camvid_folder(tmp_path)
    record = alone.alone_camvid(tmp_path / "alone-camvid.json", root)
    told = checked(record, ["stride 16 0", "stride 8 0"], CAMVID)
    assert told == "python -m fcn_lib results alone-camvid --root DATA"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_stored_runs_are_in_order(seed):
    def ious(record, *names):
        runs = results.read(record)["runs"]
        return [runs[f"{name} {seed}"]["mean_iou"] for name in names]

    s32, s16, s8, fcn16s, fcn8s = ious("alone-scenes", *alone.NETS)
    assert s32 < s16 < s8 < fcn8s < s8 + 0.03
    assert abs(fcn16s - s16) < 0.01
    (grown,) = ious("ladder-scenes", "fcn8s")
    assert fcn8s < grown < fcn8s + 0.015
    s16, s8 = ious("alone-camvid", "stride 16", "stride 8")
    s32, fcn16s, fcn8s = ious("ladder-camvid", "fcn32s", "fcn16s", "fcn8s")
    assert s32 < s8 < s16 - 0.02 < fcn8s - 0.03
    assert abs(fcn16s - s16) < 0.01

"""Training: it learns, it repeats, and it keeps what it made."""

import os
import shutil
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fcn_lib import cache, train
from fcn_lib.checkpoints import Keep
from fcn_lib.fcn32s import FCN32s

K = 3
SHORT = {"steps": 2, "batch_size": 2}


def pairs(count=8, height=12, width=16, void=0.1):
    """Pictures whose colour tells the class: blobs of K greys."""
    rng = np.random.default_rng(0)
    result = []
    for _ in range(count):
        cells = rng.integers(0, K, (height // 4, width // 4))
        labels = cells.repeat(4, 0).repeat(4, 1).astype(np.uint8)
        image = (labels * 100)[..., None].repeat(3, -1)
        labels[rng.random(labels.shape) < void] = 255
        result.append((image, labels))
    return result


def pixel_net():
    """A net that looks at one pixel alone."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, K, 1))


class Spy(nn.Module):
    """A net that remembers what it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(K))
        self.seen = []

    def forward(self, images):
        """Logits that do not depend on the images."""
        self.seen.append(images.clone())
        N, _, H, W = images.shape
        return self.weight[:, None, None].expand(N, K, H, W)


@pytest.fixture
def targets(monkeypatch):
    """Collect the targets that reach the loss."""
    seen, loss = [], train.masked_cross_entropy

    def spy(logits, target, **options):
        seen.append(target.clone())
        return loss(logits, target, **options)

    monkeypatch.setattr(train, "masked_cross_entropy", spy)
    return seen


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Make ``trained`` quick, and count how often it trains."""
    seeds, fit = [], train.fit

    def short(net, data, **options):
        seeds.append(options["seed"])
        return fit(net, data, **options | SHORT)

    streets = list(train.Scenes(4, size=(32, 64)))
    monkeypatch.setattr(train, "fit", short)
    monkeypatch.setattr(train, "scene_pairs", lambda split: streets)
    monkeypatch.setenv("FCN_CACHE", str(tmp_path / "cache"))
    return seeds


def kept(tmp_path):
    """The nets in the cache."""
    return sorted((tmp_path / "cache").glob("*.ckpt"))


def test_the_loss_falls():
    net = pixel_net()
    losses = train.fit(net, pairs(), steps=200, learning_rate=0.03)
    assert len(losses) == 200
    assert losses[0] > 0.9 and max(losses[-10:]) < 0.2
    assert not net.training


def test_a_real_net_learns_four_streets_by_heart():
    torch.manual_seed(0)
    net = FCN32s(8, "test_efficientnet", pretrained=False)
    streets = list(train.Scenes(4, size=(64, 96)))
    losses = train.fit(net, streets, steps=30, batch_size=4)
    assert np.mean(losses[-3:]) < 0.6 * np.mean(losses[:3])


def test_fixed_layers_stay_while_the_others_learn():
    torch.manual_seed(0)
    net = FCN32s(8, "test_efficientnet", pretrained=False)
    before = {key: v.clone() for key, v in net.state_dict().items()}
    streets = list(train.Scenes(4, size=(64, 96)))
    train.fit(net, streets, steps=3, batch_size=4, fixed=4)
    early = {id(part) for part in net.backbone.up_to(4)}
    names = [name for name, part in net.named_modules() if id(part) in early]
    assert len(names) > 5
    for key, value in net.state_dict().items():
        stays = key.rpartition(".")[0] in names
        assert value.equal(before[key]) == stays, key
    assert all(w.requires_grad for w in net.parameters())


def test_a_stride_without_a_map_cannot_be_fixed():
    net = FCN32s(8, "test_efficientnet", pretrained=False)
    streets = list(train.Scenes(2, size=(32, 32)))
    with pytest.raises(ValueError, match="no map of stride 5"):
        train.fit(net, streets, steps=1, batch_size=2, fixed=5)


def test_a_seed_gives_the_same_losses_bit_for_bit():
    first, second = pixel_net(), pixel_net()
    losses = train.fit(first, pairs(), steps=12, batch_size=2, seed=4)
    torch.rand(7)  # whatever came before does not matter
    assert train.fit(second, pairs(), 12, batch_size=2, seed=4) == losses
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert a.equal(b)
    assert train.fit(pixel_net(), pairs(), 12, 2, seed=5) != losses


def test_images_and_labels_are_mirrored_together(targets):
    net, data = Spy(), pairs(4, void=0)
    train.fit(net, data, steps=40, batch_size=1)
    originals = [image for image, _ in data]
    mirrored = 0
    for images, target in zip(net.seen, targets, strict=True):
        assert images.dtype == torch.float32 and target.dtype == torch.int64
        grey = (images[0] * 255).round().byte().permute(1, 2, 0).numpy()
        assert (grey[..., 0] == target[0].numpy() * 100).all()
        same = any((grey == image).all() for image in originals)
        flip = any((grey[:, ::-1] == image).all() for image in originals)
        assert same != flip
        mirrored += flip
    assert 10 <= mirrored <= 30


def test_flipped_arrays_can_be_learned_from_and_judged():
    flipped = [(image[:, ::-1], labels[:, ::-1]) for image, labels in pairs()]
    copies = [(image.copy(), labels.copy()) for image, labels in flipped]
    a, b = pixel_net(), pixel_net()
    assert train.fit(a, flipped, steps=3) == train.fit(b, copies, steps=3)
    assert train.evaluate(a, flipped, K).equal(train.evaluate(b, copies, K))


def test_images_of_two_sizes_do_not_fit_into_a_batch():
    mixed = pairs(2) + pairs(2, height=8)
    words = r"of 8x16 and 12x16 .* batch_size=1"
    with pytest.raises(ValueError, match=words):
        train.fit(pixel_net(), mixed, steps=1, batch_size=4)
    assert len(train.fit(pixel_net(), mixed, steps=4, batch_size=1)) == 4


def test_the_order_of_images_is_that_of_batches():
    net, data = Spy(), pairs()
    train.fit(net, data, steps=9, batch_size=3, seed=6)
    expected = train.batches(data, 3, 6, 0, 9)
    for seen, (images, _) in zip(net.seen, expected, strict=True):
        assert seen.equal(images.float() / 255)


def test_keeping_a_run_changes_nothing(tmp_path):
    a, b = pixel_net(), pixel_net()
    keep = Keep(tmp_path / "run.ckpt", every=2)
    losses = train.fit(a, pairs(), 7, keep=keep)
    assert losses == train.fit(b, pairs(), 7)
    for key, value in a.state_dict().items():
        assert value.equal(b.state_dict()[key])


def test_fit_seeds_the_generator_of_torch():
    numbers = []
    for before in (1, 2):
        net = pixel_net()
        torch.manual_seed(before)
        train.fit(net, pairs(), steps=1, seed=5)
        numbers.append(torch.rand(1).item())
    assert numbers[0] == numbers[1]


def test_the_learning_rate_peaks_after_three_tenths(monkeypatch):
    rates, step = [], torch.optim.AdamW.step

    def spy(self, *args, **kwargs):
        rates.append(self.param_groups[0]["lr"])
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", spy)
    train.fit(pixel_net(), pairs(), steps=30, learning_rate=0.01)
    assert max(rates) == rates[8] == pytest.approx(0.01)  # the ninth of 30


def test_every_image_comes_once_a_round():
    # image i is all of grey i
    data = [
        (np.full((2, 2, 3), i, np.uint8), np.zeros((2, 2), np.uint8))
        for i in range(7)
    ]
    net = Spy()
    train.fit(net, data, steps=6, batch_size=2)
    seen = [(x[:, 0, 0, 0] * 255).round().int().tolist() for x in net.seen]
    assert all(len(batch) == 2 for batch in seen)
    # 3 batches a round; the odd one out is left for another
    for start in (0, 3):
        assert len(set(sum(seen[start : start + 3], []))) == 6
    assert seen[:3] != seen[3:]


def test_weights_reach_the_loss():
    def first(weight):
        return train.fit(pixel_net(), data, 1, 4, weight=weight)[0]

    # all four in one batch: the order does not matter
    data, net = pairs(4), pixel_net()
    weight = torch.tensor([0.2, 1.0, 5.0])
    images, target = train.stack([train.tensors(*pair) for pair in data])
    expected = F.cross_entropy(
        net(images / 255), target.long(), weight, ignore_index=255
    )
    assert first(weight) == pytest.approx(expected.item(), rel=1e-5)
    assert first(weight) != pytest.approx(first(None), rel=1e-2)
    assert first(torch.ones(K)) == pytest.approx(first(None), rel=1e-6)


def test_what_lies_under_void_does_not_matter():
    data, other = pairs(), pairs()
    for image, labels in other:
        image[labels == 255] = 200, 0, 77
    assert any((labels == 255).any() for _, labels in data)
    assert train.fit(pixel_net(), data, 6) == train.fit(pixel_net(), other, 6)


def test_what_is_not_void_does_matter():
    data, other = pairs(), pairs()
    for image, labels in other:
        image[labels == 1] = 200, 0, 77
    assert train.fit(pixel_net(), data, 6) != train.fit(pixel_net(), other, 6)


def test_a_batch_of_void_alone_stops_nothing():
    image, labels = pairs(1)[0]
    data = [(image, np.full_like(labels, 255))] * 2
    net = pixel_net()
    assert train.fit(net, data, steps=2, batch_size=2) == [0, 0]
    assert all(w.isfinite().all() for w in net.parameters())


def test_a_loss_that_is_no_number_stops_the_training():
    class Breaks(Spy):
        def forward(self, images):
            logits = super().forward(images)
            return logits * torch.nan if len(self.seen) == 4 else logits

    words = "loss is nan at step 3: try a learning rate below 0.125"
    with pytest.raises(ValueError, match=words):
        train.fit(Breaks(), pairs(), steps=9, learning_rate=0.125)


@pytest.mark.parametrize("count", [0, 7])
def test_too_few_pairs_are_refused(count):
    # once this waited for ever for a full batch
    with pytest.raises(ValueError, match=f"{count} pairs .* batch of 8"):
        train.fit(pixel_net(), pairs(count))


@pytest.mark.parametrize("quiet", ["", "1"])
def test_the_bar_is_there_unless_quiet(quiet, monkeypatch, capsys):
    monkeypatch.setenv("FCN_QUIET", quiet)
    train.fit(pixel_net(), pairs(), steps=2)
    assert ("training" in capsys.readouterr().err) is not bool(quiet)


def test_evaluate_counts_what_predict_says():
    torch.manual_seed(0)
    net = FCN32s(8, "test_efficientnet", pretrained=False)
    streets = list(train.Scenes(4, size=(64, 96)))
    train.fit(net, streets, steps=20, batch_size=4)
    # sizes may differ
    streets += list(train.Scenes(1, size=(32, 43)))
    matrix = train.evaluate(net.train(), streets, 8)
    by_hand = np.zeros((8, 8), int)
    for image, labels in streets:
        valid = labels != 255
        pred = net.predict(image)[valid]
        np.add.at(by_hand, (labels[valid], pred), 1)
    assert matrix.dtype == torch.int64 and matrix.tolist() == by_hand.tolist()
    assert (by_hand.sum(0) > 0).sum() > 2


@pytest.mark.parametrize("num_classes", [K, K + 1])
def test_evaluate_leaves_the_net_as_it_was(num_classes):
    net = nn.Sequential(pixel_net().eval(), nn.BatchNorm2d(K)).train()
    net[0].eval()
    modes = [part.training for part in net.modules()]
    fails = pytest.raises(ValueError, match="num_classes is 4")
    with nullcontext() if num_classes == K else fails:
        train.evaluate(net, pairs(), num_classes)
    assert [part.training for part in net.modules()] == modes
    assert net[1].num_batches_tracked == 0


def test_an_unknown_split_is_refused():
    with pytest.raises(ValueError, match="no split 'val': .*'train', 'test'"):
        train.scene_pairs("val")


def test_the_splits_share_no_street(monkeypatch):
    sizes = {name: length for name, (length, _) in train.SPLITS.items()}
    assert sizes == {"train": 256, "test": 64}
    for name, (_, seed) in train.SPLITS.items():
        monkeypatch.setitem(train.SPLITS, name, (3, seed))
    streets = train.scene_pairs("train") + train.scene_pairs("test")
    assert len({image.tobytes() for image, _ in streets}) == 6


def test_scenes_are_drawn_once_and_then_loaded(monkeypatch, tmp_path):
    monkeypatch.setenv("FCN_CACHE", str(tmp_path))
    monkeypatch.setitem(train.SPLITS, "test", (3, 1))
    first = train.scene_pairs("test")
    with monkeypatch.context() as patch:
        patch.setattr(train, "Scenes", None)  # none is drawn
        second = train.scene_pairs("test")
    drawn = list(train.Scenes(3, seed=1))
    for pairs in first, second:
        assert len(pairs) == 3
        for (image, labels), (right, truth) in zip(pairs, drawn, strict=True):
            assert image.dtype == labels.dtype == np.uint8
            assert (image == right).all() and (labels == truth).all()


def test_a_net_is_trained_once_and_then_loaded(runs, tmp_path):
    first = train.trained("fcn32s")
    (path,) = kept(tmp_path)
    written = path.stat().st_mtime_ns
    second = train.trained("fcn32s")
    assert runs == [0] and path.stat().st_mtime_ns == written
    assert not first.training and not second.training
    for key, value in first.state_dict().items():
        assert value.equal(second.state_dict()[key]), key
    image = train.scene_pairs("test")[0][0]
    images = torch.tensor(image).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        assert first(images).equal(second(images))


def test_the_net_is_on_the_device(runs):
    where = next(train.trained("fcn32s").parameters()).device.type
    assert where == ("cuda" if torch.cuda.is_available() else "cpu")


def test_random_numbers_of_the_caller_stay_the_same(runs):
    torch.manual_seed(3)
    expected = torch.rand(2)
    for _ in range(2):  # trained, then loaded
        torch.manual_seed(3)
        train.trained("fcn32s")
        assert torch.rand(2).equal(expected)
    assert runs == [0]


@pytest.mark.parametrize("damage", ["empty", "short", "page", "flip"])
def test_a_damaged_file_is_made_again(runs, tmp_path, damage):
    good = train.trained("fcn32s").state_dict()
    (path,) = kept(tmp_path)
    whole = path.read_bytes()
    flip = bytearray(whole)
    flip[len(whole) // 2] ^= 1  # one bit, in the middle of a weight
    contents = {
        "empty": b"",
        "short": whole[:-100],
        "page": b"<html>" * 99,
        "flip": flip,
    }
    path.write_bytes(contents[damage])
    again = train.trained("fcn32s").state_dict()
    assert runs == [0, 0] and path.read_bytes() == whole
    assert all(value.equal(good[key]) for key, value in again.items())


def test_a_run_killed_while_it_writes_leaves_no_net(
    runs, tmp_path, monkeypatch
):
    def killed(file):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            train.trained("fcn32s")
    assert kept(tmp_path) == []
    train.trained("fcn32s")
    assert runs == [0, 0] and len(kept(tmp_path)) == 1


def test_a_net_is_the_same_trained_or_loaded_by_another(runs):
    # what ``trained`` keeps is what a plain ``fit`` makes
    torch.manual_seed(0)
    plain = train.make("fcn32s", len(train.CLASSES)).to(train.device())
    streets = train.scene_pairs("train")
    labels = [labels for _, labels in streets]
    weight = train.class_weights(labels, len(train.CLASSES))
    train.fit(plain, streets, seed=0, weight=weight, fixed=4)
    ours = train.trained("fcn32s").state_dict()
    assert all(v.equal(ours[k]) for k, v in plain.state_dict().items())


def test_a_net_goes_on_where_the_stage_before_it_ended(
    runs, tmp_path, monkeypatch
):
    begun, fit = [], train.fit

    def spy(net, *args, **options):
        begun.append((net, {k: v.clone() for k, v in parts(net).items()}))
        return fit(net, *args, **options)

    monkeypatch.setattr(train, "fit", spy)
    train.trained("fcn8s")
    names = [type(net).__name__ for net, _ in begun]
    assert names == ["FCN32s", "FCN16s", "FCN8s"] and runs == [0, 0, 0]
    assert len(kept(tmp_path)) == 3
    for (before, _), (_, first) in zip(begun, begun[1:], strict=False):
        ended = parts(before)
        shared = ended.keys() & first.keys()
        assert len(shared) > 100
        assert all(ended[key].equal(first[key]) for key in shared)
    # the stages before it are in the cache
    train.trained("fcn16s")
    assert runs == [0, 0, 0]


def test_each_stage_takes_its_own_steps(runs, monkeypatch):
    told = []
    monkeypatch.setattr(
        train, "fit", lambda net, data, **options: told.append(options)
    )
    train.trained("fcn8s")
    assert [options["steps"] for options in told] == [160, 160, 480]
    assert [options["fixed"] for options in told] == [4, 4, 4]


def parts(net):
    """The weights of a net's backbone, and what BatchNorm counts."""
    return net.backbone.state_dict()


def test_each_net_has_its_own_file(runs, tmp_path):
    nets = [train.trained(name) for name in train.NETS]
    # 16s goes on from 32s, and 8s from 16s: three runs, not six
    assert runs == [0, 0, 0] and len(kept(tmp_path)) == 3
    again = [train.trained(name) for name in train.NETS]
    assert runs == [0, 0, 0]
    for name, first, second in zip(train.NETS, nets, again, strict=True):
        assert type(first).__name__.lower() == name
        for key, value in first.state_dict().items():
            assert value.equal(second.state_dict()[key]), key


@pytest.mark.parametrize("name", ["fcn32s", "fcn16s", "fcn8s"])
def test_make_finds_a_net_by_its_name(name):
    options = {"backbone": "test_efficientnet", "pretrained": False}
    net = train.make(name, K, **options).eval()
    assert type(net).__name__ == name.upper().replace("S", "s")
    assert net(torch.zeros(1, 3, 33, 40)).shape == (1, K, 33, 40)


def test_make_refuses_an_unknown_name():
    with pytest.raises(ValueError, match="no net 'fcn4s': nets are .*fcn8s"):
        train.make("fcn4s", K)


def test_another_seed_is_another_net(runs, tmp_path):
    first, second = train.trained("fcn32s"), train.trained("fcn32s", seed=1)
    assert runs == [0, 1] and len(kept(tmp_path)) == 2
    # both start alike, but see the streets in another order
    assert not first.score.weight.equal(second.score.weight)


@pytest.mark.parametrize(
    "name, data", [("fcn64s", "scenes"), ("fcn32s", "moon")]
)
def test_an_unknown_net_is_refused(runs, name, data):
    words = f"no net '{name}' for data '{data}': nets are .*fcn32s.*'scenes'"
    with pytest.raises(ValueError, match=words):
        train.trained(name, data)


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """Let ``cache`` believe that it lies in a copy of the library."""
    folder = tmp_path / "fcn_lib"
    shutil.copytree(Path(train.__file__).parent, folder)
    monkeypatch.setattr(cache, "__file__", str(folder / "cache.py"))
    return folder


def key(name="fcn32s"):
    """The name under which a net would be kept."""
    asked = []

    def noted(title, code, make):
        asked.append(cache.cache_path(title, code).name)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "kept", noted)
        with pytest.raises(KeyboardInterrupt):
            train.trained(name)
    return asked[0]


def test_a_copy_of_the_code_has_the_same_key(copy, monkeypatch):
    there = key()
    monkeypatch.undo()
    assert there == key()


@pytest.mark.parametrize(
    "module",
    [
        "fcn32s",
        "backbones",
        "batches",
        "checkpoints",
        "losses",
        "prediction",
        "transposed/bilinear",
        "train",
        "scenes/draw",
    ],
)
def test_new_code_trains_anew(copy, module):
    before = key()
    with (copy / f"{module}.py").open("a") as file:
        file.write("CHANGED = True\n")
    assert key() != before


def test_a_net_depends_on_the_code_of_the_stages_before_it(copy):
    before = {name: key(name) for name in train.NETS}
    with (copy / "fcn16s.py").open("a") as file:
        file.write("CHANGED = True\n")
    assert key("fcn32s") == before["fcn32s"]
    assert key("fcn16s") != before["fcn16s"]
    assert key("fcn8s") != before["fcn8s"]


def test_a_new_comment_keeps_the_net(copy):
    before = key()
    with (copy / "fcn32s.py").open("a") as file:
        file.write("# changed\n")
    assert key() == before


@pytest.mark.parametrize("module", ["viz", "fcn16s", "fcn8s"])
def test_code_that_does_not_make_the_net_keeps_it(copy, module):
    before = key()
    (copy / f"{module}.py").write_text("CHANGED = True\n")
    assert key() == before


def test_another_torch_trains_anew(monkeypatch):
    before = key()
    monkeypatch.setattr(torch, "__version__", "99.0")
    assert key() != before


def test_the_cache_is_at_home_unless_told(monkeypatch, tmp_path):
    monkeypatch.setenv("FCN_CACHE", str(tmp_path))
    assert cache.cache_path("streets", []).parent == tmp_path
    monkeypatch.delenv("FCN_CACHE")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    folder = cache.cache_path("streets", []).parent
    assert folder == tmp_path / "home/.cache/fcn_lib"

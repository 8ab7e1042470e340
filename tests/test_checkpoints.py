"""Checkpoints: whole or refused, and a run goes on as if never cut off."""

import hashlib
import io
import os
import pickle
import random
import signal
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from fcn_lib import train
from fcn_lib.checkpoints import (
    FORMAT,
    CheckpointError,
    Keep,
    load,
    load_newest,
    save,
)

K = 3
HEAD = len(FORMAT) + 64 + 1  # the name of the format, the digest, a new line
DIGEST_AT = len(FORMAT)
ROOT = Path(__file__).parent.parent


@pytest.fixture
def path(tmp_path):
    """Where a test keeps its run."""
    return tmp_path / "run.ckpt"


def state(step=0):
    """All that a checkpoint may hold."""
    return {
        "weight": torch.full((50,), float(step)),
        "half": torch.arange(6).reshape(2, 3).half(),
        "random": torch.get_rng_state(),
        "losses": [0.5, float("inf"), 1 / 3],
        "about": {"net": "fcn8s", "size": (96, 128), "step": step, "no": None},
    }


def same(a, b):
    """Equal, tensors bit for bit."""
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.equal(b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


def whole(payload):
    """Wrap some bytes as ``save`` does, the digest right."""
    digest = hashlib.sha256(payload).hexdigest().encode()
    return FORMAT + digest + b"\n" + payload


def quiet(path):
    """Load the newest, warned or not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_newest(path)


def test_what_is_saved_comes_back(path):
    save(state(3), path)
    assert same(load(path), state(3))
    assert same(load_newest(str(path)), state(3))


def test_a_file_can_be_told_and_checked_from_outside(path):
    save(state(), path)
    name, digest, payload = path.read_bytes().split(b"\n", 2)
    assert name == b"Every Pixel checkpoint 1"
    assert hashlib.sha256(payload).hexdigest().encode() == digest
    # the rest is what torch writes
    assert same(torch.load(io.BytesIO(payload), weights_only=True), state())


def test_missing_folders_are_made(tmp_path):
    save(state(), tmp_path / "a/b/run.ckpt")
    assert same(load(tmp_path / "a/b/run.ckpt"), state())


def test_the_one_before_is_kept_and_no_other(path):
    for step in range(4):
        save(state(step), path)
    names = sorted(file.name for file in path.parent.iterdir())
    assert names == ["run.ckpt", "run.ckpt.previous"]
    assert same(load(path), state(3))
    assert same(load(f"{path}.previous"), state(2))


@pytest.mark.parametrize("left", [0, 1, 10, HEAD - 1, HEAD, 0.5, -1])
def test_a_file_cut_short_is_refused(path, left):
    save(state(), path)
    data = path.read_bytes()
    end = left if isinstance(left, int) else int(left * len(data))
    path.write_bytes(data[:end])
    with pytest.raises(CheckpointError, match="run.ckpt is (damaged|no ch)"):
        load(path)


def test_a_file_that_goes_on_is_refused(path):
    save(state(), path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(CheckpointError, match="run.ckpt is damaged"):
        load(path)


@pytest.mark.parametrize(
    "place",
    [0, DIGEST_AT - 1, DIGEST_AT, HEAD - 2, HEAD, 0.2, 0.5, 0.9, -1],
)
@pytest.mark.parametrize("bit", [0, 5, 7])
def test_one_flipped_bit_is_found(path, place, bit):
    save(state(), path)
    data = bytearray(path.read_bytes())
    at = int(place * len(data)) if isinstance(place, float) else place
    data[at] ^= 1 << bit
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged|no checkpoint"):
        load(path)


def foreign(kind, path):
    """Write a file that is no checkpoint of ours."""
    if kind == "page":
        path.write_text("<!DOCTYPE html><html>404</html>")
    elif kind == "torch":
        torch.save(state(), path)
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"net": 1}))
    elif kind == "image":
        Image.new("RGB", (8, 8)).save(path, format="PNG")
    elif kind == "zeros":
        path.write_bytes(bytes(5000))
    elif kind == "newer":
        save(state(), path)
        path.write_bytes(path.read_bytes().replace(b"point 1", b"point 2", 1))


@pytest.mark.parametrize(
    "kind", ["page", "torch", "pickle", "image", "zeros", "newer"]
)
def test_a_foreign_file_is_refused(path, kind):
    foreign(kind, path)
    with pytest.raises(CheckpointError, match="run.ckpt is no checkpoint of"):
        load(path)


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match="is a folder: .* of a file"):
        load(tmp_path)


@pytest.mark.parametrize("read", [load, load_newest])
def test_a_missing_file_is_missing(path, read):
    with pytest.raises(FileNotFoundError, match="run.ckpt"):
        read(path)


class Evil:
    """Unpickled, it writes a file."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return Path.write_text, (self.place, "run")


def by_torch(value):
    """What ``torch.save`` writes."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def opened_by_torch(payload):
    """Open it without care."""
    return torch.load(io.BytesIO(payload), weights_only=False)


@pytest.mark.parametrize(
    "write, careless",
    [
        (by_torch, opened_by_torch),
        (lambda value: pickle.dumps(value, 2), pickle.loads),
    ],
    ids=["torch", "pickle"],
)
def test_code_in_a_file_does_not_run(path, write, careless):
    place = path.with_name("evil")
    payload = write({"net": Evil(place)})
    careless(payload)  # the trap works
    assert place.read_text() == "run"
    place.unlink()
    path.write_bytes(whole(payload))
    with pytest.raises(CheckpointError, match="run.ckpt holds more than"):
        load(path)
    assert not place.exists()


def test_an_object_of_a_class_is_refused(path):
    path.write_bytes(whole(by_torch({"net": nn.Linear(1, 1)})))
    with pytest.raises(CheckpointError, match="run.ckpt holds more than"):
        load(path)


@pytest.mark.parametrize("payload", [b"", b"\0" * 99, b"PK\3\4" + b"x" * 99])
def test_a_right_digest_of_rubbish_does_not_help(path, payload):
    path.write_bytes(whole(payload))
    with pytest.raises(CheckpointError, match="run.ckpt"):
        load(path)


def interrupt(monkeypatch, owner, name, call):
    """Cut the program off at the n-th call of a function."""
    real, calls = getattr(owner, name), []

    def spy(*args, **kwargs):
        calls.append(args)
        if len(calls) == call:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, spy)


@pytest.mark.parametrize(
    "owner, name, call, expected",
    [
        (os, "fsync", 1, 1),
        (Path, "replace", 1, 1),
        (Path, "replace", 2, 1),  # the old one is away, the new not yet there
    ],
)
def test_cut_off_between_the_writes_leaves_a_whole_one(
    path, monkeypatch, owner, name, call, expected
):
    save(state(0), path)
    save(state(1), path)
    with monkeypatch.context() as patch:
        interrupt(patch, owner, name, call)
        with pytest.raises(KeyboardInterrupt):
            save(state(2), path)
    assert same(quiet(path), state(expected))
    # and the next one can be written
    save(state(3), path)
    assert same(load_newest(path), state(3))


def test_the_bytes_are_on_the_disk_before_the_name_changes(path, monkeypatch):
    steps, fsync, replace = [], os.fsync, Path.replace

    def synced(file):
        partial = path.with_name("run.ckpt.partial").read_bytes()
        steps.append(("fsync", len(partial)))
        fsync(file)

    def renamed(self, target):
        steps.append((self.name, Path(target).name))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    save(state(), path)
    size = path.stat().st_size
    assert steps == [("fsync", size), ("run.ckpt.partial", "run.ckpt")]


SAVER = """
import os, sys, torch
from fcn_lib.checkpoints import save
for _ in sys.stdin:  # a child for each line; torch is imported but once
    if not (child := os.fork()):
        for step in range(10**9):
            weight = torch.full((100_000,), float(step))
            save({"step": step, "weight": weight}, sys.argv[1])
    print(child, flush=True)
    os.waitpid(child, 0)
    print("dead", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no os.fork")
def test_killed_at_any_moment_it_leaves_a_whole_one(path):
    moments = random.Random(0)
    saver = subprocess.Popen(
        [sys.executable, "-c", SAVER, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        text=True,
    )
    reached = []
    with saver:  # closes the pipes, at which it ends
        for _ in range(12):
            saver.stdin.write("save\n")
            saver.stdin.flush()
            child = int(saver.stdout.readline())
            end = time.monotonic() + 60
            while not reached and not path.exists():
                if time.monotonic() > end:
                    with suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)
                    pytest.fail("nothing was saved within 60 s")
                time.sleep(0.001)
            time.sleep(moments.uniform(0, 0.05))
            os.kill(child, signal.SIGKILL)
            assert saver.stdout.readline() == "dead\n"
            found = quiet(path)
            if path.exists():  # whatever has the name is whole
                assert load(path)["step"] == found["step"]
            assert found["weight"].eq(found["step"]).all()
            reached.append(found["step"])
    assert max(reached) > 0


@pytest.mark.parametrize("damage", ["empty", "cut", "flip", "page", "lost"])
def test_the_one_before_is_taken_with_a_warning(path, damage):
    save(state(1), path)
    save(state(2), path)
    data = bytearray(path.read_bytes())
    data[-200] ^= 4
    contents = {"empty": b"", "cut": data[:999], "flip": data, "page": b"<"}
    if damage == "lost":
        path.unlink()
    else:
        path.write_bytes(contents[damage])
    with pytest.warns(UserWarning, match="run.ckpt.previous is taken inst"):
        found = load_newest(path)
    assert same(found, state(1))


def test_a_whole_newest_one_gives_no_warning(path):
    save(state(1), path)
    save(state(2), path)
    path.with_name("run.ckpt.previous").write_bytes(b"")
    assert same(load_newest(path), state(2))  # a warning would be an error


def test_two_damaged_ones_are_refused(path):
    save(state(1), path)
    save(state(2), path)
    for file in path.parent.iterdir():
        file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="previous is damaged") as caught:
        load_newest(path)
    # what was wrong with the newest is told, too
    assert "run.ckpt is damaged" in str(caught.value.__context__)


def test_a_damaged_one_alone_is_refused(path):
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="run.ckpt is no checkpoint"):
        load_newest(path)


def pairs(count=5):
    """Small noisy pictures with labels."""
    rng = np.random.default_rng(0)
    return [
        (
            rng.integers(0, 256, (4, 5, 3), np.uint8),
            rng.integers(0, K, (4, 5), np.uint8),
        )
        for _ in range(count)
    ]


class Net(nn.Module):
    """Dropout draws numbers and BatchNorm counts: both have to go on."""

    def __init__(self, last=None):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Conv2d(8, K, 1),
        )
        self.last, self.steps = last, 0

    def forward(self, images):
        """Logits, until the program is cut off in the step after ``last``."""
        if self.steps == self.last:
            raise KeyboardInterrupt
        self.steps += 1
        return self.layers(images)


def run(net, keep=None, data=None, **changed):
    """One run of twelve steps."""
    options = {"batch_size": 2, "learning_rate": 3e-3, "seed": 4} | changed
    return train.fit(
        net, data or pairs(), keep=keep, **{"steps": 12} | options
    )


def cut_off(path, every=1, last=5, **about):
    """The same run, cut off after a few steps."""
    with pytest.raises(KeyboardInterrupt):
        run(Net(last), Keep(path, about, every=every))


@pytest.mark.parametrize("every, last", [(1, 5), (5, 5), (3, 5), (5, 11)])
def test_a_run_goes_on_bit_for_bit(path, every, last):
    net = Net()
    losses = run(net)
    cut_off(path, every, last)
    torch.rand(9)  # another program, with other numbers
    torch.manual_seed(77)
    resumed = Net()
    nn.init.zeros_(resumed.layers[0].weight)  # and another net
    assert run(resumed, Keep(path, resume=True, every=every)) == losses
    # it went on, it did not begin anew
    assert resumed.steps == 12 - last // every * every
    for key, value in net.state_dict().items():
        assert value.equal(resumed.state_dict()[key]), key
    assert resumed.state_dict()["layers.1.num_batches_tracked"] == 12


def test_the_run_above_depends_on_random_numbers(monkeypatch):
    # without this, the test above could not see a generator left alone
    def seeded(seed):
        return seed_torch(seed + 1)

    seed_torch, losses = torch.manual_seed, run(Net())
    net = Net()
    monkeypatch.setattr(torch, "manual_seed", seeded)
    assert run(net) != losses


def test_a_run_may_be_cut_off_more_than_once(path):
    losses = run(Net())
    cut_off(path, every=2, last=5)
    with pytest.raises(KeyboardInterrupt):
        run(Net(4), Keep(path, resume=True, every=2))
    net = Net()
    assert run(net, Keep(path, resume=True, every=2)) == losses
    assert net.steps == 12 - 8


def test_a_run_that_is_over_stays_as_it_is(path):
    net, again = Net(), Net()
    losses = run(net, Keep(path, every=5))
    assert run(again, Keep(path, resume=True)) == losses
    assert again.steps == 0 and not again.training
    for key, value in net.state_dict().items():
        assert value.equal(again.state_dict()[key]), key


def test_a_run_goes_on_from_the_one_before(path):
    losses = run(Net())
    cut_off(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    net = Net()
    with pytest.warns(UserWarning, match="previous is taken instead"):
        assert run(net, Keep(path, resume=True)) == losses
    assert net.steps == 12 - 4


def test_without_resume_a_run_begins_anew(path):
    cut_off(path)
    net = Net()
    assert run(net, Keep(path)) == run(Net())
    assert net.steps == 12


def test_a_run_keeps_what_a_reader_wants_to_know(path):
    losses = run(Net(), Keep(path, {"net": "small", "size": (4, 5)}))
    kept = load(path)
    assert kept["losses"] == losses
    assert kept["about"] == {"net": "small", "size": (4, 5)}
    settings = {"steps": 12, "batch_size": 2, "seed": 4, "pairs": 5}
    settings["learning_rate"] = 3e-3
    assert kept["settings"] == kept["settings"] | settings


@pytest.mark.parametrize("every, kept", [(1, 12), (5, 3), (12, 1), (99, 1)])
def test_a_checkpoint_every_so_many_steps(path, monkeypatch, every, kept):
    steps, replace = [], Path.replace

    def spy(self, target):
        if Path(target) == path:
            steps.append(len(load(self)["losses"]))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", spy)
    run(Net(), Keep(path, every=every))
    # the last step is always kept
    assert len(steps) == kept and steps[-1] == 12
    assert steps[:-1] == list(range(every, 12, every))[: kept - 1]


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"seed": 5}, "seed=4, not 5"),
        ({"steps": 13}, "steps=12, not 13"),
        ({"batch_size": 3}, "batch_size=2, not 3"),
        ({"learning_rate": 0.5}, "learning_rate=0.003, not 0.5"),
        ({"data": pairs(6)}, "pairs=5, not 6"),
        ({"weight": torch.ones(K)}, r"weight=None, not \[1.0, 1.0, 1.0\]"),
    ],
)
def test_other_settings_are_refused_by_name(path, changed, words):
    cut_off(path)
    net = Net()
    with pytest.raises(CheckpointError, match=f"run.ckpt was .* {words}: go"):
        run(net, Keep(path, resume=True), **changed)
    # nothing was put into the net
    assert net.layers[0].weight.equal(Net().layers[0].weight)


@pytest.mark.parametrize(
    "about, words",
    [
        ({"net": "fcn8s"}, "net=fcn32s, not fcn8s"),
        ({"net": "fcn32s", "shrink": 2}, "shrink=None, not 2"),
    ],
)
def test_another_net_is_refused_by_name(path, about, words):
    cut_off(path, net="fcn32s")
    with pytest.raises(CheckpointError, match=f"made with {words}: go on"):
        run(Net(), Keep(path, about, resume=True))
    assert len(run(Net(), Keep(path, {"net": "fcn32s"}, resume=True))) == 12


def test_a_file_of_weights_alone_is_no_run(path):
    save({"net": Net().state_dict()}, path)
    with pytest.raises(
        CheckpointError, match="run.ckpt holds no run to go on"
    ):
        run(Net(), Keep(path, resume=True))


def test_a_folder_that_is_a_file_stops_no_training(tmp_path):
    (tmp_path / "runs").write_text("I am no folder")
    keep = Keep(tmp_path / "runs/run.ckpt", every=12)
    words = "step 12 is not kept .*runs.*: make room .* training goes on"
    with pytest.warns(UserWarning, match=words):
        losses = run(Net(), keep)
    assert losses == run(Net())
    assert (tmp_path / "runs").read_text() == "I am no folder"


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="there is no /dev/full here"
)
def test_a_full_disk_stops_no_training_and_spoils_nothing(path):
    cut_off(path, every=5)
    before = path.read_bytes()
    # what is written there meets a full disk
    path.with_name("run.ckpt.partial").symlink_to("/dev/full")
    with pytest.warns(UserWarning, match="not kept .*No space left") as told:
        losses = run(Net(), Keep(path, resume=True, every=5))
    assert losses == run(Net())
    steps = [str(warning.message).split(" is")[0] for warning in told]
    assert steps == ["step 10", "step 12"]
    assert path.read_bytes() == before and len(load(path)["losses"]) == 5


def test_a_bug_is_no_full_disk(path, monkeypatch):
    def broken(*args):
        raise TypeError("a bug")

    monkeypatch.setattr(torch, "save", broken)
    with pytest.raises(TypeError, match="a bug"):
        run(Net(), Keep(path))


def test_the_new_line_after_the_digest_counts_too(path):
    save(state(), path)
    content = bytearray(path.read_bytes())
    content[HEAD - 1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        load(path)


def test_a_damaged_file_does_not_push_out_the_whole_one(path, monkeypatch):
    save(state(1), path)
    save(state(2), path)
    path.write_bytes(b"")
    replace = Path.replace

    def killed(self, target):
        if Path(target) == path:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            save(state(3), path)
    with pytest.warns(UserWarning, match="previous is taken"):
        assert load_newest(path)["about"]["step"] == 1


def test_a_folder_is_not_replaced(path):
    path.mkdir()
    (path / "mine.txt").write_text("mine")
    with pytest.raises(OSError, match="is a folder"):
        save(state(), path)
    assert (path / "mine.txt").exists()


@pytest.mark.parametrize("value", [Path("x"), np.float64(1), np.zeros(2)])
def test_what_could_not_be_read_again_is_not_written(path, value):
    with pytest.raises(TypeError, match="tensors, numbers and text alone"):
        save({"about": {"value": value}}, path)
    assert not path.exists()


@pytest.mark.parametrize("payload", [b"junk", b".", b"hello\nworld"])
def test_rubbish_with_a_right_digest_is_refused(path, payload):
    digest = hashlib.sha256(payload).hexdigest().encode()
    path.write_bytes(FORMAT + digest + b"\n" + payload)
    with pytest.raises(CheckpointError, match="not opened"):
        load(path)


def test_a_file_without_a_run_is_not_gone_on_from(path):
    save({"net": torch.ones(2)}, path)
    with pytest.raises(CheckpointError, match="no run to go on with"):
        Keep(path, resume=True).restore({}, {})


@pytest.mark.parametrize("every", [0, -1])
def test_a_run_is_kept_every_step_or_more(path, every):
    with pytest.raises(ValueError, match=f"at least 1, not {every}"):
        Keep(path, every=every)

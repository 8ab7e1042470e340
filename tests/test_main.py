"""The command line: it trains, scores, labels, and says what is wrong."""

import json
import math
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fcn_lib import __main__ as door
from fcn_lib import checkpoints, commands, train
from fcn_lib.commands.data import DATA
from fcn_lib.datasets import CAMVID, read_image, read_labels
from fcn_lib.fcn8s import FCN8s
from fcn_lib.losses import class_weights
from fcn_lib.results import alone, beyond, frozen, gap, ladders
from fcn_lib.scenes import CLASSES, PALETTE

ROOT = Path(__file__).parent.parent
NAMES = ["ground", "wall", "sky"]
TINY = ["--backbone", "test_efficientnet", "--no-pretrained"]
FEW = ["--steps", 2, "--batch-size", 2, "--learning-rate", 0.01]


def picture(seed, height=32, width=64, classes=3):
    """An image in blocks of grey, and the class of each grey."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, classes, (height // 16, width // 16))
    labels = ids.repeat(16, 0).repeat(16, 1).astype(np.uint8)
    image = (labels * 20)[..., None].repeat(3, -1)
    labels[rng.random(labels.shape) < 0.05] = 255
    return image, labels


def written(root, splits=("train", "test"), count=4, void=255, **options):
    """A folder of pictures and label maps."""
    for place, split in enumerate(splits):
        for name in split, f"{split}annot":
            (root / name).mkdir(parents=True)
        for i in range(count):
            image, labels = picture(10 * place + i, **options)
            labels[labels == 255] = void
            Image.fromarray(image).save(root / split / f"{i}.png")
            Image.fromarray(labels).save(root / f"{split}annot/{i}.png")
    return root


def run(*words):
    """What the command line returns."""
    return door.main([str(word) for word in words])


def learn(root, out, *words):
    """Train a tiny net on a folder; what comes last counts."""
    command = ["train", "--model", "fcn8s", "--data", "folder"]
    command += ["--root", root, "--classes", ",".join(NAMES), *TINY, *FEW]
    return run(*command, "--out", out, *words)


def wrong(capsys, *pieces):
    """The one line that says what is wrong; no other was written."""
    told = capsys.readouterr()
    assert told.out == "" and told.err.endswith("\n")
    assert told.err.startswith("error: ") and told.err.count("\n") == 1
    for piece in pieces:
        assert re.search(piece, told.err), told.err
    return told.err


def same(a, b):
    """Whether two checkpoints hold the same bits in the net."""
    a, b = checkpoints.load(a), checkpoints.load(b)
    equal = all(v.equal(b["net"][key]) for key, v in a["net"].items())
    return equal and a["losses"] == b["losses"]


@pytest.fixture(scope="module", autouse=True)
def one_core():
    """On one core of the CPU the same bits come out each time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "device", lambda: torch.device("cpu"))
        patch.delenv("FCN_DATA", raising=False)
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder of pictures in data/, and a net in net.ckpt."""
    path = tmp_path_factory.mktemp("home")
    assert learn(written(path / "data"), path / "net.ckpt") == 0
    return path


@pytest.fixture
def here(home, tmp_path, monkeypatch):
    """A working folder with copies of those."""
    shutil.copytree(home, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def always(path, answer):
    """Make the net of a checkpoint give one answer, whatever it sees."""
    state = checkpoints.load(path)
    for layer in "score", "score_pool4", "score_pool3":
        for part in "weight", "bias":
            state["net"][f"{layer}.{part}"].zero_()
    state["net"]["score.bias"][answer] = 1
    checkpoints.save(state, path)


def stop_at(monkeypatch, step=0, number=signal.SIGTERM):
    """Send a signal from within a step of the training; count the steps."""
    seen, loss = [], train.masked_cross_entropy

    def spy(*args, **options):
        seen.append(1)
        if len(seen) == step:
            signal.raise_signal(number)
        return loss(*args, **options)

    monkeypatch.setattr(train, "masked_cross_entropy", spy)
    return seen


def test_a_checkpoint_says_what_it_holds(home):
    state = checkpoints.load(home / "net.ckpt")
    palette = state["about"].pop("palette")
    assert state["about"] == {
        "model": "fcn8s",
        "backbone": "test_efficientnet",
        "pretrained": False,
        "grown_from": None,
        "data": "folder",
        "classes": NAMES,
        "void": 255,
        "shrink": 1,
    }
    assert len({tuple(color) for color in palette}) == 3
    assert all(type(tone) is int for color in palette for tone in color)
    assert len(state["settings"].pop("weight")) == 3
    assert state["settings"] == {
        "steps": 2,
        "batch_size": 2,
        "learning_rate": 0.01,
        "seed": 0,
        "pairs": 4,
        "crop": (160, 224),
        "fixed": 0,
    }


def test_a_net_learns_what_fit_teaches(here):
    pairs = [
        (read_image(path), read_labels(here / f"data/trainannot/{i}.png", 3))
        for i, path in enumerate(sorted((here / "data/train").iterdir()))
    ]
    torch.manual_seed(0)
    net = FCN8s(3, "test_efficientnet", pretrained=False)
    weight = class_weights((labels for _, labels in pairs), 3)
    options = {"steps": 2, "batch_size": 2, "learning_rate": 0.01}
    losses = train.fit(net, pairs, **options, weight=weight)
    state = checkpoints.load("net.ckpt")
    assert state["losses"] == losses
    for key, value in net.state_dict().items():
        assert value.equal(state["net"][key]), key


@pytest.mark.parametrize("data", ["scenes", "camvid", "folder"])
def test_what_is_not_given_comes_from_the_recipe(tmp_path, monkeypatch, data):
    recipe = {"steps": 3, "batch_size": 2, "learning_rate": 0.02}
    recipe |= {"crop": (32, 32), "fixed": 4}
    recipes = {"scenes": recipe, "camvid": recipe | {"steps": 2, "fixed": 0}}
    monkeypatch.setattr(train, "RECIPES", recipes)
    streets = list(train.Scenes(2, size=(32, 64)))
    monkeypatch.setattr(train, "scene_pairs", {"train": streets}.get)
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "CamVid", height=64, classes=11, void=11)
    monkeypatch.setenv("FCN_DATA", str(tmp_path))
    words = []
    if data == "folder":
        words = ["--classes", ",".join(CAMVID), "--void", 11]
        words += ["--root", "CamVid"]
    command = ["train", "--model", "fcn16s", "--data", data, *TINY, *words]
    assert run(*command, "--seed", 3) == 0
    state = checkpoints.load(f"fcn16s-{data}-3.ckpt")
    scenes = data == "scenes"
    classes = CLASSES if scenes else tuple(CAMVID)
    assert state["about"]["classes"] == list(classes)
    assert state["about"]["shrink"] == (2 if data == "camvid" else 1)
    assert len(state["losses"]) == (3 if scenes else 2)
    assert state["settings"]["learning_rate"] == 0.02
    assert state["settings"]["crop"] == (32, 32)
    assert state["settings"]["pairs"] == (2 if scenes else 4)
    if data != "folder":
        palette = PALETTE if scenes else CAMVID.values()
        assert state["about"]["palette"] == [list(c) for c in palette]
    assert (run(*command, "--seed", 3), run(*command)) == (2, 0)


@pytest.mark.parametrize(
    "number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_stopped_run_goes_on_by_the_command_it_names(
    here, monkeypatch, capsys, number, code
):
    # a test run in the background may ignore Ctrl-C
    old = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert learn("data", "whole.ckpt", "--steps", 30) == 0
        capsys.readouterr()
        with monkeypatch.context() as patch:
            stop_at(patch, 28, number)
            assert learn("data", "a b.ckpt", "--steps", 30) == code
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, old)
    told = capsys.readouterr().err.strip().splitlines()
    assert told[0] == "stopped: step 25 is kept in a b.ckpt. Go on with"
    words = shlex.split(told[1])
    assert words[:3] == ["python", "-m", "fcn_lib"] and len(told) == 2
    assert words.count("--resume") == 1
    assert not same("a b.ckpt", "whole.ckpt")
    steps = stop_at(monkeypatch)
    assert run(*words[3:]) == 0
    assert same("a b.ckpt", "whole.ckpt") and len(steps) == 5


def test_a_run_stopped_early_has_kept_nothing(here, monkeypatch, capsys):
    stop_at(monkeypatch, 2, signal.SIGTERM)
    assert learn("data", "a.ckpt") == 143
    assert "stopped before a step was kept" in capsys.readouterr().err
    assert not Path("a.ckpt").exists()


def test_a_run_stopped_twice_names_resume_once(here, monkeypatch, capsys):
    def stop(*args, **options):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(train, "fit", stop)
    assert learn("data", "net.ckpt", "--resume") == 143
    told = capsys.readouterr().err
    assert "step 2 is kept" in told and told.count("--resume") == 1


def test_a_killed_process_goes_on_bit_by_bit(here):
    words = ["train", "--model", "fcn8s", "--data", "folder", "--root", "data"]
    words += ["--classes", ",".join(NAMES), *TINY, "--batch-size", "2"]
    words += ["--learning-rate", "0.01", "--steps", "100", "--out", "a.ckpt"]
    settings = {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    settings |= {"PYTHONPATH": path}
    process = subprocess.Popen(
        [sys.executable, "-m", "fcn_lib", *words],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not Path("a.ckpt").exists():
        time.sleep(0.005)
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert out == "" and "Traceback" not in err
    kept = len(checkpoints.load("a.ckpt")["losses"])
    assert 0 < kept < 100 and f"step {kept} is kept in a.ckpt" in err
    assert run(*words, "--resume") == 0
    assert run(*words[:-1], "whole.ckpt") == 0
    assert same("a.ckpt", "whole.ckpt")


def test_who_ignores_ctrl_c_is_not_stopped_by_it(here, monkeypatch):
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        stop_at(monkeypatch, 1, signal.SIGINT)
        assert learn("data", "a.ckpt") == 0
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, old)


def test_a_finished_run_stays_as_it_is(here, capsys, monkeypatch):
    before = Path("net.ckpt").read_bytes()
    steps = stop_at(monkeypatch)
    assert learn("data", "net.ckpt", "--resume") == 0
    assert Path("net.ckpt").read_bytes() == before and steps == []
    assert "step 2 of 2 is kept in net.ckpt" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["net.ckpt", "net.ckpt.previous"])
def test_a_checkpoint_is_never_begun_anew(here, capsys, name):
    Path("net.ckpt").rename(name)  # a kill between two renames leaves one
    before = Path(name).read_bytes()
    assert learn("data", "net.ckpt") == 2
    wrong(capsys, f"{name} is there already: .*--resume, .*--out")
    assert Path(name).read_bytes() == before


@pytest.mark.filterwarnings("default")
def test_a_damaged_checkpoint_goes_on_from_the_one_before(
    here, capsys, monkeypatch
):
    assert learn("data", "a.ckpt", "--steps", 30) == 0
    shutil.copy("a.ckpt", "whole.ckpt")
    content = bytearray(Path("a.ckpt").read_bytes())
    content[5000] ^= 1
    Path("a.ckpt").write_bytes(content)
    capsys.readouterr()
    steps = stop_at(monkeypatch)
    assert learn("data", "a.ckpt", "--steps", 30, "--resume") == 0
    assert len(steps) == 5
    words = r"^warning: a.ckpt is damaged .* a.ckpt.previous is taken instead$"
    assert re.match(words, capsys.readouterr().err.strip())
    assert same("a.ckpt", "whole.ckpt")


@pytest.mark.parametrize(
    "words, pieces",
    [
        (["--steps", 3], ["steps=2, not 3"]),
        (["--seed", 1], ["seed=0, not 1"]),
        (["--shrink", 2], ["shrink=1, not 2"]),
        (["--classes", "a,b,c"], ["classes=.*wall.*, not .*'b'"]),
        (["--model", "fcn16s"], ["model=fcn8s, not fcn16s"]),
        (["--out", "b.ckpt"], ["no checkpoint b.ckpt to go on from"]),
        (["--out", "data"], ["data is a folder"]),
    ],
)
def test_another_run_is_not_gone_on_with(here, capsys, words, pieces):
    before = Path("net.ckpt").read_bytes()
    assert learn("data", "net.ckpt", "--resume", *words) == 2
    wrong(capsys, *pieces)
    assert Path("net.ckpt").read_bytes() == before


@pytest.mark.filterwarnings("default")
def test_a_net_that_could_not_be_kept_is_no_success(here, monkeypatch, capsys):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "save", full)
    assert learn("data", "a.ckpt") == 2
    warning, error = capsys.readouterr().err.splitlines()
    assert re.match("warning: step 2 is not kept .*No space left", warning)
    assert re.match("error: a.ckpt holds step 0, not 2, .*make room", error)


def bad(name, *words, **options):
    """A case with a name."""
    return pytest.param(words, options.get("told"), id=name)


@pytest.mark.parametrize(
    "words, told",
    [
        bad("model", "--model", "fcn9s", told="no net 'fcn9s': nets are"),
        bad("data", "--data", "moon", told="no data 'moon': .*'scenes'"),
        bad("backbone", "--backbone", "x", told="'x' cannot be made .*timm"),
        bad("strides", "--backbone", "vit_tiny_patch16_224", told="strides"),
        bad("root", "--root", "gone", told="no folder gone/train"),
        bad("option", "--data", "scenes", told="scenes takes no --classes"),
        bad("name", "--classes", "a,,b", told="different names.*'a,,b'"),
        bad("twice", "--classes", "a,b,a", told="different names"),
        bad("one class", "--classes", "a", told="from 2 to 255, not 1"),
        bad("label", "--classes", "a,b", told="holds label 2 .* 2 classes"),
        bad("steps", "--steps", 0, told="--steps: .*from 1 up, not 0"),
        bad("backwards", "--steps", -5, told="--steps: .*from 1 up, not -5"),
        bad("half", "--steps", 1.5, told="whole number from 1 up, not 1.5"),
        bad("batch", "--batch-size", 0, told="--batch-size: .*not 0"),
        bad(
            "crop", "--crop", "32", told="two whole numbers .*128,192, not 32"
        ),
        bad("no crop", "--crop", "32,0", told="--crop: .*from 1 up, not 0"),
        bad("large", "--batch-size", 5, told="4 pairs do not fill .* 5"),
        bad("nan", "--learning-rate", "nan", told="above 0 .*not nan"),
        bad("negative", "--learning-rate", -1, told="above 0 .*not -1"),
        bad("inf", "--learning-rate", "inf", told="above 0 .*not inf"),
        bad("word", "--learning-rate", "fast", told="above 0 .*not fast"),
        bad("diverges", "--learning-rate", 1e30, told="learning rate below"),
        bad("seed", "--seed", -1, told="from 0 up, not -1"),
        bad("void", "--void", 256, told="from 0 to 255, not 256"),
        bad("class", "--void", 1, told="--void 1 is the id of the class"),
        bad("shrink", "--shrink", 0, told="--shrink: .*from 1 up, not 0"),
        bad("out", "--out", "net.ckpt/a.ckpt", told="net.ckpt"),
        bad("unknown", "--epochs", 3, told="unrecognized .*--help"),
    ],
)
def test_a_bad_option_of_train_is_one_line(here, capsys, words, told):
    before = sorted(here.rglob("*"))
    assert learn("data", "new.ckpt", "--steps", 9, *words) == 2
    wrong(capsys, told)
    assert sorted(here.rglob("*")) == before


def lose_partner(data):
    """Take a label map away."""
    (data / "trainannot/2.png").unlink()


def lose_labels(data):
    """Take all label maps away, but not their folder."""
    for path in (data / "trainannot").iterdir():
        path.unlink()


def lose_folder(data):
    """Take the folder of label maps away."""
    shutil.rmtree(data / "trainannot")


def cut_two(data):
    """Cut two photographs short."""
    for i in 1, 3:
        path = data / f"train/{i}.png"
        path.write_bytes(path.read_bytes()[:60])


def grow_one(data):
    """Make one pair larger than the others."""
    for name in "train", "trainannot":
        path = data / name / "0.png"
        with Image.open(path) as image:
            image.resize((96, 64), 0).save(path)


@pytest.mark.parametrize(
    "damage, told",
    [
        (lose_partner, "without a partner in .*: 1 file, such as '2'"),
        (lose_labels, "trainannot holds no PNG or JPEG"),
        (lose_folder, "no folder data/trainannot"),
        (cut_two, "2 of 4 pairs .* data/train/1.png .* data/train/3.png"),
        (grow_one, "32x64 and 64x96 do not fit"),
    ],
)
def test_a_damaged_folder_is_named(here, capsys, damage, told):
    damage(here / "data")
    # as many steps as it takes to see every picture
    assert learn("data", "new.ckpt", "--steps", 4) == 2
    wrong(capsys, told)
    assert not Path("new.ckpt").exists()


@pytest.mark.parametrize("data", ["camvid", "folder"])
def test_data_without_a_place_ask_for_it(here, capsys, data):
    names = ["--classes", "a,b"] if data == "folder" else []
    model = ["--model", "fcn8s", *TINY]
    assert run("train", "--data", data, *model, *names) == 2
    wrong(capsys, "^error: where is .* FCN_DATA")


def test_a_folder_needs_names(here, capsys):
    model = ["--model", "fcn8s", *TINY]
    assert run("train", "--data", "folder", "--root", "data", *model) == 2
    wrong(capsys, "needs --classes")


def test_weights_that_cannot_be_fetched_are_not_needed(
    here, monkeypatch, capsys
):
    def offline(*args, pretrained, **options):
        if pretrained:
            raise FileNotFoundError("no connection")
        return FCN8s(3, "test_efficientnet", pretrained=False)

    monkeypatch.setattr(train, "make", offline)
    words = ["train", "--model", "fcn8s", "--data", "folder", "--root", "data"]
    words += ["--classes", "a,b,c", *FEW, "--out", "a.ckpt"]
    assert run(*words) == 2
    wrong(capsys, "no connection.*--no-pretrained")
    assert run(*words, "--no-pretrained") == 0


def test_a_full_gpu_is_told(here, monkeypatch, capsys):
    def full(*args, **options):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(train, "fit", full)
    assert learn("data", "a.ckpt") == 2
    wrong(capsys, "memory of the GPU is full: .*--batch-size")


def count_by_hand(root, net, split="test", void=255):
    """A confusion matrix, pixel by pixel."""
    matrix = np.zeros((3, 3), int)
    for path in sorted((root / split).iterdir()):
        with Image.open(root / f"{split}annot" / path.name) as image:
            labels = np.array(image)
        pred = net.predict(read_image(path))
        for true, guess in zip(labels.ravel(), pred.ravel(), strict=True):
            if true != void:
                matrix[true, guess] += 1
    return matrix


def scored(capsys, *words):
    """The JSON that evaluate prints."""
    capsys.readouterr()
    assert run("evaluate", "--json", *words) == 0
    out = capsys.readouterr().out
    return json.loads(out, parse_constant=pytest.fail)


def test_evaluate_scores_what_was_trained(here, capsys):
    assert learn("data", "a.ckpt", "--steps", 20) == 0
    words = ["--checkpoint", "a.ckpt", "--root", "data"]
    report = scored(capsys, *words)
    net = FCN8s(3, "test_efficientnet", pretrained=False)
    net.load_state_dict(checkpoints.load("a.ckpt")["net"])
    m = count_by_hand(here / "data", net)
    assert (m.sum(0) > 0).sum() > 1
    hit, true, guess = m.diagonal(), m.sum(1), m.sum(0)
    iou = hit / (true + guess - hit)
    expected = {
        "pixel_accuracy": hit.sum() / m.sum(),
        "mean_accuracy": (hit / true).mean(),
        "mean_iou": iou.mean(),
        "frequency_weighted_iou": (true * iou).sum() / m.sum(),
    }
    found = report["scores"]
    assert {k: found[k] for k in expected} == pytest.approx(expected)
    assert list(found["iou"]) == NAMES
    assert list(found["iou"].values()) == pytest.approx(iou)
    # the most frequent class alone
    k, share = true.argmax(), true.max() / true.sum()
    other = report["scores_of_answer"]
    assert report["answer"] == NAMES[k]
    assert other["pixel_accuracy"] == pytest.approx(share)
    assert other["mean_accuracy"] == pytest.approx(1 / 3)
    assert other["mean_iou"] == pytest.approx(share / 3)
    assert other["frequency_weighted_iou"] == pytest.approx(share**2)
    assert [v for v in other["iou"].values() if v] == [pytest.approx(share)]
    assert (report["step"], report["images"]) == (20, 4)
    assert report["pixels"] == m.sum()


def test_the_table_shows_what_json_holds(here, capsys):
    words = ["--checkpoint", "net.ckpt", "--root", "data"]
    report = scored(capsys, *words)
    assert run("evaluate", *words) == 0
    title, heads, *lines = capsys.readouterr().out.splitlines()
    assert f"4 images, {report['pixels']} pixels" in title
    assert "folder test" in title and "step 2" in title
    assert heads.split() == ["fcn8s", "all", report["answer"]]
    rows = [re.split(r"  +", line) for line in lines]
    assert [row[0] for row in rows] == [
        "pixel accuracy",
        "mean accuracy",
        "mean IoU",
        "f.w. IoU",
        *(f"IoU of {name}" for name in NAMES),
    ]
    for i, part in enumerate(["scores", "scores_of_answer"]):
        values = [v for k, v in report[part].items() if k != "iou"]
        values += report[part]["iou"].values()
        assert [row[1 + i] for row in rows] == [f"{v:.3f}" for v in values]
    assert len({len(line) for line in lines}) == 1


def test_a_class_that_is_not_there_has_no_score(here, capsys):
    for path in (here / "data/testannot").iterdir():
        Image.new("L", (64, 32), 1).save(path)
    always("net.ckpt", 1)
    words = ["--checkpoint", "net.ckpt", "--root", "data"]
    report = scored(capsys, *words)
    assert report["scores"]["iou"] == {"ground": None, "wall": 1, "sky": None}
    assert report["scores"]["mean_iou"] == 1
    assert run("evaluate", *words) == 0
    assert re.search(r"IoU of sky +- +-$", capsys.readouterr().out, re.M)


def test_void_alone_has_no_score(here, capsys):
    for path in (here / "data/testannot").iterdir():
        Image.new("L", (64, 32), 255).save(path)
    words = ["--checkpoint", "net.ckpt", "--root", "data"]
    report = scored(capsys, *words)
    assert report["pixels"] == 0 and report["scores"]["mean_iou"] is None


def test_evaluate_takes_other_data_of_the_same_classes(here, capsys):
    written(here / "other", ["val"], count=2, height=64, void=9)
    words = ["--checkpoint", "net.ckpt", "--root", "other", "--split", "val"]
    report = scored(capsys, *words, "--void", 9, "--shrink", 2)
    assert (report["split"], report["shrink"]) == ("val", 2)
    valid = sum(
        (picture(i, height=64)[1][1::2, 1::2] != 255).sum() for i in (0, 1)
    )
    assert report["pixels"] == valid


def test_evaluate_finds_data_by_the_environment(here, capsys, monkeypatch):
    monkeypatch.setenv("FCN_DATA", "data")
    assert scored(capsys, "--checkpoint", "net.ckpt")["images"] == 4


def test_scenes_are_drawn_for_evaluate(here, capsys, monkeypatch):
    streets = list(train.Scenes(2, size=(32, 64)))
    splits = {"train": streets, "test": streets[:1]}
    monkeypatch.setattr(train, "scene_pairs", splits.get)
    words = ["--model", "fcn32s", *TINY, *FEW, "--out", "s.ckpt"]
    assert run("train", "--data", "scenes", *words) == 0
    report = scored(capsys, "--checkpoint", "s.ckpt")
    assert (report["data"], report["images"]) == ("scenes", 1)
    assert report["pixels"] == (streets[0][1] != 255).sum()
    # a folder may have the classes of the scenes
    words = ["--data", "folder", "--root", "data"]
    report = scored(capsys, "--checkpoint", "s.ckpt", *words)
    assert list(report["scores"]["iou"]) == list(CLASSES)


@pytest.mark.parametrize(
    "words, told",
    [
        (["--data", "camvid"], "knows 3 classes .*wall.* the data have 11"),
        (["--data", "scenes"], "takes no --root"),
        (["--data", "moon"], "no data 'moon'"),
        (["--split", "val"], "no folder data/val"),
        (["--classes", "a,b,c"], "knows 3 classes .*have 3 .a, b, c"),
        (["--root", "gone"], "no folder gone/test"),
    ],
)
def test_data_that_do_not_fit_are_refused(here, capsys, words, told):
    command = ["evaluate", "--checkpoint", "net.ckpt", "--root", "data"]
    assert run(*command, *words) == 2
    wrong(capsys, told)


def test_a_label_out_of_range_is_named_by_evaluate(here, capsys):
    Image.new("L", (64, 32), 3).save("data/testannot/1.png")
    words = ["--checkpoint", "net.ckpt", "--root", "data"]
    assert run("evaluate", *words) == 2
    wrong(capsys, "1 of 4 pairs .*testannot/1.png holds label 3 .2048 pixels")


def change(**parts):
    """Write something else into parts of a checkpoint."""

    def damage(path):
        state = checkpoints.load(path)
        for part, change in parts.items():
            state[part] = change(state[part])
        checkpoints.save(state, path)

    return damage


def cut(path):
    """Leave a half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    """Flip one bit of a weight."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 8
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage, told",
    [
        (Path.unlink, "there is no file net.ckpt: is the path right"),
        (lambda path: path.write_bytes(b""), "no checkpoint of this book"),
        (lambda path: path.write_text("<html>"), "no checkpoint of this book"),
        (lambda path: torch.save({}, path), "no checkpoint of this book"),
        (cut, "net.ckpt is damaged"),
        (flip, "net.ckpt is damaged"),
        (lambda path: checkpoints.save({}, path), "KeyError: 'about'"),
        (lambda path: checkpoints.save([1], path), "TypeError"),
        (change(about=lambda a: a | {"model": "x"}), "no net 'x'"),
        (change(about=lambda a: a | {"backbone": "x"}), "'x' cannot be made"),
        (change(about=lambda a: a | {"classes": ["a", "b"]}), "size mismatch"),
        (change(about=lambda a: a | {"model": "fcn16s"}), "score_pool3"),
        (
            change(about=lambda a: {k: a[k] for k in a if k != "shrink"}),
            "KeyError: 'shrink'",
        ),
        (change(net=lambda n: {}), "Missing key"),
    ],
)
@pytest.mark.parametrize("command", ["evaluate", "segment"])
def test_a_bad_checkpoint_is_one_line(here, capsys, command, damage, told):
    damage(Path("net.ckpt"))
    words = {
        "evaluate": ["--root", "data"],
        "segment": ["data/test/0.png", "--out", "a.png"],
    }
    assert run(command, "--checkpoint", "net.ckpt", *words[command]) == 2
    wrong(capsys, told)
    assert not Path("a.png").exists()


@pytest.mark.parametrize("shrink", [None, 3])
def test_segment_lays_colours_over_a_photograph(here, capsys, shrink):
    assert learn("data", "a.ckpt", "--steps", 20, "--seed", 2) == 0
    factor = shrink or 1
    image = picture(0)[0].repeat(factor, 0).repeat(factor, 1)[:-1, :-5]
    Image.fromarray(image).save("photo.png")
    words = ["--checkpoint", "a.ckpt", "--labels", "l.png", "--out", "o.PNG"]
    words += ["--shrink", shrink] if shrink else []
    capsys.readouterr()
    assert run("segment", "photo.png", *words) == 0
    shown = capsys.readouterr().out
    state = checkpoints.load("a.ckpt")
    net = FCN8s(3, "test_efficientnet", pretrained=False)
    net.load_state_dict(state["net"])
    expected = np.zeros(image.shape[:2], int)
    pred = net.predict(np.array(Image.fromarray(image).reduce(factor)))
    for row, column in np.ndindex(expected.shape):
        expected[row, column] = pred[row // factor, column // factor]
    assert len(np.unique(expected)) > 1
    assert (read_labels("l.png", 3) == expected).all()
    palette = np.array(state["about"]["palette"])
    colors = palette[expected]
    assert (read_image("l.png") == colors).all()
    assert (read_image("o.PNG") == (image.astype(int) + colors) // 2).all()
    for k, line in enumerate(shown.splitlines()):
        name, share = line.split()
        assert name == NAMES[k]
        assert share == f"{(expected == k).mean():.1%}"
    assert k == 2


def test_segment_works_at_the_scale_of_the_training(here, monkeypatch):
    seen = []
    label = commands.segment.label_picture

    def spy(net, image):
        seen.append(image.shape)
        return label(net, image)

    monkeypatch.setattr(commands.segment, "label_picture", spy)
    assert learn("data", "a.ckpt", "--shrink", 2) == 0
    words = ["data/test/0.png", "--checkpoint", "a.ckpt", "--out", "a.png"]
    assert run("segment", *words) == 0
    assert run("segment", *words, "--shrink", 1) == 0
    assert seen == [(16, 32, 3), (32, 64, 3)]
    assert read_image("a.png").shape == (32, 64, 3)


@pytest.mark.parametrize(
    "words, told",
    [
        (["--out", "o.jpg"], "o.jpg does not end in .png"),
        (["--out", ""], "does not end in .png"),
        (["--out", "o.png", "--labels", "l.jpg"], "l.jpg does not end in"),
        (["--out", "gone/o.png"], "no folder gone: make it first"),
        (["--out", "photo.png"], "photo.png would overwrite photo.png"),
        (["--out", "./photo.png"], "would overwrite photo.png"),
        (["--out", "link.png"], "link.png would overwrite photo.png"),
        (["--out", "o.png", "--labels", "photo.png"], "would overwrite"),
        (["--out", "o.png", "--labels", "./o.png"], "both o.png: give two"),
        (["--out", "folder.png"], "folder.png"),
        (["--out", "o.png", "--shrink", "0"], "from 1 up, not 0"),
        ([], "required: --out"),
    ],
)
def test_no_picture_is_written_where_it_should_not(here, capsys, words, told):
    Image.fromarray(picture(0)[0]).save("photo.png")
    Path("link.png").symlink_to("photo.png")
    Path("folder.png").mkdir()
    before = Path("photo.png").read_bytes()
    files = sorted(here.rglob("*"))
    assert run("segment", "photo.png", "--checkpoint", "net.ckpt", *words) == 2
    wrong(capsys, told)
    assert Path("photo.png").read_bytes() == before
    assert sorted(here.rglob("*")) == files


@pytest.mark.parametrize(
    "photo, told",
    [
        ("gone.png", "there is no file gone.png: is the path right"),
        ("data", "data is a folder"),
        ("net.ckpt", "net.ckpt cannot be read as PNG or JPEG"),
        ("photo.gif", "photo.gif cannot be read as PNG or JPEG"),
        ("huge.png", "huge.png is too large"),
    ],
)
def test_what_is_no_photograph_is_named(
    here, monkeypatch, capsys, photo, told
):
    image = Image.fromarray(picture(0)[0])
    image.save("photo.gif")
    image.save("huge.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)  # there are 2048
    words = ["--checkpoint", "net.ckpt", "--out", "o.png"]
    assert run("segment", photo, *words) == 2
    wrong(capsys, told)
    assert not Path("o.png").exists()


def test_without_a_command_there_is_help(capsys):
    with pytest.raises(SystemExit) as stopped:
        run()
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert all(f"    {name} " in out for name in door.COMMANDS)


def test_help_names_all_nets_and_data(capsys):
    with pytest.raises(SystemExit) as stopped:
        run("train", "--help")
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert all(name in out for name in [*train.NETS, *DATA])


def test_every_command_has_its_help_and_its_function(capsys):
    assert set(door.COMMANDS) >= {"train", "evaluate", "segment"}
    for name in door.COMMANDS:
        with pytest.raises(SystemExit) as stopped:
            run(name, "--help")
        assert stopped.value.code == 0
        assert f"-m fcn_lib {name}" in capsys.readouterr().out
        assert callable(getattr(commands, f"run_{name}"))


def test_an_unknown_command_is_refused(capsys):
    assert run("fly") == 2
    wrong(capsys, "'fly' .*'train'")


def test_help_does_not_wait_for_torch():
    code = "import sys; sys.modules['torch'] = None; "
    code += "from fcn_lib.__main__ import main; main(['train', '--help'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0 and "--resume" in done.stdout, done.stderr


@pytest.mark.parametrize("text, value", [("3e-3", 0.003), ("1", 1.0)])
def test_a_learning_rate_is_a_number(text, value):
    assert math.isclose(door._rate(text), value)


def test_a_net_grows_out_of_the_stage_before(here, monkeypatch):
    begun, fit = {}, train.fit

    def spy(net, *args, **options):
        begun[type(net).__name__] = net.score.weight.clone()
        return fit(net, *args, **options)

    monkeypatch.setattr(train, "fit", spy)
    for model, more in (
        ("fcn32s", []),
        ("fcn16s", ["--grow-from", "fcn32s.ckpt"]),
        ("fcn8s", ["--grow-from", "fcn16s.ckpt"]),
    ):
        words = ["--model", model, *more]
        assert learn(here / "data", f"{model}.ckpt", *words) == 0
    assert not begun["FCN32s"].any()
    for old, new in ("fcn32s", "FCN16s"), ("fcn16s", "FCN8s"):
        weight = checkpoints.load(f"{old}.ckpt")["net"]["score.weight"]
        assert begun[new].equal(weight) and weight.any()
    state = checkpoints.load("fcn16s.ckpt")
    assert state["about"]["grown_from"] == "fcn32s.ckpt"


@pytest.mark.parametrize(
    "words, pieces",
    [
        (["--model", "fcn32s"], "fcn32s grows from no other net"),
        (["--model", "fcn16s"], "fcn16s grows from fcn32s, but .* fcn8s"),
    ],
)
def test_a_net_of_another_stage_grows_nothing(here, capsys, words, pieces):
    words += ["--grow-from", "net.ckpt"]
    assert learn(here / "data", "new.ckpt", *words) == 2
    wrong(capsys, pieces)
    assert not Path("new.ckpt").exists()


def test_growing_wants_the_same_classes(here, capsys):
    assert learn(here / "data", "a.ckpt", "--model", "fcn32s") == 0
    capsys.readouterr()
    words = ["--model", "fcn16s", "--grow-from", "a.ckpt"]
    assert learn(here / "data", "b.ckpt", *words, "--classes", "a,b,c") == 2
    wrong(capsys, "a.ckpt has classes .*ground.*, not .*'a'")


def test_results_are_measured_by_name(tmp_path, monkeypatch, capsys):
    asked = []
    measurements = {
        name: lambda path, root, name=name: asked.append((path, root))
        for name in ("one", "two")
    }
    monkeypatch.setattr(commands.results, "MEASUREMENTS", measurements)
    assert run("results", "two", "--out", tmp_path, "--root", "data") == 0
    assert asked == [(tmp_path / "two.json", "data")]
    assert "two.json is complete" in capsys.readouterr().out
    assert run("results", "--out", tmp_path) == 0
    assert [path.stem for path, _ in asked[1:]] == ["one", "two"]
    capsys.readouterr()
    assert run("results", "three") == 2
    wrong(capsys, r"no measurement 'three': there are \['one', 'two'\]")


def test_every_measurement_is_in_the_book_and_in_the_help(capsys):
    known = commands.results.MEASUREMENTS
    stored = {path.stem for path in commands.results.HOME.glob("*.json")}
    listed = {}
    for module in alone, beyond, ladders, frozen, gap:
        listed |= module.MEASUREMENTS
    assert {"replay"} | set(listed) == set(known) <= stored
    of_camvid = [name.endswith("-camvid") for name in known]
    assert of_camvid == sorted(of_camvid)  # others do not wait for its data
    for name, measurement in listed.items():
        assert known[name] is measurement
    with pytest.raises(SystemExit):
        run("results", "--help")
    told = "".join(capsys.readouterr().out.split())  # lines are broken
    assert all(name in told for name in known)


def test_the_windows_are_of_the_size_that_is_asked_for(here, monkeypatch):
    seen = []
    forward = FCN8s.forward

    def spy(net, images):
        seen.append(tuple(images.shape))
        return forward(net, images)

    monkeypatch.setattr(FCN8s, "forward", spy)
    assert learn(here / "data", "new.ckpt", "--crop", "16,48") == 0
    assert seen == [(2, 3, 16, 48)] * 2
    assert checkpoints.load("new.ckpt")["settings"]["crop"] == (16, 48)


def test_a_run_weighs_its_classes(here, monkeypatch):
    seen = []
    monkeypatch.setattr(
        train, "fit", lambda *a, weight, **k: seen.append(weight) or []
    )
    learn(here / "data", "new.ckpt")
    (weight,) = seen
    counts = np.zeros(3)
    for path in (here / "data/trainannot").iterdir():
        counts += np.bincount(read_labels(path, 3).ravel(), minlength=256)[:3]
    expected = (counts / counts.sum()) ** -0.25
    ratio = weight.numpy() / expected
    assert ratio == pytest.approx(ratio[0])

"""Torchvision's data sets as pairs, on small folders of the same layout."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fcn_lib import train
from fcn_lib.__main__ import _parser
from fcn_lib.datasets import read_labels
from fcn_lib.fcn8s import FCN8s
from fcn_lib.fcn32s import FCN32s
from fcn_lib.photos import (
    PET_CLASSES,
    PET_IDS,
    VOC_CLASSES,
    VOC_IDS,
    MaskPairs,
    enlarged,
    pets,
    relabelled,
    voc,
    voc_palette,
)
from fcn_lib.pixels import scores

CHAPTER = Path(__file__).parent.parent / "chapters/src/photos.md"
# as the development kit of VOC lists them
VOC_COLORS = [
    (0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128),
    (128, 0, 128), (0, 128, 128), (128, 128, 128), (64, 0, 0), (192, 0, 0),
    (64, 128, 0), (192, 128, 0), (64, 0, 128), (192, 0, 128), (64, 128, 128),
    (192, 128, 128), (0, 64, 0), (128, 64, 0), (0, 192, 0), (128, 192, 0),
    (0, 64, 128),
]  # fmt: skip
SIZES = [(40, 50), (33, 70), (64, 64)]


def random_pairs(ids, sizes=SIZES):
    rng = np.random.default_rng(0)
    for H, W in sizes:
        image = rng.integers(0, 256, (H, W, 3)).astype(np.uint8)
        yield image, rng.choice(np.array(ids, dtype=np.uint8), (H, W))


def voc_folder(root, split="train", sizes=SIZES):
    """A VOC of random pictures; returns their masks."""
    home = root / "VOCdevkit/VOC2012"
    for name in "JPEGImages", "SegmentationClass", "ImageSets/Segmentation":
        (home / name).mkdir(parents=True)
    masks = []
    for i, (image, mask) in enumerate(random_pairs(sorted(VOC_IDS), sizes)):
        Image.fromarray(image).save(home / f"JPEGImages/{i}.jpg")
        picture = Image.fromarray(mask)
        picture.putpalette([c for color in voc_palette() for c in color])
        picture.save(home / f"SegmentationClass/{i}.png")
        masks.append(mask)
    names = "".join(f"{i}\n" for i in range(len(sizes)))
    (home / f"ImageSets/Segmentation/{split}.txt").write_text(names)
    return masks


def pets_folder(root):
    home = root / "oxford-iiit-pet"
    for name in "images", "annotations/trimaps":
        (home / name).mkdir(parents=True)
    masks = []
    for i, (image, mask) in enumerate(random_pairs([1, 2, 3])):
        Image.fromarray(image).save(home / f"images/pug_{i}.jpg")
        Image.fromarray(mask).save(home / f"annotations/trimaps/pug_{i}.png")
        masks.append(mask)
    lines = "".join(f"pug_{i} 1 2 1\n" for i in range(len(SIZES)))
    for split in "trainval", "test":
        (home / f"annotations/{split}.txt").write_text(lines)
    return masks


def test_masks_of_voc_are_read_as_ids(tmp_path):
    masks = voc_folder(tmp_path)
    pairs = voc(tmp_path)
    assert len(pairs) == len(masks) == 3
    for (image, labels), mask in zip(pairs, masks, strict=True):
        assert image.dtype == labels.dtype == np.uint8
        assert image.shape == (*mask.shape, 3)
        assert (labels == mask).all()
    # the library's reader of single files says the same
    path = tmp_path / "VOCdevkit/VOC2012/SegmentationClass/0.png"
    assert (read_labels(path, len(VOC_CLASSES)) == pairs[0][1]).all()


def test_the_palette_is_that_of_voc():
    assert list(voc_palette(21)) == VOC_COLORS
    assert len(VOC_CLASSES) == 21
    assert voc_palette()[255] == (224, 224, 192)
    assert len(set(voc_palette())) == 256


def test_trimaps_of_pets_become_two_classes_and_void(tmp_path):
    masks = pets_folder(tmp_path)
    for (_, labels), mask in zip(pets(tmp_path), masks, strict=True):
        assert set(np.unique(labels)) == {0, 1, 255}
        for before, after in ((1, 0), (2, 1), (3, 255)):
            assert ((mask == before) == (labels == after)).all()
    assert PET_CLASSES[0] == "pet" and PET_IDS[1] == 0


@pytest.mark.parametrize("find, name", [(voc, "VOC 2012"), (pets, "pets")])
def test_a_missing_folder_is_named(tmp_path, find, name):
    with pytest.raises(ValueError, match=f"no {name} in .*{tmp_path.name}"):
        find(tmp_path)


def test_a_missing_split_is_named(tmp_path):
    voc_folder(tmp_path)
    with pytest.raises(ValueError, match="val.txt"):
        voc(tmp_path, "val")
    with pytest.raises(ValueError, match="tset"):
        voc(tmp_path, "tset")


def test_masks_with_colours_are_refused():
    palette = Image.new("P", (2, 2))
    with pytest.raises(ValueError, match="mode RGB.* without convert"):
        relabelled(palette.convert("RGB"), VOC_IDS)


def test_blended_masks_are_refused():
    mask = np.zeros((8, 8), dtype=np.uint8)
    mask[:, 4:] = 255  # half way to void lies no class
    blended = Image.fromarray(mask).resize((5, 5), Image.BILINEAR)
    with pytest.raises(ValueError, match=r"holds id \d+, .* blending"):
        relabelled(blended, VOC_IDS)


def test_what_is_enlarged_is_void_and_nothing_else_changes():
    image, labels = next(random_pairs([0, 1]))
    more, there = enlarged(image, labels, (64, 48))
    H, W = labels.shape
    assert more.shape == (64, 50, 3) and there.shape == (64, 50)
    assert (more[:H, :W] == image).all() and (there[:H, :W] == labels).all()
    assert (there[H:] == 255).all() and (more[H:] == image[-1]).all()
    same, unchanged = enlarged(image, labels, (40, 50))
    assert (same == image).all() and (unchanged == labels).all()


def test_pairs_of_any_size_can_be_trained_on(tmp_path):
    voc_folder(tmp_path, sizes=[(40, 70), (70, 40), (20, 20), (80, 90)])
    torch.manual_seed(0)
    net = FCN32s(len(VOC_CLASSES), "test_efficientnet", pretrained=False)
    short = {"steps": 3, "batch_size": 4, "crop": (64, 64)}
    with pytest.raises(ValueError, match="do not fit into one batch"):
        train.fit(net, voc(tmp_path), **short)
    losses = train.fit(net, voc(tmp_path, at_least=(64, 64)), **short)
    assert len(losses) == 3 and np.isfinite(losses).all()


def test_pairs_end_where_the_data_set_ends():
    trimap = Image.new("L", (3, 2), 2)
    pairs = MaskPairs([(Image.new("RGB", (3, 2)), trimap)] * 2, PET_IDS)
    assert len(list(pairs)) == len(pairs) == 2
    with pytest.raises(IndexError):
        pairs[2]


@pytest.mark.parametrize(
    "name, folder", [("voc(", voc_folder), ("pets(", pets_folder)]
)
def test_the_code_for_downloaded_data_runs(tmp_path, name, folder, capsys):
    """All but the download, on a small folder and with a small net."""
    blocks = re.findall(r"```py\n(.*?)```", CHAPTER.read_text("utf-8"), re.S)
    (block,) = (text for text in blocks if name in text)
    folder(tmp_path)
    if name == "voc(":
        lists = tmp_path / "VOCdevkit/VOC2012/ImageSets/Segmentation"
        (lists / "val.txt").write_text("0\n")
    for old, new in (
        ('"data"', repr(str(tmp_path))),
        ("download=True", "download=False"),
        ("batch_size=8", "batch_size=2"),
        ("(320, 320)", "(64, 64)"),
    ):
        assert old in block
        block = block.replace(old, new)
    block = re.sub(r"steps=\d+", "steps=2", block)
    names = {
        "VOC_CLASSES": VOC_CLASSES,
        "voc": voc,
        "FCN8s": lambda k: FCN8s(k, "test_efficientnet", pretrained=False),
        "device": train.device,
        "fit": train.fit,
        "evaluate": train.evaluate,
        "scores": scores,
    }
    exec(block, names)
    assert len(names["train_pairs"]) == 3
    if name == "voc(":
        assert 0 <= float(capsys.readouterr().out) < 1


def test_every_command_of_the_chapter_is_understood():
    text = CHAPTER.read_text("utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.S)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    calls = [line for line in lines if "-m fcn_lib" in line]
    assert len(calls) >= 6
    for line in calls:
        words = shlex.split(line.split("-m fcn_lib", 1)[1], comments=True)
        assert _parser().parse_args(words).command

"""The measurement from drawn streets to photographs of streets."""

import numpy as np
import pytest
from test_frozen import camvid_folder

from fcn_lib import results, train
from fcn_lib.datasets import CAMVID, camvid
from fcn_lib.results import gap
from fcn_lib.scenes import CLASSES

NAMES = list(CAMVID)


def test_classes_are_matched_by_name():
    wanted = {
        "sky": "sky", "building": "building", "pole": "pole", "road": "road",
        "pavement": "sidewalk", "tree": "tree", "car": "car",
        "pedestrian": "pedestrian",
    }  # fmt: skip
    assert set(wanted.values()) == set(CLASSES)
    for i, name in enumerate(NAMES):
        (found,) = gap.to_scenes(np.array([i], dtype=np.uint8))
        if name in wanted:
            assert CLASSES[found] == wanted[name]
        else:
            assert found == 255
    assert gap.to_scenes(np.array([255], dtype=np.uint8)) == 255


class Says:
    """A net that always gives the same answer."""

    def __init__(self, answer) -> None:
        self.answer = answer

    def predict(self, image):
        """Label every pixel alike."""
        return np.full(image.shape[:2], self.answer, dtype=np.uint8)


def test_nets_and_constant_answers_are_scored(tmp_path, monkeypatch):
    root = camvid_folder(tmp_path)
    monkeypatch.setattr(train, "trained", lambda name: Says(2))
    record = gap.camvid_gap(tmp_path / "gap-camvid.json", root)
    runs = record["runs"]
    assert list(runs) == ["constant", "constant of eight", *train.NETS]
    maps = [labels for _, labels in camvid(root, "test", shrink=2)]
    counts = np.bincount(np.stack(maps).ravel(), minlength=256)
    known = counts[: len(NAMES)]
    best = int(known.argmax())
    assert runs["constant"]["answer"] == NAMES[best]
    share = known[best] / known.sum()
    assert runs["constant"]["pixel_accuracy"] == pytest.approx(share, abs=1e-4)
    assert runs["constant"]["mean_iou"] == pytest.approx(share / 11, abs=1e-4)
    eight = [k for k in range(11) if NAMES[k] not in
             ("sign", "fence", "cyclist")]  # fmt: skip
    road = known[NAMES.index("road")] / known[eight].sum()
    for name in train.NETS:
        assert runs[name]["pixel_accuracy"] == pytest.approx(road, abs=1e-4)
        assert runs[name]["mean_iou"] == pytest.approx(road / 8, abs=1e-4)


def test_the_stored_gap_is_wide():
    runs = results.read("gap-camvid")["runs"]
    at_home = results.read("ladder-camvid")["runs"]
    shared = ["pavement" if k == "sidewalk" else k for k in CLASSES]
    for name in train.NETS:
        away = runs[name]["mean_iou"]
        home = np.mean([at_home[f"{name} 0"]["iou"][k] for k in shared])
        assert runs["constant of eight"]["mean_iou"] < away < home - 0.2

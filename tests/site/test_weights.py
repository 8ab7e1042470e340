"""What the figures of the book weigh: their scripts and their states."""

import gzip
import json
from pathlib import Path

import pytest

import figures
from contents import toc_stems

ROOT = Path(__file__).parents[2]
WIDGETS = ROOT / "fcn_lib" / "widgets"
STEMS = toc_stems(ROOT)
# those that replay what a net did
RECORDED = {"FusionExplorer", "TrainingReplay", "Explorer"}


@pytest.mark.parametrize(
    "script", sorted(WIDGETS.glob("*.js")), ids=lambda path: path.stem
)
def test_script_is_small(script):
    assert len(gzip.compress(script.read_bytes(), 6)) <= 10_000


@pytest.mark.parametrize("stem", STEMS)
def test_states_are_small(stem, tmp_path):
    path = ROOT / "chapters" / f"{stem}.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    for output, model in figures.views(notebook):
        name = model["state"]["_anywidget_id"].rpartition(".")[2]
        state, _ = figures.write_files(model, tmp_path)
        limit = 300_000 if name in RECORDED else 150_000
        assert (tmp_path / state).stat().st_size <= limit, name
        assert len(output["metadata"]["image/png"]["alt"]) > 40, name

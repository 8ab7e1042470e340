"""Every chapter agrees with its text, and the outside world with both."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from checks import check, unreached_modules
from contents import saved, text_stems, toc_stems
from generated import generated_cells, repository
from notebooks import notebook_path, read

ROOT = Path(__file__).parent.parent
STEMS = toc_stems(ROOT)
# what Colab has had since 2026-08; the library must not replace any of it
COLAB = {
    "ipython": "7.34.0",
    "ipywidgets": "7.7.1",
    "matplotlib": "3.10.0",
    "numpy": "2.1.3",
    "pillow": "11.3.0",
    "torch": "2.11.0",
    "torchvision": "0.26.0",
    "traitlets": "5.7.1",
}


@pytest.mark.parametrize("stem", STEMS)
def test_chapter_agrees_with_its_text(stem):
    assert check(ROOT, stem) == []


def test_no_part_of_the_book_is_orphaned():
    assert text_stems(ROOT) == STEMS
    assert saved(ROOT) == sorted(STEMS)
    assert unreached_modules(ROOT) == []


@pytest.mark.parametrize("stem", STEMS)
def test_colab_cell_follows_the_config(stem):
    cell = read(notebook_path(ROOT, stem)).cells[1]
    home = repository(ROOT)
    assert cell.source == generated_cells(ROOT, stem)[1].source
    assert f"git+{home['url']}@{home['branch']}" in cell.source


def test_readme_links_every_chapter_to_colab():
    home = repository(ROOT)
    place = home["url"].removeprefix("https://github.com/")
    colab = f"https://colab.research.google.com/github/{place}/blob"
    expected = [f"{colab}/{home['branch']}/chapters/{s}.ipynb" for s in STEMS]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"https://colab[^)\s\"]*\.ipynb", readme) == expected


def test_library_keeps_what_colab_has():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needs = map(Requirement, project["project"]["dependencies"])
    bounds = {need.name: need.specifier for need in needs}
    assert {part.operator for b in bounds.values() for part in b} == {">="}
    kept = {name for name, version in COLAB.items() if version in bounds[name]}
    assert kept == set(COLAB)


def test_nbval_still_finds_a_wrong_output(tmp_path):
    name = "wrong_output.ipynb"
    source = (ROOT / "tests/must_fail" / name).read_bytes()
    (tmp_path / name).write_bytes(source)
    sanitizer = ROOT / "tests/nbval.cfg"
    command = [sys.executable, "-m", "pytest", "-rA", "--tb=no", "--nbval"]
    command += ["--nbval-current-env", f"--nbval-sanitize-with={sanitizer}"]
    command += ["-p", "no:cacheprovider", "--rootdir", str(tmp_path), name]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True
    )
    outcomes = re.findall(r"^(PASSED|FAILED) .*::Cell (\d)", done.stdout, re.M)
    assert sorted(outcomes, key=lambda pair: pair[1]) == [
        ("PASSED", "0"),
        ("FAILED", "1"),
        ("PASSED", "2"),
    ]


def test_every_package_is_installed_with_the_library():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    told = project["tool"]["setuptools"]
    folders = {path.parent for path in (ROOT / "fcn_lib").rglob("*.py")}
    names = {".".join(path.relative_to(ROOT).parts) for path in folders}
    assert set(told["packages"]) - names == set(told["package-dir"])
    assert names < set(told["packages"])

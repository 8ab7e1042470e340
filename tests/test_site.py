"""The book's frame: its settings, its looks and its extension."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from docutils.core import publish_doctree
from PIL import Image

from checks import toc_stems

ROOT = Path(__file__).parents[1]
SITE = ROOT / "chapters" / "_site"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())
CHAPTERS = [f"chapters/{stem}" for stem in toc_stems(ROOT)]
sys.path.append(str(SITE))

import cover  # noqa: E402  (the folder is no package)
import every_pixel  # noqa: E402


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_cover_page_and_readme_name_every_chapter(chapter: str):
    stem = Path(chapter).name
    assert f"({stem}.ipynb)" in (ROOT / "chapters/index.md").read_text()
    readme = (ROOT / "README.md").read_text()
    address = CONFIG["repository"]["url"].removeprefix("https://github.com")
    blob = f"{address}/blob/{CONFIG['repository']['branch']}"
    assert f"{blob}/{chapter}.ipynb" in readme
    file = f"fcn_lib/{stem}.py"
    assert f"({file if (ROOT / file).exists() else file[:-3]})" in readme


@pytest.mark.parametrize("page", ["README.md", "chapters/index.md"])
def test_every_address_on_a_page_is_that_of_the_config(page: str):
    text = (ROOT / page).read_text()
    found = re.findall(r"github(?:\.com)?/([\w.-]+/[\w.-]+)", text)
    place = CONFIG["repository"]["url"].removeprefix("https://github.com/")
    assert set(found) == {place}


def test_readme_names_every_make_target():
    targets = re.findall(
        r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    readme = (ROOT / "README.md").read_text()
    missing = [t for t in targets if t != "help" and f"make {t}" not in readme]
    assert targets and not missing


def test_config_runs_nothing_and_fetches_nothing():
    assert CONFIG["execute"]["execute_notebooks"] == "off"
    assert CONFIG["sphinx"]["config"]["nb_ipywidgets_js"] == {}
    assert "sphinx_thebe" not in CONFIG["sphinx"]["config"]["extensions"]
    assert not (ROOT / "_static").exists()


@pytest.mark.parametrize(
    "path", sorted((SITE / "static").iterdir()), ids=lambda path: path.name
)
def test_static_files_load_nothing_from_elsewhere(path: Path):
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|@import|url\((?!#)", text)


def test_cover_is_what_its_script_draws():
    stored = SITE / "cover.png"
    new, old = (
        np.asarray(im.convert("RGB"), int)
        for im in (cover.cover(), Image.open(stored))
    )
    # a colour may move by a step where another CPU rounds differently
    difference = np.abs(new - old).mean()
    assert difference < 1, "stale: run chapters/_site/cover.py again"
    assert stored.stat().st_size < 150_000


def test_description_is_the_first_paragraph_cut_at_a_word():
    text = "One street & a *pixel* " + "of it " * 60
    document = publish_doctree(f"Title\n=====\n\n{text}\n\nSecond.")
    described = every_pixel.description(document)
    assert described.startswith("One street & a pixel of it")
    assert described.endswith(("of…", "it…")) and len(described) <= 155
    assert every_pixel.description(publish_doctree("")) == ""


def test_only_early_loads_go():
    keep = '<link href="fontawesome/all.css"><script src="theme.js"></script>'
    icons = '<script src="../fontawesome/6/all.min.js?digest=1"></script>'
    early = '<link rel="preload" as="font" href="fontawesome/solid.woff2" />'
    assert every_pixel.without_early_loads(keep + early + icons) == keep

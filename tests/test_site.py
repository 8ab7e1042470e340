"""The book's frame: its settings, its looks and its extension."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from inspect import cleandoc
from pathlib import Path
from unittest.mock import Mock
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from docutils.core import publish_doctree
from packaging.requirements import Requirement
from PIL import Image
from sphinx.ext.napoleon import Config, GoogleDocstring

from contents import toc_stems
from fcn_lib.fingerprint import imports
from fcn_lib.pixels import confusion_matrix

ROOT = Path(__file__).parents[1]
SITE = ROOT / "chapters" / "_site"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))[
    "project"
]
NEEDS = [*map(Requirement, PROJECT["dependencies"])]
TARGETS = re.findall(
    r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
)
CHAPTERS = [f"chapters/{stem}" for stem in toc_stems(ROOT)]
sys.path.append(str(SITE))

import cover  # noqa: E402  (the folder is no package)
import every_pixel  # noqa: E402
import library  # noqa: E402
import maths  # noqa: E402


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_cover_page_and_readme_name_every_chapter(chapter: str):
    stem = Path(chapter).name
    assert f"({stem}.ipynb)" in (ROOT / "chapters/index.md").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    address = CONFIG["repository"]["url"].removeprefix("https://github.com")
    blob = f"{address}/blob/{CONFIG['repository']['branch']}"
    assert f"{blob}/{chapter}.ipynb" in readme
    file = f"fcn_lib/{stem}.py"
    assert f"({file if (ROOT / file).exists() else file[:-3]})" in readme


@pytest.mark.parametrize("page", ["README.md", "chapters/index.md"])
def test_every_address_on_a_page_is_that_of_the_config(page: str):
    text = (ROOT / page).read_text("utf-8")
    found = re.findall(r"github(?:\.com)?/([\w.-]+/[\w.-]+)", text)
    place = CONFIG["repository"]["url"].removeprefix("https://github.com/")
    assert set(found) == {place}


def asked_of_make(page: Path) -> set[str]:
    """Give the targets that the code of a page names."""
    text = page.read_text("utf-8")
    blocks = "".join(re.findall(r"^```.*?^```", text, re.M | re.S))
    calls = re.findall(r"`(?:\w+=\S+ )?make\s([^`]+)`", text)
    calls += re.findall(r"^(?:\w+=\S+ )?make ([^#\n]+)", blocks, re.M)
    return {word for call in calls for word in call.split() if "=" not in word}


def test_readme_names_every_make_target():
    missing = {*TARGETS} - asked_of_make(ROOT / "README.md")
    assert missing == {"help"}


@pytest.mark.parametrize(
    "page",
    [*ROOT.glob("*.md"), *ROOT.glob("chapters/*.md")],
    ids=lambda path: path.stem,
)
def test_every_make_target_that_a_page_names_is_there(page: Path):
    assert asked_of_make(page) - {*TARGETS} == set()


def test_only_what_passed_is_published():
    files = sorted((ROOT / ".github/workflows").iterdir())
    texts = [path.read_text("utf-8") for path in files]
    (text,) = [text for text in texts if "deploy-pages" in text]
    jobs = yaml.safe_load(text)["jobs"]
    (publish,) = [j for j in jobs.values() if "deploy-pages" in str(j)]
    steps = jobs[publish["needs"]]["steps"]
    assert {"run": ".ci/run"} in steps
    assert publish["if"] == "github.event_name == 'push'"
    # what is handed over are the pages that were tested
    *_, tested, pages = steps
    assert tested == {"run": ".ci/run"} and pages["if"] == publish["if"]
    assert pages["with"] == {"path": "_build/html"}
    assert "make" not in str(publish)


def test_library_declares_what_it_imports():
    files = (ROOT / "fcn_lib").rglob("*.py")
    texts = [path.read_text("utf-8") for path in files]
    names = {n.split(".")[0] for text in texts for n in imports(text)}
    names -= {*sys.stdlib_module_names, "fcn_lib"}
    homes = packages_distributions()
    found = {homes[name][0].lower().replace("_", "-") for name in names}
    assert found and found <= {need.name for need in NEEDS}


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.name)
def test_pinned_package_is_as_new_as_the_library_asks(need: Requirement):
    text = (ROOT / "requirements.txt").read_text("utf-8")
    (pin,) = re.findall(rf"^{re.escape(need.name)}==(.+)$", text, re.M)
    assert pin in need.specifier


def test_config_runs_nothing_and_fetches_nothing():
    assert CONFIG["execute"]["execute_notebooks"] == "off"
    assert CONFIG["sphinx"]["config"]["nb_ipywidgets_js"] == {}
    assert "sphinx_thebe" not in CONFIG["sphinx"]["config"]["extensions"]
    assert not (ROOT / "_static").exists()


@pytest.mark.parametrize(
    "path", sorted((SITE / "static").iterdir()), ids=lambda path: path.name
)
def test_static_files_load_nothing_from_elsewhere(path: Path):
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
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


def test_description_says_formulas_and_leaves_the_page_as_it_is():
    document = publish_doctree(r"A block of :math:`32 \times 32` pixels.")
    before = document.pformat()
    described = every_pixel.description(document)
    assert described == "A block of 32×32 pixels."
    assert document.pformat() == before


def test_only_early_loads_go():
    keep = '<link href="fontawesome/all.css"><script src="theme.js"></script>'
    icons = '<script src="../fontawesome/6/all.min.js?digest=1"></script>'
    early = '<link rel="preload" as="font" href="fontawesome/solid.woff2" />'
    assert every_pixel.without_early_loads(keep + early + icons) == keep


def in_the_reference(docstring: str) -> str:
    """What the extension, and after it napoleon, make of a docstring."""
    app = Mock(config={})
    library.setup(app)
    lines = cleandoc(docstring).split("\n")
    for call in app.connect.call_args_list:
        if call.args[0] == "autodoc-process-docstring":
            assert call.kwargs["priority"] < 500  # napoleon's
            call.args[1](app, "function", "f", None, None, lines)
    settings = {k: v for k, v in app.config.items() if "napoleon" in k}
    return str(GoogleDocstring(lines, Config(**settings)))


def test_what_is_returned_is_not_cut_at_a_colon():
    row, column = "Row: the true class.", "Column: the predicted class."
    made = in_the_reference(confusion_matrix.__doc__)
    assert f":returns: (K, K) int64. {row} {column}\n" in made


@pytest.mark.parametrize("section", ["Returns", "Yields"])
@pytest.mark.parametrize("text", ["Maps, uint8: ids", "Maps:", "Many maps"])
def test_a_section_has_text_and_no_type(section, text):
    made = in_the_reference(f"""Do it.

    {section}:
        {text}
        or: none.

    Raises:
        ValueError: if all: fails.
    """)
    said, raised = made.replace("Yields", "returns").split("\n\n")[1:]
    assert " ".join(said.split()) == f":returns: {text} or: none."
    assert raised == ":raises ValueError: if all: fails.\n"


# ---- formulas


@pytest.mark.parametrize(
    ("tex", "spaces"),
    [
        (r"\ln 8", [("ln", "8")]),
        (r"-\ln 10^{-7}", [("ln", "10−7")]),
        (r"10 \log_{10} x", [("10", "log10"), ("log10", "x")]),
        (r"10 \log_{10}(x)", [("10", "log10")]),
        (r"-\ln(1/8) = \ln 8", [("ln", "8")]),
        (r"\ln", []),
        (r"2n + \max(n, k)", []),
    ],
)
def test_logarithms_are_set_off_as_in_tex(tex, spaces):
    formula = ElementTree.fromstring(maths.with_spaces(maths.convert(tex)))
    row = list(formula[0])
    found = [
        tuple("".join(row[place].itertext()) for place in (i - 1, i + 1))
        for i, part in enumerate(row)
        if part.tag.endswith("mspace")
    ]
    assert found == spaces

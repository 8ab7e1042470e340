"""Every page of the built book, in a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page, expect

from contents import toc_files, toc_stems
from figures import views

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "_build" / "html"
PAGES = toc_files(ROOT)
FIGURES = {
    name: (BUILT / f"{name}.html")
    .read_text("utf-8")
    .count('class="ep-figure"')
    for name in [*PAGES, "search"]
    if (BUILT / f"{name}.html").exists()
}
EVERY = pytest.mark.parametrize("name", [*PAGES, "search"])
WITH_FIGURES = pytest.mark.parametrize(
    "name", [name for name, count in FIGURES.items() if count]
)
WIDE, NARROW = {"width": 1250, "height": 900}, {"width": 360, "height": 700}
PAPER = {"width": 718, "height": 1047}  # A4, less margins of 1 cm
# what the theme does, rule by rule: the rule, and what its element contains
THEME = [
    ("label-content-name-mismatch", 'aria-label="Search"'),
]


def figures(page: Page) -> Iterator:
    """Go down the page; yield each figure when it has come up."""
    for place in page.locator(".ep-figure").all():
        # folded-away ones come up when they are unfolded
        place.evaluate("el => el.closest('details')?.setAttribute('open', '')")
        place.scroll_into_view_if_needed()
        handle = place.element_handle()
        page.wait_for_function("el => 'mounted' in el.dataset", arg=handle)
        yield place


def own(barriers: list[str]) -> list[str]:
    """Leave out what the theme is excused for."""
    return [
        text
        for text in barriers
        if not any(text.startswith(r) and part in text for r, part in THEME)
    ]


@pytest.mark.parametrize("stem", toc_stems(ROOT))
def test_page_has_every_figure_of_its_notebook(stem):
    notebook = nbformat.read(ROOT / "chapters" / f"{stem}.ipynb", 4)
    assert FIGURES[f"chapters/{stem}"] == len(list(views(notebook))) > 0


def test_first_page_has_the_figure_that_it_borrows():
    assert FIGURES["chapters/index"] == 1


@EVERY
def test_page_loads_and_mounts_all(open_page, served, barriers, name):
    page = open_page(f"{served}/{name}.html", viewport=WIDE)
    assert len(list(figures(page))) == FIGURES[name]
    page.wait_for_load_state("networkidle")
    here = served, "blob:", "data:"
    away = [url for url in open_page.asked if not url.startswith(here)]
    assert open_page.asked and away == []
    assert own(barriers(page)) == []


@EVERY
def test_page_fits_a_phone_at_night(open_page, served, barriers, name):
    page = open_page(
        f"{served}/{name}.html",
        viewport=NARROW,
        color_scheme="dark",
        reduced_motion="reduce",
    )
    list(figures(page))
    theme = page.evaluate("document.documentElement.dataset.theme")
    assert theme == "dark"
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == NARROW["width"]
    assert own(barriers(page)) == []


@WITH_FIGURES
def test_stills_stand_in_where_scripts_are_off(open_page, name):
    page = open_page(
        (BUILT / f"{name}.html").as_uri(),
        java_script_enabled=False,
        viewport=NARROW,
    )
    stills = page.locator(".ep-figure img").all()
    assert len(stills) == FIGURES[name]
    for still in stills:
        # Chromium evaluates for a test what it would not for the page
        assert still.evaluate("el => el.naturalWidth") > 300
        assert len(still.get_attribute("alt")) > 40
        place = still.locator("xpath=..")
        assert still.bounding_box() == place.bounding_box()


def test_every_still_is_printed(open_page, served):
    page = open_page(f"{served}/chapters/fcn8s.html", viewport=WIDE)
    stills = page.locator(".ep-figure > img").all()
    assert len(stills) == FIGURES["chapters/fcn8s"]
    sizes = {
        tuple(int(still.get_attribute(key)) for key in ("width", "height"))
        for still in stills
    }
    printed = re.findall(rb"/Width (\d+)\s+/Height (\d+)", page.pdf())
    assert sizes <= {(int(width), int(height)) for width, height in printed}


def test_paper_is_white_and_has_no_controls(open_page, served):
    page = open_page(
        f"{served}/chapters/stride.html", viewport=WIDE, color_scheme="dark"
    )
    place = next(figures(page))
    controls = place.locator(".ep-controls")
    expect(controls).to_be_visible()
    page.evaluate(
        """addEventListener("beforeprint", () => {
          window.printed = document.documentElement.dataset.theme;
        })"""
    )
    page.pdf()
    assert page.evaluate("printed") == "light"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.emulate_media(media="print")
    expect(controls).to_be_hidden()
    expect(place.locator(".ep-stage")).to_be_visible()


@EVERY
def test_no_code_is_cut_on_paper(open_page, name):
    page = open_page((BUILT / f"{name}.html").as_uri(), viewport=PAPER)
    page.emulate_media(media="print")
    cut = page.evaluate(
        """[...document.querySelectorAll("article pre")]
          .filter((el) => el.scrollWidth > el.clientWidth)
          .map((el) => el.textContent)"""
    )
    assert cut == []


@EVERY
def test_page_works_from_a_disk(open_page, name):
    page = open_page((BUILT / f"{name}.html").as_uri(), viewport=WIDE)
    assert len(list(figures(page))) == FIGURES[name]


@EVERY
def test_nothing_is_left_for_a_widget_manager(name):
    text = (BUILT / f"{name}.html").read_text("utf-8")
    for mark in "widget-state+json", "widget-view+json", "data-figure":
        assert mark not in text
    assert not re.search(r"<script[^>]*mathjax", text, re.IGNORECASE)


def test_formulas_are_there_without_scripts(open_page):
    page = open_page(
        (BUILT / "chapters/stride.html").as_uri(), java_script_enabled=False
    )
    formula = page.locator("div.math math").first
    assert formula.bounding_box()["height"] > 20
    assert "$" not in page.locator("article").inner_text()

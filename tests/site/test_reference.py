"""The reference of the library, and the search."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

from contents import text_stems
from notebooks import code_cells, from_text

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "_build" / "html"


def imported(stem: str) -> set[str]:
    """The functions and classes of the library that a chapter imports."""
    found = set()
    for cell in code_cells(from_text(ROOT, stem)):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module, _, rest = node.module.partition(".")
                if module == "fcn_lib" and not rest.startswith("exercises"):
                    home = import_module(node.module)
                    found |= {
                        f"{node.module}.{alias.name}"
                        for alias in node.names
                        if callable(getattr(home, alias.name))
                    }
    return found


@pytest.mark.parametrize("stem", text_stems(ROOT))
def test_all_that_a_chapter_imports_is_in_the_reference(stem):
    page = (BUILT / "chapters" / "library.html").read_text("utf-8")
    names = imported(stem)
    assert names
    assert [name for name in names if f'id="{name}"' not in page] == []


@pytest.mark.parametrize(
    ("asked", "page"),
    [
        ("why is my output 5×7", "chapters/transposed.html"),
        ("void", "chapters/pixels.html"),
        ("checkerboard", "chapters/transposed.html"),
        ("receptive field", "chapters/glossary.html#receptive-field"),
    ],
)
def test_search_finds(open_page, served, asked, page):
    tab = open_page(f"{served}/search.html?q={asked}")
    tab.get_by_text("Search finished").wait_for()
    tab.wait_for_load_state("networkidle")  # all summaries have come
    links = tab.locator("#search-results li > a").evaluate_all(
        "links => links.map((link) => link.getAttribute('href'))"
    )
    assert any(link.startswith(page) for link in links[:5]), links

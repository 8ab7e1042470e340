"""Minutes to read and to run: how they are counted, and the page of them."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import runtimes
from contents import toc_stems
from fcn_lib.results import read

ROOT = Path(__file__).parents[1]


def notebook(words=0, lines=0, hidden=0):
    """A chapter with so many words, lines of code, and hidden lines."""
    cells = [
        new_markdown_cell("word " * words),
        new_code_cell("x = 1\n" * (lines - 1) + "x" if lines else ""),
        new_code_cell("y\n" * hidden, metadata={"tags": ["hide-cell"]}),
    ]
    return new_notebook(cells=cells)


@pytest.mark.parametrize(
    ("counts", "minutes"),
    [
        ({"words": 400}, 2),
        ({"lines": 60}, 3),
        ({"words": 100, "lines": 10}, 1),
        ({"words": 200, "hidden": 500}, 1),
    ],
)
def test_minutes_to_read(counts, minutes):
    assert runtimes.reading_minutes(notebook(**counts)) == minutes


def test_addresses_and_comments_are_not_read():
    text = "See [two words](https://example.org/a/b/c.html).<!-- a note -->"
    seen = new_notebook(cells=[new_markdown_cell(text)])
    assert runtimes.reading_minutes(seen) == 3 / runtimes.WORDS


def test_every_chapter_is_run_in_order_from_an_empty_cache(
    tmp_path, monkeypatch
):
    home = tmp_path / "chapters"
    quoting = "To read: 9<!-- fact: runtimes | two/read | .0f --> minutes."
    page = "# Run times\n\n<!-- times -->\nold\n<!-- end -->\n\nAfter.\n"
    for name, text in {
        "_config.yml": "repository: {url: https://example.org, branch: b}",
        "fcn_lib/__init__.py": '__version__ = "1"',
        "chapters/results/other.json": "{}",
        "chapters/runtimes.md": page,
        "chapters/src/one.md": "# One\n\nA b.\n",
        "chapters/src/two.md": f"# Two\n\n{quoting}\n\n" + "a " * 600,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    ran = []

    def run(root, stem, notebook):
        cache = Path(runtimes.os.environ["FCN_CACHE"])
        ran.append((stem, cache.exists()))
        cache.mkdir(exist_ok=True)
        return notebook

    monkeypatch.setattr(runtimes, "run", run)
    monkeypatch.setenv("FCN_CACHE", "of the reader")
    for _ in range(2):
        runtimes.take_times(tmp_path, ["one", "two"])
    assert ran == [("one", False), ("two", True)] * 2
    text = (home / "runtimes.md").read_text("utf-8")
    assert "| [One](one.ipynb) | 0 | 0.0 |\n| [Two](two.ipynb) | 3 |" in text
    assert "old" not in text and text.endswith("\n\nAfter.\n")
    # the texts quote the new minutes, and the notebooks follow
    for path in home / "src" / "two.md", home / "two.ipynb":
        assert "To read: 3<!-- fact" in path.read_text("utf-8")


def test_page_shows_the_stored_times_of_every_chapter():
    record = read("runtimes")
    stems = toc_stems(ROOT)
    assert list(record["runs"]) == stems
    page = (ROOT / "chapters" / "runtimes.md").read_text("utf-8")
    titles = runtimes.titles(ROOT, stems)
    assert page == runtimes.filled(page, record, titles)
    assert all(f"({stem}.ipynb)" in page for stem in stems)


def test_chapters_keep_within_their_time():
    minutes = [run["run"] for run in read("runtimes")["runs"].values()]
    assert max(minutes) <= 3 and sum(minutes) <= 12

"""From a quoted number, a reader comes to how it was measured."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from contents import toc_stems
from facts import facts, look_up

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "chapters"
BUILT = ROOT / "_build" / "html" / "chapters"
SOURCES = {
    **{stem: BOOK / "src" / f"{stem}.md" for stem in toc_stems(ROOT)},
    **{path.stem: path for path in BOOK.glob("*.md")},
}
QUOTING = {
    stem: found
    for stem, path in SOURCES.items()
    if (found := list(facts(path.read_text("utf-8"))))
}
RECORDS = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in (BOOK / "results").glob("*.json")
}


def built(stem: str) -> BeautifulSoup:
    """A page as it was built."""
    html = (BUILT / f"{stem}.html").read_text("utf-8")
    return BeautifulSoup(html, "html.parser")


def section_of(page: BeautifulSoup, record: str) -> BeautifulSoup:
    """The part of a page that tells of a record."""
    for part in page.find_all("section"):
        if part.find("section") is None and f"{record}.json" in part.text:
            return part
    raise AssertionError(f"no section tells of {record}")


def row_of(page: BeautifulSoup, anchor: str) -> list[str]:
    """The cells of the row in which a place lies."""
    (place,) = page.find_all(id=anchor)
    return [cell.text for cell in place.find_parent("tr").find_all("td")]


@pytest.mark.parametrize("stem", QUOTING)
def test_every_quoted_number_leads_to_its_record(stem):
    links = built(stem).select("a.evidence")
    assert [link.text for link in links] == [f.number for f in QUOTING[stem]]
    for link, fact in zip(links, QUOTING[stem], strict=True):
        name, _, anchor = link["href"].partition("#")
        page = built(name.removesuffix(".html"))
        how = RECORDS[fact.record]["provenance"]
        if anchor:
            about = section_of(page, fact.record).text
            number, path, measured, _ = row_of(page, anchor)
            assert (number, path) == (fact.number, fact.path)
            values = re.findall(r"-?\d[\d.e-]*", measured.split(": ")[-1])
            mean = sum(map(float, values)) / len(values)
            true = look_up(RECORDS[fact.record]["runs"], fact.path)
            assert mean == pytest.approx(true, rel=1e-3)
        else:
            assert name == f"{fact.record}.html"
            about = page.text
        assert how["command"] in about and how["commit"] in about
        assert how["machine"] in about


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_is_shown(record):
    if (BOOK / f"{record}.md").exists():
        return
    about = section_of(built("measured"), record)
    how = RECORDS[record]["provenance"]
    assert how["commit"] in about.text and how["torch"] in about.text
    (link,) = [a for a in about.find_all("a") if a.text == f"{record}.json"]
    assert link["href"].endswith(f"/chapters/results/{record}.json")


def test_a_number_is_followed_with_a_click(open_page):
    # without motion, since the page would otherwise glide there for a while
    address = (BUILT / "traps.html").as_uri()
    tab = open_page(address, reduced_motion="reduce")
    tab.locator("a.evidence:visible").last.click()
    tab.wait_for_url("**/measured.html#*")
    row = tab.locator("tr:has(:target)")
    assert QUOTING["traps"][-1].path in row.inner_text()
    expect(row).to_be_in_viewport(ratio=1)
    above = tab.locator(".bd-header-article").bounding_box()
    assert above["y"] + above["height"] <= row.bounding_box()["y"]

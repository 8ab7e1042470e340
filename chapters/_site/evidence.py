"""Sphinx extension: a quoted number leads to what was measured.

The comment behind a number (``facts``) becomes a link around the number. It
leads to the page of records, ``chapters/measured``, where the directive
``record`` says how a record came about, and what the book quotes of it. A
record with a page of its own name is shown there.
"""

import re
from collections import defaultdict
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from facts import (
    FACT,
    NUMBER,
    Fact,
    facts,
    matching,
    origin,
    parse_fact,
    stored,
)
from prose import title

PAGE = "chapters/measured"
TITLE = "measured: how, and the values it comes from"


def anchor(fact: Fact) -> str:
    """Name the place of a fact on the page of records."""
    return re.sub(r"\W+", "-", f"{fact.record} {fact.path}").strip("-")


def texts(book: Path) -> dict[str, str]:
    """Read all that may quote a record: chapters, then pages, by file."""
    chapters = {f"{p.stem}.ipynb": p for p in sorted(book.glob("src/*.md"))}
    pages = {p.name: p for p in sorted(book.glob("*.md"))}
    return {k: p.read_text("utf-8") for k, p in (chapters | pages).items()}


def quotes(record: str, book: Path) -> dict[Fact, list[str]]:
    """Find which numbers of a record the book quotes, and links to where."""
    found = defaultdict(list)
    for file, text in texts(book).items():
        for fact in dict.fromkeys(facts(text)):
            if fact.record == record:
                found[fact].append(f"[{title(text)}]({file})")
    return found


def lines(record: str, book: Path, source: str) -> list[str]:
    """Write what stands on the page of records, in Markdown.

    Args:
        record: its name.
        book: the folder ``chapters``.
        source: where the file of the record can be read.
    """
    data = stored(record, book / "results")
    how = origin(data["provenance"])
    written = [f"{how} All of it: [{record}.json]({source}).", ""]
    found = quotes(record, book)
    if found:
        written.append("| quoted | what it is | measured | in |")
        written.append("|---|---|---|---|")
    for fact, links in found.items():
        values = matching(data["runs"], fact.path).values()
        measured = ", ".join(f"{v:.5g}" for v in values)
        mean = f"mean of {len(values)}: " if len(values) > 1 else ""
        here = f'<span id="{anchor(fact)}"></span>'
        written.append(
            f"| {here}{fact.number} | `{fact.path}` | {mean}{measured} "
            f"| {', '.join(links)} |"
        )
    return written


class Record(SphinxDirective):
    """Say how a record came about, and what the book quotes of it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Parse what ``lines`` writes."""
        book = Path(self.env.srcdir) / "chapters"
        for pattern in "src/*.md", "*.md", "results/*.json":
            for path in book.glob(pattern):
                self.env.note_dependency(str(path))
        name = self.arguments[0]
        if not (book / "results" / f"{name}.json").exists():
            raise self.error(f"no record {name!r} in chapters/results")
        home = self.config.html_theme_options["repository_url"]
        branch = self.config.html_theme_options["repository_branch"]
        source = f"{home}/blob/{branch}/chapters/results/{name}.json"
        parent = nodes.container()
        text = StringList(lines(name, book, source), self.env.docname)
        self.state.nested_parse(text, self.content_offset, parent)
        return parent.children


def link_facts(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make each quoted number a link to its record."""
    for comment in list(doctree.findall(nodes.raw)):
        if not FACT.match(comment.astext()):
            continue
        parent = comment.parent
        at = parent.index(comment)
        # a text that ends in the number, or the number in bold
        before = parent[at - 1]
        text = before.astext()
        fact = parse_fact(text, comment.astext())
        page, spot = place(app, fact)
        target = app.builder.get_relative_uri(docname, page) + spot
        link = nodes.reference("", "", refuri=target, reftitle=TITLE)
        link["internal"] = True
        link["classes"].append("evidence")
        parts = [link]
        if isinstance(before, nodes.Text):
            start = NUMBER.search(text).start(1)
            parts.insert(0, nodes.Text(text[:start]))
            link += nodes.Text(text[start:])
        else:
            link += before.deepcopy()
        parent[at - 1 : at + 1] = parts


def place(app: Sphinx, fact: Fact) -> tuple[str, str]:
    """Say where a fact is shown: the page, and the place on it."""
    own = f"chapters/{fact.record}"
    # not a chapter that happens to have a record's name
    if own in app.env.found_docs and app.env.doc2path(own).endswith(".md"):
        return own, ""
    return PAGE, f"#{anchor(fact)}"


def setup(app: Sphinx) -> dict:
    """Register the directive and the hook."""
    app.add_directive("record", Record)
    app.connect("doctree-resolved", link_facts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

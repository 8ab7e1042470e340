"""A browser for the tests, and figures mounted in it."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from ipywidgets import Widget
from playwright.sync_api import Browser, Page

import browser
import figures

ROOT = Path(__file__).parents[2]


# of a module, not of the session: while it runs, nothing else that is
# asynchronous can
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.browser() as started:
        yield started


def model(figure: Widget) -> dict:
    """Return a figure as a notebook stores it."""
    saved = Widget.get_manager_state(widgets=[figure])
    notebook = {"metadata": {"widgets": {figures.STATES: saved}}}
    return figures.models(notebook)[figure.model_id]


@pytest.fixture
def open_page(chromium) -> Iterator[Callable]:
    """Open addresses; in the end no page may have had a problem."""
    problems, asked = [], []

    def heard(message) -> None:
        if message.type in {"error", "warning"}:
            problems.append(message.text)

    def answered(response) -> None:
        if response.status >= 400:
            problems.append(f"{response.status} {response.url}")

    def opened(address: str, **options) -> Page:
        context = chromium.new_context(**options)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("requestfailed", lambda r: problems.append(r.url))
        page.on("response", answered)
        page.on("console", heard)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        return page

    opened.asked = asked
    yield opened
    for context in chromium.contexts:
        context.close()
    assert problems == []


@pytest.fixture
def mount(open_page, tmp_path) -> Callable[..., Page]:
    """Mount a figure on a page of its own, as it is where no kernel runs.

    Keywords besides the options of a browser's context replace values of the
    model, also by such as Python would not let through.
    """
    contexts = {"viewport", "reduced_motion", "has_touch", "color_scheme"}

    def mounted(figure: Widget, **keywords) -> Page:
        options = {k: keywords.pop(k) for k in contexts & set(keywords)}
        options.setdefault("viewport", {"width": 720, "height": 900})
        stored = model(figure)
        stored["state"].update(keywords)
        path = figures.page(stored, tmp_path)
        page = open_page(path.as_uri(), **options)
        page.wait_for_selector(".ep-figure[data-mounted]")
        return page

    return mounted


@pytest.fixture
def maths(open_page, tmp_path) -> Callable[[type], Callable]:
    """Import a figure's script; call what it exports: f("name", values).

    ``f.each("name", table)`` calls it with every row of a table.
    """

    def imported(figure: type) -> Callable:
        path = tmp_path / "blank.html"
        path.write_text("<!doctype html><title>Maths</title>")
        page = open_page(path.as_uri())
        page.evaluate(
            """async (text) => {
              const blob = new Blob([text], { type: "text/javascript" });
              window.exported = await import(URL.createObjectURL(blob));
            }""",
            figure._esm,
        )

        def each(name: str, table: list) -> list:
            return page.evaluate(
                """([name, table]) => {
                  const plain = (x) => ArrayBuffer.isView(x) ? Array.from(x)
                    : Array.isArray(x) ? x.map(plain) : x;
                  const act = window.exported[name];
                  return table.map((values) => plain(act(...values)));
                }""",
                [name, table],
            )

        def call(name: str, *values):
            return each(name, [values])[0]

        call.each = each
        return call

    return imported


@pytest.fixture
def barriers() -> Callable[[Page], list[str]]:
    """Let axe look at a page: what is serious or critical, in words."""
    # preload: it would fetch the style sheets once more
    options = {"resultTypes": ["violations"], "preload": False}

    def found(page: Page) -> list[str]:
        return [
            f"{rule['id']}: {node['html'][:120]}"
            for rule in Axe().run(page, options=options).response["violations"]
            if rule["impact"] in {"serious", "critical"}
            for node in rule["nodes"]
        ]

    return found


@pytest.fixture
def looks_well(mount, barriers) -> Callable[..., Page]:
    """Look at a figure on a phone, in light and dark; return its page."""

    def looked(figure: Widget, **values) -> Page:
        page = mount(figure, viewport={"width": 360, "height": 700}, **values)
        for theme in "light", "dark":
            page.evaluate(
                "(mode) => { document.documentElement.dataset.theme = mode; }",
                theme,
            )
            assert barriers(page) == [], theme
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        return page

    return looked


@pytest.fixture
def remount(mount) -> Callable[..., Page]:
    """Mount a figure; ``figure.again()`` leaves its view for a new one."""
    end = "export default { render };"
    kept = """export default { render: (own) => {
      let leave;
      const again = async () => { leave?.(); leave = await render(own); };
      window.figure = { model: own.model, again };
      return again();
    } };"""

    def mounted(figure: Widget) -> Page:
        assert end in figure._esm
        return mount(figure, _esm=figure._esm.replace(end, kept))

    return mounted


@pytest.fixture
def warns(remount) -> Callable[..., Page]:
    """Give a figure bad values: it says so until a control gives a good one.

    A row of the table holds a trait, a bad value, words of the message, and
    the label of a control that helps (None: only the trait itself does).
    """

    def warned(figure: Widget, *table: tuple) -> Page:
        page = remount(figure)

        def text(part: str) -> str:
            return page.locator(f".ep-{part}").inner_text()

        def drawn() -> list[str]:
            return [text("sentence"), page.locator(".ep-stage").inner_html()]

        for key, bad, words, label in table:
            before = drawn()
            page.evaluate(
                """([key, bad]) => {
                  const { model } = figure;
                  const good = model.get(key);
                  figure.mend = () => model.set(key, good);
                  model.set(key, bad);
                }""",
                [key, bad],
            )
            assert words in text("message"), (key, bad)
            assert drawn() == before and before[0]
            page.evaluate("figure.again()")
            assert words in text("message"), (key, bad)
            assert text("sentence") == ""
            if label is None:
                page.evaluate("figure.mend()")
            else:
                control = page.get_by_label(label, exact=True)
                for role in "button", "radio":
                    named = page.get_by_role(role, name=label, exact=True)
                    control = control.or_(named)
                for press in "End", "Home", "Space":
                    control.first.press(press)
            assert text("message") == "", (key, bad)
            assert text("sentence")
        return page

    return warned


class Silent(http.server.SimpleHTTPRequestHandler):
    """A server that keeps no log."""

    def log_message(self, *args) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """Serve the built book; the address of its folder."""
    folder = ROOT / "_build" / "html"
    assert (folder / "index.html").exists(), "build the book first: make book"
    handler = functools.partial(Silent, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()

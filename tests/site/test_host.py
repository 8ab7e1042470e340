"""What brings figures to life in a page, and what finds the browser."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

import browser
import figures

STILL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
TICK = """
export default {
  render({ model, el }) {
    const button = document.createElement("button");
    button.onclick = () => {
      model.set("count", model.get("count") + 1);
      model.save_changes();
    };
    const draw = () => { button.textContent = model.get("count"); };
    model.on("change:count", draw);
    draw();
    el.append(button);
  },
};
"""
TALL = """
export default {
  render({ el }) { el.style.height = "400px"; },
};
"""
FAILS = """
export default {
  render({ el }) {
    el.append("half of it");
    throw new Error("no");
  },
};
"""


def write_page(folder, script: str, copies: int = 1):
    state = {"_esm": script, "count": 3, "alt": "A button with a number"}
    state["_anywidget_id"] = "tests.button.Button"
    path = figures.page({"state": state}, folder)
    names = figures.write_files({"state": state}, folder)
    one = figures.element(*names, STILL, "A button with a number", (40, 40))
    before, after = path.read_text("utf-8").split("<main>")
    after = after.partition("</main>")[2]
    path.write_text(f"{before}<main>{one * copies}</main>{after}")
    return path.as_uri()


def still(page: Page) -> Locator:
    """Find the still, as those do who hear a page."""
    return page.get_by_role("img", name="A button with a number")


def test_two_views_of_a_figure_share_its_values(open_page, tmp_path):
    page = open_page(write_page(tmp_path, TICK, copies=2))
    page.wait_for_selector(".ep-figure[data-mounted] + [data-mounted]")
    page.get_by_role("button").first.click()
    assert page.get_by_role("button").all_inner_texts() == ["4", "4"]


def test_still_stays_where_a_figure_fails(chromium, tmp_path):
    page = chromium.new_page()
    with page.expect_console_message() as said:
        page.goto(write_page(tmp_path, FAILS))
    assert "stays a still" in said.value.text
    expect(still(page)).to_be_visible()
    expect(page.locator(".ep-figure > *")).to_have_count(1)
    page.close()


def test_still_gives_way_to_its_figure(open_page, tmp_path):
    page = open_page(write_page(tmp_path, TICK))
    page.wait_for_selector("[data-mounted]")
    expect(page.get_by_role("button")).to_be_visible()
    expect(page.locator(".ep-figure > *")).to_have_count(1)
    expect(page.get_by_role("img")).to_have_count(0)


def test_far_figures_wait_as_stills(open_page, tmp_path):
    address = write_page(tmp_path, TICK)
    page = open_page("about:blank")
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => "
        "document.body.prepend(Object.assign(document.createElement('div'),"
        "{ style: 'height: 5000px' })))"
    )
    page.goto(address)
    page.wait_for_timeout(900)
    assert page.locator("[data-mounted]").count() == 0
    expect(still(page)).to_be_visible()
    page.locator(".ep-figure").scroll_into_view_if_needed()
    page.wait_for_selector("[data-mounted]")


def test_figures_wait_for_the_page_to_rest(open_page, tmp_path):
    page = open_page("about:blank")
    page.add_init_script(
        "window.moving = setInterval("
        "() => dispatchEvent(new Event('scroll')), 20)"
    )
    page.goto(write_page(tmp_path, TICK))
    page.wait_for_timeout(900)
    assert page.locator("[data-mounted]").count() == 0
    page.evaluate("clearInterval(moving)")
    page.wait_for_selector("[data-mounted]")


@pytest.mark.parametrize("anchored", [True, False])
def test_what_is_read_stays_when_a_figure_above_it_grows(
    open_page, tmp_path, anchored
):
    """A browser keeps it, or, like Safari, leaves that to the page."""
    page = open_page("about:blank")
    if not anchored:
        page.add_init_script("CSS.supports = () => false")
    page.goto(write_page(tmp_path, TALL))
    page.add_style_tag(
        content="main { padding: 200px 0 3000px }"
        + ("" if anchored else "* { overflow-anchor: none }")
    )
    page.evaluate(
        """() => {
          window.below = document.createElement("h2");
          below.textContent = "Read on";
          document.querySelector("main").append(below);
          below.scrollIntoView();
        }"""
    )
    figure = page.locator(".ep-figure")
    height = figure.bounding_box()["height"]
    page.wait_for_selector("[data-mounted]")
    assert figure.bounding_box()["height"] > height + 300
    page.wait_for_function("Math.abs(below.getBoundingClientRect().top) < 1")


def test_a_figure_in_view_grows_where_it_is(open_page, tmp_path):
    """Safari does not scroll for it, and the page must not either."""
    page = open_page("about:blank")
    page.add_init_script("CSS.supports = () => false")
    page.goto(write_page(tmp_path, TALL))
    page.add_style_tag(
        content="main { padding: 200px 0 3000px } "
        "* { overflow-anchor: none }"
    )
    page.evaluate("scrollTo(0, 50)")
    page.wait_for_selector("[data-mounted]")
    page.wait_for_timeout(100)
    assert page.evaluate("scrollY") == 50


def test_browser_is_the_one_that_is_named(monkeypatch, tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("")
    mine.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert browser.find() == str(mine)


@pytest.mark.parametrize("name", ["nowhere", "no program", "."])
def test_a_named_browser_that_is_none_is_refused(
    monkeypatch, tmp_path, capsys, name
):
    (tmp_path / "no program").write_text("")
    wrong = str(tmp_path / name)
    monkeypatch.setenv("CHROMIUM", wrong)
    told = f"CHROMIUM={wrong} names no program: correct it, or unset it"
    with pytest.raises(ValueError, match=re.escape(told)):
        browser.find()
    monkeypatch.setattr(browser, "install", pytest.fail)
    assert browser.main() == 1
    assert told in capsys.readouterr().out


def test_an_empty_name_names_no_browser(monkeypatch, tmp_path):
    other = tmp_path / "chromium"
    other.write_text("")
    other.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.find() == str(other)


def test_words_say_what_to_do_without_a_browser(monkeypatch, capsys):
    monkeypatch.setattr(browser, "find", lambda: None)
    monkeypatch.setattr(browser, "install", lambda: None)
    assert browser.main() == 1
    assert "CHROMIUM=/path" in capsys.readouterr().out
    with pytest.raises(ValueError, match="apt-get install chromium"):
        with browser.browser():
            pass

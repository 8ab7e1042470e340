"""What a mounted figure says, for the tests of its page."""

from playwright.sync_api import Page


def sentence(page: Page) -> str:
    """Read what a figure says about what it shows."""
    return page.locator(".ep-sentence").inner_text()


def warning(page: Page) -> str:
    """Read what a figure says to be wrong; nothing if all is well."""
    return page.locator(".ep-message").inner_text()

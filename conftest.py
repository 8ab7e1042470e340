"""Settings of the test run that reach the chapters too."""

import os

import pytest

# the first fails on purpose: tests/test_chapters.py runs it
collect_ignore = [
    "tests/must_fail",
    "tests/bench.py",
    "tests/bench_pages.py",
]

# as when the chapters were executed: no progress bars
os.environ.setdefault("FCN_QUIET", "1")


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Let nbval compare what a chapter shows, not what it logs."""
    path = getattr(collector, "path", None)
    if path is not None and path.suffix == ".ipynb":
        collector.skip_compare += ("stderr",)

"""Figures where a kernel runs: in JupyterLab, and as Colab has them."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat import v4, write
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
CELLS = [
    "from fcn_lib.scenes import scene\n"
    "from fcn_lib.widgets import StrideExplorer\n"
    "figure = StrideExplorer(*scene(198))\n"
    "seen = []\n"
    'figure.observe(lambda change: seen.append(change["new"]), "stride")\n'
    "figure",
    "figure.row = 64",
    'print("Python saw", seen, "and set", figure.row)',
]


def free_port() -> int:
    """Find a port that no one uses."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


@pytest.fixture
def lab(tmp_path) -> Iterator[str]:
    """Start JupyterLab over one notebook; its address."""
    notebook = v4.new_notebook(cells=[v4.new_code_cell(c) for c in CELLS])
    notebook.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3",
    }  # fmt: skip
    home = tmp_path / "home"
    work = tmp_path / "work"
    work.mkdir()
    write(notebook, work / "figure.ipynb")
    own = {"HOME": home, "JUPYTER_CONFIG_DIR": home, "PYTHONPATH": ROOT}
    own["OMP_NUM_THREADS"] = 1  # its fit is small
    environment = os.environ | {k: str(v) for k, v in own.items()}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        "--ServerApp.port_retries=0", "--ip=127.0.0.1",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={work}",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    server, address = started(command, environment, tmp_path / "log")
    yield address
    stop(server)


def started(
    command: list[str], environment: dict[str, str], log: Path
) -> tuple[subprocess.Popen, str]:
    """Start a server that takes a port; it, and its address."""
    for _ in range(3):  # someone else may be there first
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        with open(log, "w") as file:
            server = subprocess.Popen(
                [*command, f"--port={port}"],
                env=environment, stdout=file, stderr=file,
            )  # fmt: skip
        up = False
        try:
            up = answers(f"{address}/api", server)
        finally:
            if not up:
                stop(server)
        if up:
            return server, address
    said = log.read_text(errors="replace")[-2000:]
    raise AssertionError(f"JupyterLab did not start: {said}")


def stop(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def answers(address: str, server: subprocess.Popen) -> bool:
    """Wait for a server: false if it ends, or is silent for a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=10):
                return True
        except OSError:  # not there yet
            time.sleep(0.3)
    return False


def test_python_sees_a_slider_move_in_jupyterlab(chromium, lab):
    context = chromium.new_context(viewport={"width": 1300, "height": 1400})
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{lab}/doc/tree/figure.ipynb")
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    expect(cells).to_have_count(len(CELLS), timeout=60_000)
    status = page.locator("#jp-main-statusbar")
    expect(status).to_contain_text("| Idle", timeout=60_000)
    cells.nth(0).locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    stride = page.get_by_label("Stride", exact=True)
    expect(stride).to_be_visible(timeout=90_000)
    stride.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".ep-sentence")).to_contain_text("stride 16")
    for number in 1, 2:
        cells.nth(number).locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
    said = cells.nth(2).locator(".jp-OutputArea-output")
    expect(said).to_contain_text("Python saw [16] and set 64", timeout=30_000)
    # and what Python set arrives in the figure
    expect(page.locator(".ep-sentence")).to_contain_text("rows 64 to 79")
    here = f"{lab}/", "blob:", "data:"
    assert [url for url in asked if not url.startswith(here)] == []
    context.close()


CONSTRUCT = """\
import json
import ipywidgets
from fcn_lib import widgets as w
from fcn_lib.fcn8s import FCN8s
from fcn_lib.results import read
from fcn_lib.scenes import scene

assert ipywidgets.__version__ == "7.7.1", ipywidgets.__version__
question = w.Choice("One?", right=("1", "Yes."), wrong=[("2", "Two.")])
made = [
    w.Checkerboard(),
    w.FusionExplorer(
        FCN8s(8, "test_efficientnet", pretrained=False).eval(), *scene(198)
    ),
    w.Quiz(question),
    w.ReceptiveField(),
    w.ScorePlayground(),
    w.StrideExplorer(*scene(198)),
    w.TrainingReplay(read("replay")),
    w.TransposedConv(),
    w.Upsampling([[0, 1], [1, 0.5]]),
    w.explore(lambda n: str(n), n=[1, 2], title="Count", alt="One number."),
]
seen = []
by_name = {type(figure).__name__: figure for figure in made}
# all that the package shows, but for what a quiz is made of
assert {*by_name, "explore"} == {*w.__all__} - {"Choice", "Number"}, by_name
strides = by_name["StrideExplorer"]
strides.observe(lambda change: seen.append(change["new"]), "stride")
strides.stride = 8
states = [figure.get_state() for figure in made]
assert all({"_esm", "_css", "alt"} <= set(state) for state in states)
print(json.dumps([[repr(figure) for figure in made], seen]))
"""


@pytest.fixture(scope="module")
def colab() -> dict[str, str]:
    """An environment whose ipywidgets are those that Colab has.

    They are fetched once, and kept among what is built.
    """
    wanted = ["ipywidgets==7.7.1", "ipython_genutils==0.2.0"]
    folder = ROOT / "_build" / "_".join(wanted)
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.partial")
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
        pip += ["--upgrade", "--target", partial]  # over what was cut off
        subprocess.run([*pip, *wanted], check=True)
        partial.rename(folder)
    return os.environ | {"PYTHONPATH": f"{folder}:{ROOT}"}


def test_figures_are_made_under_the_ipywidgets_of_colab(colab):
    done = subprocess.run(
        [sys.executable, "-c", CONSTRUCT],
        env=colab, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    names, seen = json.loads(done.stdout.splitlines()[-1])
    assert "StrideExplorer(stride=8" in "".join(names) and seen == [8]

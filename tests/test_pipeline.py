"""The way from text to notebook, on a tiny book of one chapter."""

import importlib
import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image as Picture

from checks import check
from figures import STATES
from generated import generated_cells
from pipeline import copies, execute, main, text

FILES = {
    "_config.yml": "repository: {url: https://example.org/book, branch: b7}",
    "_toc.yml": "{root: chapters/index, chapters: [{file: chapters/tiny}]}",
    "chapters/index.md": "# Cover",
    "fcn_lib/__init__.py": '__version__ = "0.1.0"',
    "fcn_lib/tiny.py": "from fcn_lib.deep import two\n\nfour = two + two",
    "fcn_lib/deep.py": "two = 2",
    "tests/test_tiny.py": "",
    "chapters/src/tiny.md": """\
# Tiny

What is two and two?

```python
from fcn_lib.tiny import four
from ipywidgets import IntSlider

with open("runs.txt", "a") as log:
    log.write("run ")
print(four)
```

```python tags=["hide-input"]
from IPython.display import Image, display

display(IntSlider(four))
dot = Image(data=open("dot.png", "rb").read())
display(dot, metadata={"image/png": {"alt": "One dot."}})
```

<details><summary>Answer</summary>

$2 + 2 = 4$

</details>
""",
}
ALT = {"image": {"alt": "One dot."}}


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the tiny book and execute it once."""
    root = tmp_path_factory.mktemp("book")
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    Picture.new("L", (1, 1)).save(root / "chapters/dot.png")
    assert execute(root, []) == 0
    return root


@pytest.fixture
def book(executed: Path, tmp_path: Path) -> Path:
    """Give each test an executed book of its own."""
    return shutil.copytree(executed, tmp_path / "book")


def change(path: Path, old: str, new: str) -> None:
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new))


def notebook(book: Path) -> dict:
    return json.loads((book / "chapters/tiny.ipynb").read_text())


def save(book: Path, content: dict) -> None:
    (book / "chapters/tiny.ipynb").write_text(json.dumps(content))


def runs(book: Path) -> int:
    return (book / "chapters/runs.txt").read_text().count("run")


def sources(book: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in notebook(book)["cells"]]


def test_executed_book_has_no_problems(book):
    assert check(book) == []


def test_notebook_holds_text_outputs_and_widget(book):
    content = notebook(book)
    origin, colab, title, first, second, answer = content["cells"]
    assert "chapters/src/tiny.md" in "".join(origin["source"])
    assert "remove-cell" in origin["metadata"]["tags"]
    assert first["outputs"][0]["text"] == ["4\n"]
    assert second["metadata"] == {"tags": ["hide-input"], "mystnb": ALT}
    view = second["outputs"][0]["data"][
        "application/vnd.jupyter.widget-view+json"
    ]
    state = content["metadata"]["widgets"][STATES]["state"]
    assert state[view["model_id"]]["state"]["value"] == 4
    assert state[view["model_id"]]["state"]["layout"][10:] in state
    assert "$2 + 2 = 4$" in "".join(answer["source"])


def test_second_execution_gives_identical_bytes(book):
    before = (book / "chapters/tiny.ipynb").read_bytes()
    assert execute(book, ["tiny"], force=True) == 0
    assert runs(book) == 2
    assert (book / "chapters/tiny.ipynb").read_bytes() == before


def test_nothing_new_runs_nothing(book):
    before = (book / "chapters/tiny.ipynb").stat().st_mtime_ns
    assert execute(book, []) == 0
    assert runs(book) == 1
    assert (book / "chapters/tiny.ipynb").stat().st_mtime_ns == before


def test_new_prose_is_drift_and_keeps_outputs(book):
    change(book / "chapters/src/tiny.md", "two and two?", "twice two?")
    (problem,) = check(book)
    assert "text and notebook differ" in problem
    assert execute(book, []) == 0
    assert runs(book) == 1
    assert "twice two?" in sources(book)[2]
    assert notebook(book)["cells"][3]["outputs"][0]["text"] == ["4\n"]
    assert notebook(book)["cells"][4]["metadata"]["mystnb"] == ALT
    assert check(book) == []


def test_new_code_is_stale_and_runs_again(book):
    change(book / "chapters/src/tiny.md", "print(four)", "print(four + 1)")
    assert any("older than its code" in text for text in check(book))
    assert execute(book, []) == 0
    assert runs(book) == 2
    assert notebook(book)["cells"][3]["outputs"][0]["text"] == ["5\n"]
    assert check(book) == []


@pytest.mark.parametrize("name", ["tiny", "deep"])
def test_new_module_is_stale(book, name):
    with (book / "fcn_lib" / f"{name}.py").open("a") as module:
        module.write("\nthree = 3")
    (problem,) = check(book)
    assert "older than its code" in problem


def test_unrelated_module_is_not_stale(book):
    (book / "fcn_lib/lonely.py").write_text("one = 1")
    assert check(book) == ["fcn_lib/lonely.py: no chapter reaches it"]


def spoil_count(content):
    content["cells"][3]["execution_count"] = None


def spoil_order(content):
    content["cells"][3]["execution_count"] = 5


def spoil_output(content):
    content["cells"][3]["outputs"][0]["text"] = ["five\n"]


def spoil_size(content):
    content["cells"][3]["outputs"][0]["text"] = ["x" * 1_100_000]


def spoil_path(content):
    content["cells"][3]["outputs"][0]["text"] = ["from\n/home/me/book.py:3"]


def spoil_traceback(content):
    error = {"ename": "NameError", "evalue": "x"}
    error["traceback"] = ["NameError", r"File C:\Users\me\book.py:3"]
    content["cells"][3]["outputs"] = [{"output_type": "error", **error}]


def spoil_script(content):
    data = {"text/html": ["<script>alert(1)</script>"]}
    content["cells"][4]["outputs"][0]["data"] = data


def spoil_address(content):
    content["cells"][3]["outputs"][0]["text"] = ["at\n0x7f28f5c68590"]


def spoil_alt(content):
    content["cells"][4]["outputs"][1]["metadata"] = {}


def spoil_stderr(content):
    content["cells"][3]["outputs"][0]["name"] = "stderr"


def spoil_error(content):
    error = {"ename": "NameError", "evalue": "x", "traceback": []}
    content["cells"][3]["outputs"] = [{"output_type": "error", **error}]


def spoil_tags(content):
    content["cells"][4]["metadata"] = {}


@pytest.mark.parametrize(
    "spoil, words",
    [
        (spoil_count, "cell tiny-03 was never run"),
        (spoil_order, "not run once each, in order"),
        (spoil_output, "edited by hand"),
        (spoil_size, "larger than 1000000 bytes"),
        (spoil_path, "cell tiny-03 shows a path of this machine"),
        (spoil_traceback, "cell tiny-03 shows a path of this machine"),
        (spoil_script, "cell tiny-04 shows a script"),
        (spoil_address, "cell tiny-03 shows a memory address"),
        (spoil_alt, "cell tiny-04 shows a picture without alt text"),
        (spoil_stderr, "cell tiny-03 shows a message on stderr"),
        (spoil_error, "cell tiny-03 shows an error"),
        (spoil_tags, "text and notebook differ"),
    ],
)
def test_spoilt_notebook_is_caught(book, spoil, words):
    content = notebook(book)
    spoil(content)
    save(book, content)
    assert any(words in text for text in check(book))


@pytest.mark.parametrize(
    "name, words",
    [
        ("chapters/src/tiny.md", "chapters/src/tiny.md is missing"),
        ("chapters/tiny.ipynb", "chapters/tiny.ipynb is missing"),
        ("fcn_lib/tiny.py", "fcn_lib/tiny.py is missing"),
        ("tests/test_tiny.py", "tests/test_tiny.py is missing"),
    ],
)
def test_missing_part_is_named(book, name, words):
    (book / name).unlink()
    assert f"tiny: {words}" in check(book)


def test_chapter_outside_the_contents_is_named(book):
    change(book / "_toc.yml", "chapters/tiny", "chapters/index")
    assert check(book) == ["tiny: an entry in _toc.yml is missing"]


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("What is", "As {cite}`long2015` asks, what is", "MyST directive"),
        ("What is", "```{note}\nLook.\n```\nWhat is", "MyST directive"),
        ("print(four)", "%pip install torch", "not plain Python: '%pip"),
    ],
)
def test_text_that_colab_cannot_show_is_caught(book, old, new, words):
    change(book / "chapters/src/tiny.md", old, new)
    assert any(words in text for text in check(book))


def test_code_in_braces_is_no_directive(book):
    change(book / "chapters/src/tiny.md", "What is", "`{x}` is $\\frac{1}{2}$")
    assert not any("directive" in text for text in check(book))


def test_execute_refuses_a_notebook_edited_by_hand(book, capsys):
    change(book / "chapters/tiny.ipynb", "two and two?", "three and one?")
    edited = (book / "chapters/tiny.ipynb").read_bytes()
    assert execute(book, []) == 1
    assert "make text" in capsys.readouterr().err
    assert (book / "chapters/tiny.ipynb").read_bytes() == edited


def test_text_brings_code_prose_and_tags_back(book):
    content = notebook(book)
    content["cells"][2]["source"] = ["# Tiny\n", "\n", "Three and one?"]
    content["cells"][3]["source"].append("\nprint(four - 1)")
    content["cells"][3]["metadata"] = {"tags": ["hide-output"]}
    save(book, content)
    expected = FILES["chapters/src/tiny.md"]
    expected = expected.replace("What is two and two?", "Three and one?")
    expected = expected.replace("four)\n```", "four)\nprint(four - 1)\n```", 1)
    expected = expected.replace("python\n", 'python tags=["hide-output"]\n', 1)
    assert text(book, []) == 0
    assert (book / "chapters/src/tiny.md").read_text() == expected
    assert execute(book, []) == 0
    assert notebook(book)["cells"][3]["outputs"][0]["text"] == ["4\n", "3\n"]
    assert check(book) == []


def test_text_brings_one_edit_after_another(book):
    for old, new in (("two?", "three?"), ("three?", "four?")):
        change(book / "chapters/tiny.ipynb", old, new)
        assert text(book, []) == 0
        assert new in (book / "chapters/src/tiny.md").read_text()


def test_text_leaves_a_newer_text_alone(book):
    change(book / "chapters/src/tiny.md", "two and two?", "twice two?")
    newer = (book / "chapters/src/tiny.md").read_text()
    assert text(book, []) == 0
    assert (book / "chapters/src/tiny.md").read_text() == newer


def test_text_refuses_when_both_were_edited(book, capsys):
    change(book / "chapters/src/tiny.md", "two and two?", "twice two?")
    change(book / "chapters/tiny.ipynb", "two and two?", "three and one?")
    newer = (book / "chapters/src/tiny.md").read_text()
    assert text(book, []) == 1
    assert "merge by hand" in capsys.readouterr().err
    assert (book / "chapters/src/tiny.md").read_text() == newer


def test_a_chapter_without_a_notebook_stops_no_other(book, capsys):
    assert text(book, ["none", "tiny"]) == 1
    streams = capsys.readouterr()
    assert "none: not written" in streams.err and "none.ipynb" in streams.err
    assert "tiny: no edit" in streams.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "stride"], "check takes all chapters"),
        (["times", "stride"], "times takes all chapters"),
        (["text", "--force"], "--force is for execute"),
        (["execute", "strid"], "no chapter 'strid' among"),
    ],
)
def test_what_a_command_does_not_take_is_refused(arguments, words, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    assert words in capsys.readouterr().err


def test_failing_cell_is_shown_and_keeps_the_old_notebook(book, capsys):
    before = (book / "chapters/tiny.ipynb").read_bytes()
    change(book / "chapters/src/tiny.md", "print(four)", "print(fourteen)")
    assert execute(book, []) == 1
    assert "name 'fourteen' is not defined" in capsys.readouterr().err
    assert (book / "chapters/tiny.ipynb").read_bytes() == before


def test_two_pictures_in_a_cell_are_refused(book, capsys):
    before = notebook(book)
    shown = 'display(dot, metadata={"image/png": {"alt": "One dot."}})'
    again = shown.replace("One dot", "Another")
    change(book / "chapters/src/tiny.md", shown, f"{shown}\n{again}")
    assert execute(book, []) == 1
    assert 'the first one "One dot.": give each' in capsys.readouterr().err
    assert notebook(book) == before


def test_lab_copies_do_not_overwrite_work(book):
    (book / "chapters/glossary.md").write_text("# Glossary")
    scratch = copies(book)
    assert (scratch / "tiny.ipynb").exists()
    assert (scratch / "glossary.md").read_text() == "# Glossary"
    (scratch / "tiny.ipynb").write_text("work")
    copies(book)
    assert (scratch / "tiny.ipynb").read_text() == "work"


@pytest.fixture
def colab(book, monkeypatch):
    """Run the Colab cell with pip and the import system stubbed."""

    def run(installed: bool, version: str) -> list[list[str]]:
        calls = []
        spec = find_spec("json") if installed else None
        library = SimpleNamespace(__version__=version)
        with monkeypatch.context() as stub:
            stub.setattr(subprocess, "check_call", calls.append)
            stub.setattr(importlib.util, "find_spec", lambda name: spec)
            stub.setattr(importlib, "import_module", lambda name: library)
            exec(generated_cells(book, "tiny")[1].source, {})
        return calls

    return run


def test_colab_cell_does_nothing_where_the_library_is(colab):
    assert colab(installed=True, version="9.9") == []


def test_colab_cell_installs_the_book_s_library(colab):
    (command,) = colab(installed=False, version="0.1.0")
    address = "fcn-lib @ git+https://example.org/book@b7"
    assert command == [sys.executable, "-m", "pip", "install", "-q", address]


def test_colab_cell_stops_at_another_version(colab):
    with pytest.raises(AssertionError, match="library 0.2.0, book 0.1.0"):
        colab(installed=False, version="0.2.0")


def test_colab_cell_is_short_plain_python(book):
    source = generated_cells(book, "tiny")[1].source
    compile(source, "colab", "exec")
    assert len(source.splitlines()) <= 10

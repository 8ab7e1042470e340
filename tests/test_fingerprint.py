"""What stored results depend on: code, not what is said about it."""

import ast
import io
import tokenize
from pathlib import Path

import pytest

from fcn_lib.fingerprint import LIBRARY, essence, fingerprint

ROOT = Path(__file__).parents[1]
MODULES = [
    path.relative_to(ROOT).as_posix()
    for path in sorted((ROOT / LIBRARY).rglob("*.py"))
]
DOCUMENTED = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef
CODE = '''"""A module."""

import math  # for pi


def area(r):
    """Of a circle."""
    # Archimedes
    return math.pi * r**2


class Error(ValueError):
    """Too small."""

    limit = "# no comment"
'''


@pytest.mark.parametrize(
    "old, new",
    [
        ('"""A module."""', '"""Another\n\nlonger text."""'),
        ("  # for pi", ""),
        ("    # Archimedes\n", ""),
        ("Of a circle.", "The area of a circle."),
        ("Too small.", "Too large."),
    ],
)
def test_words_do_not_matter(old, new):
    assert old in CODE and essence(CODE) == essence(CODE.replace(old, new))


@pytest.mark.parametrize(
    "old, new",
    [("r**2", "r**3"), ("# no comment", "# none"), ("math", "cmath")],
)
def test_code_does_matter(old, new):
    assert essence(CODE) != essence(CODE.replace(old, new))


def test_text_that_is_used_stays():
    code = 'x = """\n# a\n"""\nprint("""b""")\ndef f(): "c"'
    assert essence(code) == code


@pytest.mark.parametrize("name", MODULES)
def test_a_module_means_the_same_without_its_words(name):
    source = (ROOT / name).read_text("utf-8")
    tree, lines = ast.parse(source), source.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node):
            text = node.body.pop(0)
            if not node.body and text.col_offset:  # a class of words alone
                node.body.append(ast.Pass())
                lines[text.end_lineno - 1] += f"\n{' ' * text.col_offset}pass"
    short = essence("\n".join(lines))
    assert ast.dump(ast.parse(short)) == ast.dump(tree)
    tokens = tokenize.generate_tokens(io.StringIO(short).readline)
    assert tokenize.COMMENT not in {token.type for token in tokens}


def test_the_whole_library_is_looked_at():
    assert {"fcn_lib/stride.py", "fcn_lib/viz/cells.py"} < {*MODULES}


def test_a_fingerprint_follows_the_code_that_is_reached(tmp_path):
    library = tmp_path / "fcn_lib"
    library.mkdir()
    (library / "a.py").write_text("from fcn_lib.b import x\n")
    (library / "b.py").write_text("x = 1  # one\n")
    (library / "c.py").write_text("y = 1\n")
    first = fingerprint(tmp_path, ["import fcn_lib.a"])
    for name, text, same in [
        ("c", "y = 2\n", True),
        ("b", "x = 1  # uno\n", True),
        ("b", "x = 2\n", False),
    ]:
        (library / f"{name}.py").write_text(text)
        now = fingerprint(tmp_path, ["import fcn_lib.a"])
        assert (now == first) is same

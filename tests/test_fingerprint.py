"""What stored results depend on: code, not what is said about it."""

from pathlib import Path

import pytest

from fcn_lib.fingerprint import essence, fingerprint

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


def test_the_library_means_the_same_without_its_words(tmp_path):
    # the essence of a real module runs, and does the same
    source = (Path(__file__).parents[1] / "fcn_lib/stride.py").read_text()
    short = essence(source)
    assert len(short) < 0.6 * len(source)
    names = {}
    exec(compile(short, "stride", "exec"), names)
    assert names["conv_size"](224, 3, 2, 1) == 112


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

"""What stored results depend on: code, and the modules that it reaches.

Imports are read, never run: it costs next to nothing. The chapters keep such a
fingerprint beside their outputs, ``results`` in its records, and ``cache`` in
the names of its files.
"""

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterable
from pathlib import Path

LIBRARY = "fcn_lib"
FIGURE_FILES = {".js", ".css"}


def imports(code: str, package: str = "") -> set[str]:
    """Read the dotted names that some code imports.

    Args:
        code: Python source.
        package: the package that the code lies in, for relative imports.

    Returns:
        Every name that might be a module; ``from a import b`` gives both
        ``a`` and ``a.b``, since only the file system knows what ``b`` is.

    Raises:
        ValueError: if the code is not plain Python.

    Example:
        >>> sorted(imports("import math; from .draw import line", "art"))
        ['art.draw', 'art.draw.line', 'math']
    """
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        raise ValueError(
            f"not plain Python: {error.text!r}; chapters use no magics"
        ) from error
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".") if node.level else []
            parents = parents[: len(parents) - max(node.level - 1, 0)]
            base = ".".join([*parents, *filter(None, [node.module])])
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return names


def module_file(root: Path, name: str) -> Path | None:
    """Find the file of a module of the library, if there is one.

    The library's own ``__init__`` is left out: it holds the version, and a
    new version alone changes no output.
    """
    if not name.startswith(f"{LIBRARY}."):
        return None
    path = root.joinpath(*name.split("."))
    for candidate in path.with_suffix(".py"), path / "__init__.py":
        if candidate.is_file():
            return candidate
    return None


def reach(root: Path, code: str, package: str = "") -> set[Path]:
    """Follow the imports of some code through the library, to the end.

    Args:
        root: the folder that holds the library.
        code: Python source.
        package: the package that the code lies in, for relative imports.

    Returns:
        The files of the library that run when the code is run.

    Raises:
        ValueError: if the code, or a file of the library, is not plain Python.
    """
    found: set[Path] = set()
    waiting = imports(code, package)
    while waiting:
        name = waiting.pop()
        path = module_file(root, name)
        parent = name.rpartition(".")[0]
        if path and path not in found:
            found.add(path)
            home = name if path.name == "__init__.py" else parent
            source = path.read_text(encoding="utf-8")
            # importing a.b.c runs a.b first
            waiting |= imports(source, home) | {parent}
    return found


def fingerprint(root: Path, cells: Iterable[str]) -> str:
    """Hash the code cells and every library file that they reach.

    Args:
        root: the folder that holds the library.
        cells: Python source, in order.

    Returns:
        A SHA-256, in hexadecimal. Comments and docstrings of the library do
        not count.

    Raises:
        ValueError: if a cell, or a file of the library, is not plain Python.
    """
    cells = list(cells)
    digest = hashlib.sha256(repr(cells).encode())
    for path in sorted(with_figures(reach(root, "\n".join(cells)))):
        digest.update(path.relative_to(root).as_posix().encode())
        text = path.read_text(encoding="utf-8")
        digest.update(
            (essence(text) if path.suffix == ".py" else text).encode()
        )
    return digest.hexdigest()


def essence(source: str) -> str:
    r"""Leave out what changes no output: docstrings and comments.

    Args:
        source: Python source.

    Example:
        >>> essence("'''A module.'''\nx = 1  # one\n# two\ny = 2")
        'x = 1\ny = 2'
    """
    lines = source.split("\n")
    gone = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
            if not lines[row - 1]:
                gone.add(row)
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if _is_text(first):
            # one that follows a colon shares its line with code, and stays
            before = lines[first.lineno - 1][: first.col_offset]
            if not before.strip():
                gone |= set(range(first.lineno, first.end_lineno + 1))
    kept = (line for row, line in enumerate(lines, 1) if row not in gone)
    return "\n".join(kept)


def _is_text(node: ast.AST | None) -> bool:
    """Tell whether a statement is a bare string, as a docstring is."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def with_figures(modules: set[Path]) -> set[Path]:
    """Add the scripts and styles that lie beside the modules."""
    folders = {path.parent for path in modules}
    beside = (path for folder in folders for path in folder.iterdir())
    return modules | {path for path in beside if path.suffix in FIGURE_FILES}

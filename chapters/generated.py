"""The two cells of every notebook that no one writes.

The first says where the notebook comes from. The second fetches the library
where there is none, which is the case in Colab.
"""

import ast
from pathlib import Path

import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from fcn_lib.fingerprint import LIBRARY

ORIGIN = """\
*This notebook is made from [`chapters/src/{stem}.md`]({url}). \
To change the chapter, edit that text.*"""
COLAB = """\
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("{library}") is None:  # alone, as in Colab
    book = "fcn-lib @ git+{url}@{branch}"
    subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", book])
    importlib.invalidate_caches()
    version = importlib.import_module("{library}").__version__
    assert version == "{version}", f"library {{version}}, book {version}\""""


def repository(root: Path) -> dict[str, str]:
    """Read the book's address and branch, kept in ``_config.yml`` only."""
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    return {key: config["repository"][key] for key in ("url", "branch")}


def library_version(root: Path) -> str:
    """Read the library's version without importing the library."""
    tree = ast.parse((root / LIBRARY / "__init__.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == (
            "__version__"
        ):
            return ast.literal_eval(node.value)
    raise ValueError(f"{LIBRARY}/__init__.py sets no __version__; add one")


def generated_cells(root: Path, stem: str) -> list[NotebookNode]:
    """Make the two cells that no one writes: the origin and Colab's."""
    home = repository(root)
    url = f"{home['url']}/blob/{home['branch']}/chapters/src/{stem}.md"
    version = library_version(root)
    colab = COLAB.format(library=LIBRARY, version=version, **home)
    return [
        new_markdown_cell(
            ORIGIN.format(stem=stem, url=url),
            metadata={"tags": ["generated", "remove-cell"]},
        ),
        new_code_cell(
            colab,
            metadata={
                "tags": ["generated", "nbval-ignore-output", "remove-cell"]
            },
        ),
    ]

"""Sphinx extension: the reference of the library, from its docstrings."""

import re

from sphinx.application import Sphinx

SETTINGS = {
    "autodoc_typehints": "none",  # the docstrings say it, with shapes
    "autodoc_member_order": "bysource",
    "autodoc_preserve_defaults": True,
    "add_module_names": False,
    "napoleon_use_rtype": False,
    "napoleon_use_ivar": True,
}


def skip(app, what, name, value, skipped, options) -> bool | None:
    """Skip the fields of named tuples, which have no docstring of ours."""
    return True if type(value).__name__ == "_tuplegetter" else None


def escape(app, what, name, value, options, lines) -> None:
    """Keep a description such as "K." from passing for a numbered list."""
    lines[:] = [re.sub(r": ([A-Z]\.)$", r": \\\1", line) for line in lines]


def no_types(app, what, name, value, options, lines) -> None:
    """Keep a colon in what is returned from passing for the end of a type.

    Napoleon takes what is before the first one for a type. A colon in front
    says that there is none.
    """
    text = "\n".join(lines)
    first = r"^((?:Returns|Yields):\n+ +)(?=\S)"
    lines[:] = re.sub(first, r"\1: ", text, flags=re.MULTILINE).split("\n")


def setup(app: Sphinx) -> dict:
    """Load what reads docstrings, and set it up."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    for name, value in SETTINGS.items():
        app.config[name] = value
    app.connect("autodoc-skip-member", skip)
    # before napoleon, which comes at 500
    app.connect("autodoc-process-docstring", escape, priority=400)
    app.connect("autodoc-process-docstring", no_types, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

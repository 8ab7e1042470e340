"""The library's imports point down, never up or sideways."""

from pathlib import Path

import pytest

from fcn_lib.fingerprint import LIBRARY, imports

ROOT = Path(__file__).parent.parent
LEVELS = [  # from the bottom up; one row side by side
    {"stride", "fingerprint"},
    {"scenes", "pixels", "transposed", "fullyconv"},
    {
        "coarse",
        "backbones",
        "losses",
        "datasets",
        "baselines",
        "batches",
        "checkpoints",
    },
    {"prediction", "photos", "cache"},
    {"fcn32s", "fcn16s", "fcn8s", "superres", "beyond", "dilated"},
    {"train"},
    {"viz", "results"},
    {"widgets", "exercises"},
    {"commands"},
    {"__main__"},
]
# a package that only one module may import
OWNERS = {"matplotlib": "viz", "anywidget": "widgets"}
LEVEL = {name: level for level, row in enumerate(LEVELS) for name in row}


def wrong_imports(root: Path) -> list[str]:
    """List the imports that break the order of the layers."""
    library = root / LIBRARY
    wrong = []
    for path in sorted(library.rglob("*.py")):
        parts = path.relative_to(library).with_suffix("").parts
        package = ".".join(path.relative_to(root).parent.parts)
        names = imports(path.read_text("utf-8"), package)
        wrong += [f"{parts[0]}: {text}" for text in faults(parts[0], names)]
    return wrong


def faults(module: str, names: set[str]) -> list[str]:
    """Say what is wrong with one module's imports."""
    if module == "__init__":
        return [f"imports {name}" for name in sorted(names)]
    if module not in LEVEL:
        return ["has no level; give it a row in LEVELS"]
    found = set()
    for name in names:
        top, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if OWNERS.get(top, module) != module:
            found.add(f"imports {top}, which is for {OWNERS[top]}")
        if top == LIBRARY and other not in {"", module}:
            if LEVEL.get(other, len(LEVELS)) >= LEVEL[module]:
                found.add(f"imports {other}, which is not below it")
    return sorted(found)


def made_up(root: Path, **modules: str) -> Path:
    for name, code in modules.items():
        path = root / LIBRARY / f"{name.replace('__in__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    return root


def test_library_imports_point_down():
    assert wrong_imports(ROOT) == []


def test_library_has_modules_to_look_at():
    assert len(list((ROOT / LIBRARY).rglob("*.py"))) > 3


def test_downward_imports_pass(tmp_path):
    made_up(
        tmp_path,
        fcn32s="from fcn_lib.backbones import Backbone\nimport torch",
        viz="import matplotlib.pyplot\nfrom fcn_lib.pixels import colorize",
        scenes__in____init__="from .draw import line",
        scenes__in__draw="from fcn_lib.scenes.paint import red",
    )
    assert wrong_imports(tmp_path) == []


@pytest.mark.parametrize(
    "module, code, words",
    [
        ("pixels", "from fcn_lib.fcn32s import FCN32s", "not below"),
        ("fcn16s", "from fcn_lib.fcn32s import FCN32s", "not below"),
        ("fcn16s", "from .fcn32s import FCN32s", "not below"),
        ("pixels", "from fcn_lib import scenes", "not below"),
        ("batches", "from fcn_lib.checkpoints import Keep", "not below"),
        ("backbones", "from fcn_lib.prediction import x", "not below"),
        ("prediction", "from fcn_lib.fcn32s import FCN32s", "not below"),
        ("train", "from fcn_lib.results import x", "not below"),
        ("pixels", "def f():\n    import fcn_lib.viz", "not below"),
        ("train", "from matplotlib import pyplot", "for viz"),
        ("viz", "import anywidget", "for widgets"),
        ("utils", "import math", "has no level"),
        ("__init__", "from fcn_lib.pixels import scores", "__init__: imports"),
        ("scenes__in__draw", "from ..pixels import x", "not below"),
    ],
)
def test_wrong_import_is_named(tmp_path, module, code, words):
    problems = wrong_imports(made_up(tmp_path, **{module: code}))
    assert problems and all(words in problem for problem in problems)


def test_stride_is_plain_integers():
    names = imports((ROOT / LIBRARY / "stride.py").read_text("utf-8"))
    assert not {name for name in names if name.startswith("torch")}

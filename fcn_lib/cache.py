"""Keep what takes long to make: trained nets, drawn scenes.

The cache is ``~/.cache/fcn_lib``, or the folder that the environment variable
``FCN_CACHE`` names. All is kept under a fingerprint of the code that made it,
so that new code makes it anew.
"""

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from filelock import FileLock

from fcn_lib.checkpoints import CheckpointError, load, save
from fcn_lib.fingerprint import fingerprint


def kept(title: str, code: Sequence[str], make: Callable[[], dict]) -> dict:
    """Fetch what was made before, or make it now and keep it.

    Another process that wants the same waits, and then finds it there.

    Args:
        title: begins the name of the file.
        code: imports; of these and all that they reach is the fingerprint.
        make: gives tensors, numbers and text, see ``checkpoints.save``.

    Returns:
        What ``make`` gave, today or on another day.
    """
    path = cache_path(title, code)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):
        try:
            return load(path)
        except (OSError, CheckpointError):  # not there yet, or damaged
            path.unlink(missing_ok=True)
        made = make()
        try:
            save(made, path)
        except OSError as error:
            warnings.warn(
                f"{title} is not kept ({error}): make room at {path}",
                stacklevel=2,
            )
        return made


def cache_path(title: str, code: Sequence[str]) -> Path:
    """Say where something is kept."""
    folder = os.environ.get("FCN_CACHE") or Path.home() / ".cache/fcn_lib"
    cells = [*code, f"# {torch.__version__}"]
    key = fingerprint(Path(__file__).parents[1], cells)[:16]
    return Path(folder) / f"{title}-{key}.ckpt"

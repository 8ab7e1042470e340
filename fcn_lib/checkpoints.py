"""Keep what training has made, so that neither a crash nor a flip spoils it.

A checkpoint is one file: a line that names the format, a line with the
SHA-256 of the rest, then what ``torch.save`` writes. It is read with
``weights_only=True``, so that a foreign file can run no code.
"""

import hashlib
import io
import os
import pickle
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import torch

FORMAT = b"Every Pixel checkpoint 1\n"
HEAD = len(FORMAT) + 64 + 1  # the SHA-256, in hexadecimal, and a new line


class CheckpointError(ValueError):
    """A file that is no whole checkpoint, or that of another run."""


def save(state: dict, path: str | Path) -> None:
    """Write a checkpoint; a crash at any moment leaves a whole one.

    The new file is written beside the old one, which is then renamed to
    ``….previous``, and the new one takes its name.

    Args:
        state: tensors, numbers, text, and dicts and lists of those.
        path: where to; its folder is made if need be.

    Raises:
        TypeError: if the state holds anything else.
        OSError: if it cannot be written. What was there before is still there.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    try:
        torch.load(buffer, map_location="meta", weights_only=True)
    except pickle.UnpicklingError as error:
        raise TypeError(
            f"the state for {path} could not be read again ({error}): keep "
            "tensors, numbers and text alone"
        ) from error
    payload = buffer.getbuffer()
    digest = hashlib.sha256(payload).hexdigest().encode()
    path = Path(path)
    write(path, [FORMAT, digest, b"\n", payload], _previous(path))


def write(
    path: Path, parts: Iterable[bytes], previous: Path | None = None
) -> None:
    """Write a file beside its place, and rename it when it is whole.

    Args:
        path: the file; its folder is made if need be.
        parts: what to write, in order.
        previous: the name that a whole checkpoint already there is to get.

    Raises:
        OSError: if it cannot be written. What was there before is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file in it")
    with partial.open("wb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    if previous and _is_whole(path):
        path.replace(previous)
    partial.replace(path)


def load(path: str | Path) -> dict:
    """Read a checkpoint, and see that not one bit of it has changed.

    Args:
        path: a file that ``save`` wrote.

    Returns:
        The state, its tensors on the CPU.

    Raises:
        CheckpointError: if the file is cut off, changed, or none of ours.
        FileNotFoundError: if there is no such file.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     save({"step": 3}, f"{folder}/run.ckpt")
        ...     load(f"{folder}/run.ckpt")
        {'step': 3}
    """
    if Path(path).is_dir():
        raise CheckpointError(f"{path} is a folder: give the path of a file")
    content = Path(path).read_bytes()
    if not content.startswith(FORMAT):
        raise CheckpointError(
            f"{path} is no checkpoint of this book: make one with "
            "python -m fcn_lib train"
        )
    if not _matches(content):
        raise CheckpointError(
            f"{path} is damaged (its SHA-256 is another): use a copy, or "
            "train anew"
        )
    try:
        return torch.load(
            io.BytesIO(content[HEAD:]), map_location="cpu", weights_only=True
        )
    except Exception as error:  # rubbish breaks torch in any way it likes
        raise CheckpointError(
            f"{path} holds more than tensors, numbers and text, and is not "
            "opened: it was not made by this book"
        ) from error


def load_newest(path: str | Path) -> dict:
    """Read a checkpoint or, if it is damaged or lost, the one before it.

    Args:
        path: as for ``load``.

    Returns:
        As ``load``. A warning says so when the older file was taken.

    Raises:
        CheckpointError: if neither file is whole.
        FileNotFoundError: if there is neither.
    """
    try:
        return load(path)
    except (CheckpointError, FileNotFoundError) as error:
        previous = _previous(Path(path))
        if not previous.exists():
            raise
        state = load(previous)
        warnings.warn(f"{error}; {previous} is taken instead", stacklevel=2)
        return state


@dataclass(frozen=True)
class Keep:
    """Where a training run is kept, so that it can go on after a crash.

    Args:
        path: of the checkpoint.
        about: what else to write into it, such as the name of the net.
        resume: go on from what is there already.
        every: how many steps lie between two checkpoints.

    Raises:
        ValueError: if ``every`` is below 1.
    """

    path: Path
    about: dict = field(default_factory=dict)
    resume: bool = False
    every: int = 25

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"every must be at least 1, not {self.every}")

    def store(self, parts: dict, settings: dict, losses: list) -> None:
        """Write all that a run needs to go on.

        Without room on the disk there is a warning, and no harm.

        Args:
            parts: the net, the optimizer and the like, by name.
            settings: what must be the same when the run goes on.
            losses: one for each step so far.
        """
        state = {name: part.state_dict() for name, part in parts.items()}
        random = {"cpu": torch.get_rng_state()}
        if torch.cuda.is_available():
            random["cuda"] = torch.cuda.get_rng_state_all()
        state |= {"settings": settings, "losses": losses, "random": random}
        try:
            save(state | {"about": self.about}, self.path)
        except OSError as error:
            warnings.warn(
                f"step {len(losses)} is not kept ({error}): make room for "
                f"{self.path}; training goes on",
                stacklevel=3,
            )

    def restore(self, parts: dict, settings: dict) -> list[float]:
        """Put everything back as it was.

        Args:
            parts: as for ``store``; they are changed in place.
            settings: as for ``store``.

        Returns:
            The losses so far.

        Raises:
            CheckpointError: if the file is damaged, or of another run.
        """
        state = load_newest(self.path)
        if not isinstance(state, dict) or "losses" not in state:
            raise CheckpointError(
                f"{self.path} holds no run to go on with: begin another file"
            )
        asked = self.about | settings
        kept = state.get("settings", {}) | state.get("about", {})
        for key, value in asked.items():
            if kept.get(key) != value:
                raise CheckpointError(
                    f"{self.path} was made with {key}={kept.get(key)}, not "
                    f"{value}: go on as it began, or begin another file"
                )
        for name, part in parts.items():
            part.load_state_dict(state[name])
        torch.set_rng_state(state["random"]["cpu"])
        if torch.cuda.is_available() and "cuda" in state["random"]:
            torch.cuda.set_rng_state_all(state["random"]["cuda"])
        return list(state["losses"])


def _matches(content: bytes) -> bool:
    """Tell whether the digest is that of the rest."""
    digest = hashlib.sha256(content[HEAD:]).hexdigest().encode()
    return content[:HEAD] == FORMAT + digest + b"\n"


def _is_whole(path: Path) -> bool:
    """Tell whether a file may push out the one before it."""
    return path.is_file() and _matches(path.read_bytes())


def _previous(path: Path) -> Path:
    return path.with_name(f"{path.name}.previous")

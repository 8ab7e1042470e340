"""The command line of the library: ``python -m fcn_lib``.

Here are its words, and what it does when something goes wrong: one line, an
exit code, no traceback. The work is done in ``commands``, which is imported
late: torch takes seconds, and whoever asks for help should not wait for it.
"""

import argparse
import math
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

WRONG = 2  # the exit code that argparse has too


class Stopped(KeyboardInterrupt):
    """Ctrl-C or SIGTERM came; the exit code is its only argument."""


class Parser(argparse.ArgumentParser):
    """Leaves it to ``main`` to tell what is wrong."""

    def error(self, message: str) -> None:
        """Raise what argparse would print."""
        raise ValueError(f"{message} (see {self.prog} --help)")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        words: what stands behind ``python -m fcn_lib``.

    Returns:
        The exit code: 0 if all is well, 2 if something is wrong, 130 after
        Ctrl-C and 143 after SIGTERM.
    """
    words = list(sys.argv[1:] if words is None else words)
    with _stoppable(), warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            args = _parser().parse_args(words or ["--help"])
            from fcn_lib import commands

            args.words = words
            getattr(commands, f"run_{args.command}")(args)
        except Stopped as stopped:
            return stopped.args[0]
        except (ValueError, OSError) as error:
            print(f"error: {_one_line(error)}", file=sys.stderr)
            return WRONG
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m fcn_lib",
        description="Train, score and use the nets of the book Every Pixel.",
        epilog="Each command has a --help of its own.",
    )
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True
    )
    for name, (text, add_options) in COMMANDS.items():
        command = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}."
        )
        add_options(command)
    return parser


def _train_options(parser: Parser) -> None:
    add = parser.add_argument
    add("--model", required=True, help="fcn32s, fcn16s or fcn8s")
    _data_options(parser, "what to learn from", required=True)
    add("--backbone", metavar="NAME", help="any timm CNN with strides 8 to 32")
    add(
        "--no-pretrained",
        dest="pretrained",
        action="store_false",
        help="start from random weights, not from those of ImageNet",
    )
    text = "a trained net of the stage before: fcn32s for fcn16s, and so on"
    add("--grow-from", metavar="FILE", help=text)
    text = "default: the book's recipe for the data"
    for name in "--steps", "--batch-size":
        add(name, type=_whole(1), metavar="N", help=text)
    add("--learning-rate", type=_rate, metavar="X", help=text)
    text = "height and width of the windows to train on; default as above"
    add("--crop", type=_size, metavar="H,W", help=text)
    text = (
        "keep the backbone as it is up to the map of this stride, 0: all of "
        "it learns; default as above, and 0 from random weights"
    )
    add("--fixed", type=_whole(0), metavar="STRIDE", help=text)
    text = "of the order of images and of new layers, default 0"
    add("--seed", type=_whole(0), default=0, metavar="N", help=text)
    text = "the checkpoint, default MODEL-DATA-SEED.ckpt in this folder"
    add("--out", metavar="FILE", help=text)
    text = "go on from the checkpoint; give all other options as before"
    add("--resume", action="store_true", help=text)


def _evaluate_options(parser: Parser) -> None:
    add = parser.add_argument
    add("--checkpoint", required=True, metavar="FILE", help="written by train")
    _data_options(parser, "default: the data the net was trained on")
    add("--split", default="test", help="its part, default test")
    add("--json", action="store_true", help="print JSON, no table")


def _segment_options(parser: Parser) -> None:
    add = parser.add_argument
    add("photo", metavar="PHOTO", help="a PNG or JPEG file")
    add("--checkpoint", required=True, metavar="FILE", help="written by train")
    text = "where to lay the colours of the classes over the photograph"
    add("--out", required=True, metavar="PNG", help=text)
    text = "where to write the class ids, as a PNG file with a palette"
    add("--labels", metavar="PNG", help=text)
    text = "label the photograph at 1/N of its size, default: as in training"
    add("--shrink", type=_whole(1), metavar="N", help=text)


def _results_options(parser: Parser) -> None:
    add = parser.add_argument
    text = (
        "which, default all: replay, beyond, beyond-long, ladder-scenes, "
        "ladder-camvid, alone-scenes, alone-camvid, frozen-camvid, gap-camvid"
    )
    add("names", nargs="*", metavar="NAME", help=text)
    text = "the folder that holds CamVid/; default: what FCN_DATA names"
    add("--root", metavar="DIR", help=text)
    text = "where to write NAME.json, default chapters/results of the book"
    add("--out", metavar="DIR", help=text)


def _data_options(parser: Parser, text: str, required: bool = False) -> None:
    add = parser.add_argument
    text = f"scenes (drawn), camvid, or folder (your own); {text}"
    add("--data", required=required, help=text)
    text = (
        "for camvid the folder that holds CamVid/, for folder the one that "
        "holds train/, trainannot/ and so on; default: what FCN_DATA names"
    )
    add("--root", metavar="DIR", help=text)
    text = "for folder: the names of the classes 0, 1, ..."
    add("--classes", type=_names, metavar="A,B,...", help=text)
    text = "for folder: the label of void pixels in the files, default 255"
    add("--void", type=_whole(0, 255), metavar="N", help=text)
    text = "for camvid and folder: divide height and width by N"
    add("--shrink", type=_whole(1), metavar="N", help=text)


# name: what it does, and a function that adds its options; ``commands`` has
# a ``run_…`` for each
COMMANDS = {
    "train": ("train a net and keep it in a checkpoint", _train_options),
    "evaluate": ("score a trained net on labelled data", _evaluate_options),
    "segment": ("label a photograph with a trained net", _segment_options),
    "results": (
        "measure what is missing or made by older code; cut off, it goes on",
        _results_options,
    ),
}


def _whole(low: int, high: int = 2**63 - 1) -> Callable[[str], int]:
    """Make a reader of whole numbers between two bounds."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            bounds = f"from {low} " + (f"to {high}" if high < 256 else "up")
            raise argparse.ArgumentTypeError(
                f"give a whole number {bounds}, not {text}"
            )
        return value

    return read


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(
            f"give a number above 0 such as 0.003, not {text}"
        )
    return value


def _size(text: str) -> tuple[int, int]:
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise argparse.ArgumentTypeError(
            f"give two whole numbers such as 128,192, not {text}"
        )
    read = _whole(1)
    return read(parts[0]), read(parts[1])


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if "" in names or len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(
            f"give different names with commas between them, not {text!r}"
        )
    return names


@contextmanager
def _stoppable() -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into ``Stopped``, and back again at the end."""

    def stop(number: int, frame: object) -> None:
        raise Stopped(128 + number)

    before = {}
    for number in signal.SIGINT, signal.SIGTERM:
        # nohup and the like have a command ignore signals
        if signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show_warning(message: Warning, *place: object) -> None:
    print(f"warning: {_one_line(message)}", file=sys.stderr)


def _one_line(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, FileNotFoundError) and error.filename:
        text = f"there is no file {error.filename}: is the path right?"
    return " ".join(line.strip() for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main())

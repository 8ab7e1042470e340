"""``python -m fcn_lib results``: the long measurements of the book."""

from argparse import Namespace
from pathlib import Path

from fcn_lib.results import HOME, alone, beyond, frozen, gap, ladders
from fcn_lib.results.replay import training_replay

MEASUREMENTS = {"replay": training_replay}
MEASUREMENTS |= beyond.MEASUREMENTS | ladders.MEASUREMENTS
MEASUREMENTS |= alone.MEASUREMENTS
MEASUREMENTS |= frozen.MEASUREMENTS | gap.MEASUREMENTS
# those of CamVid come last: who lacks its photographs gets all others first
MEASUREMENTS = dict(
    sorted(MEASUREMENTS.items(), key=lambda item: item[0].endswith("-camvid"))
)


def run_results(args: Namespace) -> None:
    """Measure; what is measured already by the same code is kept.

    Args:
        args: the options, see ``python -m fcn_lib results --help``.

    Raises:
        ValueError: if there is no such measurement, or no CamVid.
    """
    if unknown := set(args.names) - MEASUREMENTS.keys():
        raise ValueError(
            f"no measurement {min(unknown)!r}: there are {list(MEASUREMENTS)}"
        )
    folder = Path(args.out) if args.out else HOME
    for name in args.names or MEASUREMENTS:
        path = folder / f"{name}.json"
        MEASUREMENTS[name](path, args.root)
        print(f"{path} is complete")

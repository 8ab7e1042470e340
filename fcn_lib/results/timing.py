"""Times to compare: what is compared runs in turn, on one machine."""

import time
from collections.abc import Callable


def fastest(turns: dict[str, Callable[[], object]], rounds: int) -> dict:
    """Time each turn, all taking turns, and keep its fastest.

    What else the machine does can only slow a turn down.

    Args:
        turns: names, and what is timed; each runs once more, before all
            others, and untimed: the first time prepares.
        rounds: how often each is timed.

    Returns:
        Seconds, by name.

    Example:
        >>> sorted(fastest({"a": list, "b": dict}, rounds=1))
        ['a', 'b']
    """
    best = dict.fromkeys(turns, float("inf"))
    for turn in turns.values():
        turn()
    for _ in range(rounds):
        for name, turn in turns.items():
            start = time.perf_counter()
            turn()
            best[name] = min(best[name], time.perf_counter() - start)
    return best

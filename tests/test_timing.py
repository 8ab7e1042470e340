"""What is compared in time runs in turn, and its fastest turn counts."""

from fcn_lib.results import timing


def test_the_fastest_turn_counts_and_the_first_prepares(monkeypatch):
    # the first second of each turn's list is that of the untimed one
    spent = {"a": [1, 5, 3, 4], "b": [9, 8, 7, 2]}
    clock, order = [0.0], []

    def turn(name):
        clock[0] += spent[name][order.count(name)]
        order.append(name)

    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock[0])
    turns = {name: lambda name=name: turn(name) for name in spent}
    assert timing.fastest(turns, rounds=3) == {"a": 3, "b": 2}
    assert order == ["a", "b"] * 4

"""``python -m fcn_lib evaluate``: the scores of a net, beside a baseline."""

import json
import math
from argparse import Namespace

import torch
from torch import Tensor

from fcn_lib import train
from fcn_lib.commands.data import describe, pairs
from fcn_lib.commands.nets import restore
from fcn_lib.pixels import scores

NAMES = {
    "pixel_accuracy": "pixel accuracy",
    "mean_accuracy": "mean accuracy",
    "mean_iou": "mean IoU",
    "frequency_weighted_iou": "f.w. IoU",
}


def run_evaluate(args: Namespace) -> None:
    """Score a net, and the one answer that is most often right.

    Args:
        args: the options, see ``python -m fcn_lib evaluate --help``.

    Raises:
        ValueError: if the checkpoint or the data is wrong, or if the two do
            not have the same classes.
    """
    net, about, steps = restore(args.checkpoint)
    classes, name = about["classes"], args.data or about["data"]
    same = name == about["data"]
    data = describe(name, args, about if same else {"classes": classes})
    if data["classes"] != classes:
        raise ValueError(
            f"{args.checkpoint} knows {len(classes)} classes "
            f"({', '.join(classes)}), but the data have "
            f"{len(data['classes'])} ({', '.join(data['classes'])}): score "
            "it on data of its classes"
        )
    judged = pairs(data, args.split, args.root)
    matrix = train.evaluate(net, judged, len(classes))
    report = {
        "model": about["model"],
        "step": steps,
        "data": name,
        "split": args.split,
        "shrink": data["shrink"],
        "images": len(judged),
        "pixels": int(matrix.sum()),
        "answer": classes[int(matrix.sum(1).argmax())],
        "scores": _numbers(matrix, classes),
        "scores_of_answer": _numbers(constant(matrix), classes),
    }
    print(json.dumps(report, indent=2) if args.json else _table(report))


def constant(matrix: Tensor) -> Tensor:
    """Count what the most frequent class would get as the only answer.

    Args:
        matrix: (K, K) counts; row true, column predicted.

    Returns:
        (K, K) counts, all in one column.

    Example:
        >>> constant(torch.tensor([[1, 0], [2, 5]]))
        tensor([[0, 1],
                [0, 7]])
    """
    true = matrix.sum(1)
    result = torch.zeros_like(matrix)
    result[:, true.argmax()] = true
    return result


def _numbers(matrix: Tensor, classes: list[str]) -> dict:
    """The scores in plain values; JSON has no nan, None stands for it."""
    result = scores(matrix)
    values = [getattr(result, key) for key in NAMES] + result.iou.tolist()
    values = [None if math.isnan(v) else v for v in values]
    numbers = dict(zip(NAMES, values, strict=False))
    iou = zip(classes, values[len(NAMES) :], strict=True)
    return numbers | {"iou": dict(iou)}


def _table(report: dict) -> str:
    rows = [("", report["model"], f"all {report['answer']}")]
    ours, other = report["scores"], report["scores_of_answer"]
    rows += [(name, ours[key], other[key]) for key, name in NAMES.items()]
    for name, value in ours["iou"].items():
        rows.append((f"IoU of {name}", value, other["iou"][name]))
    texts = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = [
        f"{report['data']} {report['split']}, step {report['step']}: "
        f"{report['images']} images, {report['pixels']} pixels"
    ]
    for name, a, b in texts:
        lines.append(f"{name:{widths[0]}}  {a:>{widths[1]}}  {b:>{widths[2]}}")
    return "\n".join(lines)


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        return value
    return "-" if value is None else f"{value:.3f}"

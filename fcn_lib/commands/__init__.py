"""What the commands do: train a net, score it, use it, measure with it.

``__main__`` reads the options and hands them over. ``data`` finds pairs,
``nets`` makes nets; a checkpoint says about itself all that both need.
"""

from fcn_lib.commands.evaluate import run_evaluate
from fcn_lib.commands.results import run_results
from fcn_lib.commands.segment import run_segment
from fcn_lib.commands.train import run_train

__all__ = ["run_evaluate", "run_results", "run_segment", "run_train"]

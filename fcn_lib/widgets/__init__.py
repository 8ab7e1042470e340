"""Figures that answer back, with a kernel and without one.

Each is an ipywidgets widget whose script computes all that it shows.
``figure`` holds what they share; ``X`` in ``x.py`` has its script in ``x.js``.
"""

from fcn_lib.widgets.checkerboard import Checkerboard
from fcn_lib.widgets.explore import Explorer, explore
from fcn_lib.widgets.fusion_explorer import FusionExplorer
from fcn_lib.widgets.quiz import Choice, Number, Quiz
from fcn_lib.widgets.receptive_field import ReceptiveField
from fcn_lib.widgets.score_playground import ScorePlayground
from fcn_lib.widgets.stride_explorer import StrideExplorer
from fcn_lib.widgets.training_replay import TrainingReplay
from fcn_lib.widgets.transposed_conv import TransposedConv
from fcn_lib.widgets.upsampling import Upsampling

__all__ = [
    "Checkerboard",
    "Choice",
    "Explorer",
    "FusionExplorer",
    "Number",
    "Quiz",
    "ReceptiveField",
    "ScorePlayground",
    "StrideExplorer",
    "TrainingReplay",
    "TransposedConv",
    "Upsampling",
    "explore",
]

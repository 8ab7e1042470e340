"""The figures of the chapters: code there teaches, it does not draw.

Every figure needs a sentence that says what is seen, for those who do not
see it. The sentence is stored beside the picture, as its alt text.
"""

from fcn_lib.viz.cells import cone, grids
from fcn_lib.viz.charts import curve, each_run, growth, stride_curve
from fcn_lib.viz.classes import bars, matrix
from fcn_lib.viz.details import closeups
from fcn_lib.viz.figures import show
from fcn_lib.viz.nets import fusions
from fcn_lib.viz.papers import lineage
from fcn_lib.viz.pictures import heat, overlay, panels
from fcn_lib.viz.rows import beside

__all__ = [
    "bars",
    "beside",
    "closeups",
    "cone",
    "curve",
    "each_run",
    "fusions",
    "grids",
    "growth",
    "heat",
    "lineage",
    "matrix",
    "overlay",
    "panels",
    "show",
    "stride_curve",
]

"""Figures that answer back, with a kernel and without one."""

from fcn_lib.widgets.stride_explorer import StrideExplorer

__all__ = ["StrideExplorer"]

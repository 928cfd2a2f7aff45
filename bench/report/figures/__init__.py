"""The figures of a run, one file each. A figure is drawn from a record and the samples it names.

`draw_all` writes every figure that the record has data for, and describes it in words for those who cannot
see it.
"""

from bench.report.figures.drawing import draw_all

__all__ = ["draw_all"]

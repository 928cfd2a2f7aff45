"""Records to pages. Nothing here computes a verdict: what a page says stands in run.json.

draw, write  the figures; report.md and report.html
console      the scorecard on the terminal
gate         what `perflab gate` answers: terminal, Markdown, JUnit XML, GitHub
notebooks    the notebooks executed on a run
words        numbers and effects as a person says them
"""

from bench.report import console, notebooks
from bench.report.rendering import draw, write

__all__ = ["console", "draw", "notebooks", "write"]

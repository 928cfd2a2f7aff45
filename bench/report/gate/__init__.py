"""The gate's answer for those who read it: people at a terminal or a pull request, and the machines of CI.

console   the terminal
comment   Markdown, for a pull request or a step summary
junit     JUnit XML
github    workflow commands that GitHub shows beside the code
as_json   the answer with all its figures
"""

from bench.report.gate.comment import comment
from bench.report.gate.console import show
from bench.report.gate.github import annotations
from bench.report.gate.junit import junit
from bench.report.gate.plain import as_json, headline

__all__ = ["annotations", "as_json", "comment", "headline", "junit", "show"]

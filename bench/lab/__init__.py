"""The lab: servers, arms, experiments, judge and report put together. What the command line and notebooks use."""

from bench.lab.again import execute_notebooks, report_again
from bench.lab.cleaning import clean
from bench.lab.examination import Examined, examine
from bench.lab.options import LOADTESTS, NOTEBOOKS, SPECS, Options
from bench.lab.running import run_spec
from bench.lab.serving import serving
from bench.lab.stored import StoredRun, load_run

__all__ = [
    "LOADTESTS",
    "NOTEBOOKS",
    "SPECS",
    "Examined",
    "Options",
    "StoredRun",
    "clean",
    "examine",
    "execute_notebooks",
    "load_run",
    "report_again",
    "run_spec",
    "serving",
]

"""The lab: servers, arms, experiments, judge and report put together. What the command line and notebooks use."""

from bench.lab.again import execute_notebooks, report_again
from bench.lab.calibrating import Wanted, calibrate
from bench.lab.cleaning import clean
from bench.lab.compared import Comparison
from bench.lab.comparing import compare, run_match
from bench.lab.driving import Lab
from bench.lab.examination import Examined, examine
from bench.lab.gating import Asked, gate
from bench.lab.looking import calibration, history
from bench.lab.matches import Match
from bench.lab.omission import coordinated_omission
from bench.lab.options import LOADTESTS, NOTEBOOKS, SPECS, Options
from bench.lab.running import run_spec
from bench.lab.serving import serving
from bench.lab.stored import RUN_VARIABLE, StoredRun, load_run

__all__ = [
    "LOADTESTS",
    "NOTEBOOKS",
    "RUN_VARIABLE",
    "SPECS",
    "Asked",
    "Comparison",
    "Examined",
    "Lab",
    "Match",
    "Options",
    "StoredRun",
    "Wanted",
    "calibrate",
    "calibration",
    "clean",
    "compare",
    "coordinated_omission",
    "examine",
    "execute_notebooks",
    "gate",
    "history",
    "load_run",
    "report_again",
    "run_match",
    "run_spec",
    "serving",
]

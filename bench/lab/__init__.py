"""The lab: servers, arms, experiments, judge and report put together. What the command line and notebooks use."""

from bench.lab.again import report_again
from bench.lab.cleaning import clean
from bench.lab.options import Options
from bench.lab.running import run_spec
from bench.lab.stored import StoredRun, load_run

__all__ = ["Options", "StoredRun", "clean", "load_run", "report_again", "run_spec"]

"""Specs: what to run, from one TOML file.

`load` answers a checked, frozen Spec or raises UsageError with file, line and the nearest valid name.
"""

from bench.spec.loading import Known, load, load_gate, nearest
from bench.spec.model import ArmSpec, Corpus, CriterionSpec, ExperimentSpec, GateSpec, Spec, Workload
from bench.spec.project import FILE as PROJECT_FILE
from bench.spec.project import Project, read_project

__all__ = [
    "PROJECT_FILE",
    "ArmSpec",
    "Corpus",
    "CriterionSpec",
    "ExperimentSpec",
    "GateSpec",
    "Known",
    "Project",
    "Spec",
    "Workload",
    "load",
    "load_gate",
    "nearest",
    "read_project",
]

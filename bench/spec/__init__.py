"""Specs: what to run, from one TOML file.

`load` answers a checked, frozen Spec or raises UsageError with file, line and the nearest valid name.
"""

from bench.spec.loading import Known, load, nearest
from bench.spec.model import ArmSpec, Corpus, CriterionSpec, ExperimentSpec, Spec, Workload

__all__ = ["ArmSpec", "Corpus", "CriterionSpec", "ExperimentSpec", "Known", "Spec", "Workload", "load", "nearest"]

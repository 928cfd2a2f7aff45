"""What does a claim come to? The catalogue of claims, and one module for each that can be judged.

    catalogue()    every claim by its id, as data (catalogue.py)
    find()         the modules that read evidence, found by themselves
    verdict()      reading + claim -> PASS, FAIL or INCONCLUSIVE, the same rule for all (margin.py)

To add a criterion: its claim in `catalogue.py`, and a module here named like its id with

    EXPERIMENTS = ("the_experiment", ...)                       what it reads
    def read(experiments) -> Reading | Unmeasured: ...          what it finds there

A claim without a module is NOT_MEASURED. A criterion never sees its threshold: the margin rule does.
"""

from bench.criteria.catalogue import catalogue
from bench.criteria.discovery import Criterion, find
from bench.criteria.margin import verdict
from bench.criteria.reading import Evidence, Reading, Unmeasured

__all__ = ["Criterion", "Evidence", "Reading", "Unmeasured", "catalogue", "find", "verdict"]

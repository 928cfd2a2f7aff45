"""perflab: did this change really help, and by how much?

The map, from the command line down (each layer imports only those below it):

    cli          arguments, exit codes, nothing else
    lab          puts servers, arms, experiments, judge and report together; what notebooks import
    experiments  one file a question
    runner       walks a plan, the only place that waits;  judge  numbers to verdicts;  report  verdicts to pages
    subject      what is measured;  provision  its servers;  load  who drives it;  corpus  its documents
    store, spec, environment            run folders, spec files, the machine
    observations, lifetime              the table of requests; nothing outlives the lab
    criteria, checks, design            what a claim says; may a run be believed; blocks of slots
    stats, arrivals                     arrays in, numbers out
    model, errors                       the nouns
"""

from typing import Any

NOTEBOOKS_API = ("Lab", "calibration", "compare", "coordinated_omission", "history", "load_run")


def __getattr__(name: str) -> Any:
    """Import the notebooks' API when it is asked for: whoever imports one layer must not wait for all of them."""
    if name in NOTEBOOKS_API:
        from importlib import import_module

        return getattr(import_module("bench.lab"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Run folders: the only place that knows where in a run something is kept.

reports/RUN/run.json          the record, rewritten atomically whenever an experiment ends or is cut off
reports/RUN/samples/*.parquet observations, one file per slot, written as the slot ends
reports/RUN/plans/*.json      EXPLAIN output
reports/RUN/figures, notebooks, report.md, report.html
reports/latest                symbolic link to the newest run
"""

from bench.store import calibration
from bench.store.folder import RunFolder, new_run_id
from bench.store.record import earlier, holding, load, plain, schema, write

__all__ = ["RunFolder", "calibration", "earlier", "holding", "load", "new_run_id", "plain", "schema", "write"]

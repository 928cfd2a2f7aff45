"""A stored run with more requests than it had, for measuring the report."""

from pathlib import Path

from bench import store
from bench.lab import load_run
from bench.lab.again import report_again
from tests.store.enlarge import enlarge
from tests.stored import reported


def test_an_enlarged_run_says_the_same_of_more_requests(tmp_path: Path) -> None:
    """As many as were asked for, judged and reported as the first."""
    run, large = tmp_path / "run", tmp_path / "large"
    record = reported(run, only=("response_time",))
    store.write(record, run)
    made = enlarge(run, large, 100_000)
    assert abs(made - 100_000) < 100
    again, _ = report_again(large, notebooks=False)
    assert len(load_run(large).observations("response_time")) == made
    before, after = ({c.id: c.verdict for c in each.criteria}["response_time"] for each in (record, again))
    assert before is after

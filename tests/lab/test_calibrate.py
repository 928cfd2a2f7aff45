"""`perflab calibrate` with the real service: what was injected is found, and the card stands where the gate looks."""

import json

import pytest

from tests.lab.conftest import Perflab, ended

TIMING = ("--pairs", 6, "--repeat", 1, "--slot", 0.6, "--rate", 150, "--no-restart")


@pytest.mark.slow
@pytest.mark.servers
def test_a_card_is_made_of_real_rounds(perflab: Perflab) -> None:
    """What doubles the latency is seen as slower, and the noise is foretold before it is injected."""
    found = perflab.folder / "card.json"
    process = perflab.start(
        "calibrate", *TIMING, "--slowdown", "100%", "--out", perflab.reports, "--json", found, "--seed", 5
    )
    done = ended(process)
    assert done.code == 0, done.out + done.err
    card = json.loads(found.read_bytes())
    (kept,) = (perflab.reports / "calibration").glob("*.json")
    assert json.loads(kept.read_bytes()) == card
    assert kept.with_suffix(".md").is_file()
    assert kept.with_suffix(".png").is_file()
    assert (card["repeats"], card["pairs"]) == (1, 6)
    assert card["median_s"] > 0
    # A busy machine may make trials unfit; those that were fit have seen it.
    detections = [each for each in card["metrics"]["p50"]["detections"] if each["condition"]["slowdown"] == 1.0]
    assert detections or card["unfit"]
    assert all(each["ratio"] > 1.2 for each in detections)
    assert set(card["rivals"]) == {"sequential", "mean", "requests", "kayenta"}
    said = done.err + done.out
    assert said.index("in 60 s this machine") < said.index("round 1 of")


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (("--pairs", "5"), "--pairs 5: give an even number"),
        (("--pairs", "4"), "--pairs 4: give an even number"),
        (("--repeat", "0"), "--repeat 0"),
        (("--slowdown", "fast"), "is no share"),
        (("--slowdown", "0%"), "--slowdown 0%"),
    ],
)
def test_what_no_card_can_be_made_of_is_refused(perflab: Perflab, option: tuple[str, ...], says: str) -> None:
    """Before anything is started: one sentence, code 2."""
    done = ended(perflab.start("calibrate", *option, "--out", perflab.reports))
    assert done.code == 2
    assert says in done.complaint
    assert not (perflab.reports / "calibration").exists()

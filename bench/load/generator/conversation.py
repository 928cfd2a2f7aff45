"""The generator's side of the conversation with the lab; see `bench.load.messages`."""

import argparse
import signal
import socket
from pathlib import Path

# Imported now, not at the end of the first slot, when it would take a tenth of a second.
import pyarrow.parquet  # noqa: F401

from bench import observations
from bench.errors import LoadError, PerflabError
from bench.load.generator import closed_model, open_model, scenario
from bench.load.generator.recorder import Recorder
from bench.load.messages import Command, LaneReport, Report, command, encode

MODELS = {"open": open_model.run, "closed": closed_model.run}


def main() -> int:
    """Load the Locust file, then run slot after slot until the lab closes the socket."""
    parser = argparse.ArgumentParser(prog="bench.load.generator")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--locustfile", type=Path, required=True)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # nothing to save: what is not written is not whole
    with socket.socket(fileno=options.fd) as connection, connection.makefile("rwb") as lab:

        def say(message: bytes) -> None:
            lab.write(message)
            lab.flush()

        try:
            play = Play(options.locustfile)
        except PerflabError as error:
            say(encode({"error": str(error)}))
            return 1
        say(encode({"ready": True}))
        for line in lab:
            try:
                say(encode(play.run(command(line))))
            except PerflabError as error:
                say(encode({"error": str(error)}))
    return 0


class Play:
    """A loaded Locust file that slots are run from."""

    def __init__(self, locustfile: Path) -> None:
        """Raises LoadError when the file cannot be loaded."""
        self._scenario = scenario.load(locustfile)
        self._recorder = Recorder(self._scenario.environment.events.request)

    def run(self, command: Command) -> Report:
        """Run one slot, or several in turns, and write the samples. Raises LoadError or StoreError."""
        try:
            outcome = MODELS[command.model](command, self._scenario, self._recorder)
        finally:
            self._scenario.tell("test_stop")
        for lane, seen in zip(command.lanes, outcome.lanes, strict=True):
            if not seen.rows and seen.facts.get("arrivals", 1) > seen.dropped:
                raise LoadError(f"The tasks of the Locust file sent no request to {lane.base_url}.")
            observations.write(Path(lane.path), observations.columns(seen.rows))
        return Report(
            started=outcome.started,
            generator_cores=outcome.generator_cores,
            lanes=[LaneReport(len(seen.rows), seen.dropped, dict(seen.facts)) for seen in outcome.lanes],
        )

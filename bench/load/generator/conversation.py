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
from bench.load.messages import Command, Report, decode, encode

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
                say(encode(play.run(Command(**decode(line)))))
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
        """Run one slot and write its samples. Raises LoadError or StoreError."""
        self._scenario.aim(command.base_url)
        try:
            outcome = MODELS[command.model](command, self._scenario, self._recorder)
        finally:
            self._scenario.tell("test_stop")
        if not outcome.rows and outcome.facts.get("arrivals", 1) > outcome.dropped:
            raise LoadError(f"The tasks of the Locust file sent no request to {command.base_url}.")
        observations.write(Path(command.path), observations.columns(outcome.rows))
        return Report(
            started=outcome.started,
            n=len(outcome.rows),
            dropped=outcome.dropped,
            generator_cores=outcome.generator_cores,
            facts=dict(outcome.facts),
        )

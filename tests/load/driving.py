"""The vocabulary of the load tests: a server, a slot, the rows of a sample."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from bench import observations
from bench.load import Sample, Target
from bench.load.locust import LocustLoad
from bench.model import Role, Slot

Locusts = Callable[..., LocustLoad]
"""Makes a load of the text of a Locust file."""


@dataclass(frozen=True)
class Server:
    """The test server."""

    url: str

    def target(self, prefix: str = "") -> Target:
        """The server, or all below a path of it, as an arm."""
        return Target("arm", self.url + prefix)

    def forget(self) -> None:
        """Empty the log."""
        httpx.get(f"{self.url}/reset", trust_env=False)

    def log(self) -> list[tuple[str, str, str]]:
        """Method, target and body of everything asked in this test."""
        return [(method, target, body) for method, target, body in httpx.get(f"{self.url}/log", trust_env=False).json()]


def slot(duration_s: float = 1.0, *, index: int = 0, seed: int = 7, role: Role = Role.BASELINE) -> Slot:
    """A slot."""
    return Slot(index=index, block=0, triple=0, role=role, seed=seed, duration_s=duration_s, discard_s=0.0)


def rows(sample: Sample) -> list[observations.Observation]:
    """The observations of a sample."""
    return [observations.Observation(**row) for row in observations.read(sample.path).to_pylist()]

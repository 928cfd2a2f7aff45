"""One page, asked again and again: the smallest scenario, for demonstrations.

locust -f loadtests/one_page.py --host URL      each user asks PERFLAB_PACE times a second (50), waiting for its answer
"""

import os

from locust import FastHttpUser, constant_throughput, task


class Visitor(FastHttpUser):
    """Asks for the root; in the open model the schedule says when, and the pace has no meaning."""

    wait_time = constant_throughput(float(os.environ.get("PERFLAB_PACE", "50")))

    @task
    def ask(self) -> None:
        """One request."""
        self.client.get("/")

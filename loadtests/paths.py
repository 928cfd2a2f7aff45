"""Plain GET requests of given paths, each as often as the others.

    PERFLAB_PATHS='/items?limit=20' locust -f loadtests/paths.py --host http://127.0.0.1:8000

PERFLAB_PATHS holds one path a line. `perflab compare --path` uses this file.
"""

import os
import random

from locust import FastHttpUser, task

PATHS = tuple(line for line in os.environ.get("PERFLAB_PATHS", "/").splitlines() if line.strip())


class PathUser(FastHttpUser):
    """Asks for one path after the other, drawn at random."""

    host = "http://127.0.0.1:8000"

    @task
    def get(self) -> None:
        """Send one request; any answer but 2xx and 3xx is a failure."""
        self.client.get(random.choice(PATHS))

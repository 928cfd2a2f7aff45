"""Loopback ports."""

import socket


def free_port() -> int:
    """A loopback port that nobody uses at this moment.

    Another program may take it before it is used: whoever starts a server on it tries again then.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

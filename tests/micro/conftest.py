"""The servers of the service's tests."""

from tests.service.conftest import custody, databases, servers

__all__ = ["custody", "databases", "servers"]

"""Request ids: the client's own where that is harmless, else a new one."""

import re
from uuid import uuid4

ACCEPTABLE = re.compile(rb"[A-Za-z0-9._-]{1,128}")
"""A request id is written into logs and headers: nothing else may get there."""


def chosen(given: bytes) -> bytes:
    """The id of a request whose client sent this one, or none."""
    return given if ACCEPTABLE.fullmatch(given) else uuid4().hex.encode()

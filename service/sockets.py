"""The socket that is served: bound here, or lent by a supervisor, who is told `READY=1`, in systemd's words.

Whoever holds the socket can replace the process behind it: connections that nobody has taken yet wait in the socket's
queue and are refused by nobody. Sources: sd_listen_fds(3), sd_notify(3).
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.errors import ConfigurationError

FIRST = 3
"""The number of the first lent socket (SD_LISTEN_FDS_START)."""
BACKLOG = 2048
VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
NAME = "http"
"""Of the socket to serve, where several are lent."""


def bound(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises ConfigurationError when the address cannot be had.
    """
    try:
        return socket.create_server((host, port), family=_family(host), backlog=BACKLOG)
    except OSError as error:
        raise ConfigurationError(f"DOCAICHE_HOST and DOCAICHE_PORT cannot be served: {error}.") from error


def lent_listener() -> socket.socket | None:
    """The listening socket that was lent to this process; None when there is none.

    The variables are used up: no child takes the socket for its own. Raises ConfigurationError when what was lent
    cannot be served.
    """
    pid, count, names = (os.environ.pop(name, "") for name in VARIABLES)
    if pid != str(os.getpid()):
        # Lent to somebody else, whose environment was passed on.
        return None
    if not (count.isascii() and count.isdigit()) or int(count) < 1:
        raise ConfigurationError(f"LISTEN_FDS is wrong: {count or 'nothing'} is no number of lent sockets.")
    number = FIRST + _place(int(count), names.split(":"))
    try:
        listener = socket.socket(fileno=number)
        listens = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise ConfigurationError(f"LISTEN_FDS lends descriptor {number}, which is no socket: {error}.") from error
    if listener.type != socket.SOCK_STREAM or not listens:
        raise ConfigurationError(f"LISTEN_FDS lends descriptor {number}, which does not listen for connections.")
    listener.set_inheritable(False)
    return listener


def notify_ready() -> None:
    """Tell whoever waits at NOTIFY_SOCKET that requests are served; nothing where nobody waits.

    Raises ConfigurationError when nobody is there after all.
    """
    address = os.environ.pop("NOTIFY_SOCKET", "")
    if not address:
        return
    # An @ stands for the NUL of Linux's abstract addresses.
    name = f"\0{address[1:]}" if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mouth:
            mouth.sendto(b"READY=1", name)
    except OSError as error:
        raise ConfigurationError(f"NOTIFY_SOCKET names {address}, where nobody listens: {error}.") from error


@contextmanager
def ear(path: Path) -> Iterator[socket.socket]:
    """What to wait at for a process whose NOTIFY_SOCKET is this path; not blocking."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.bind(str(path))
        opened.setblocking(False)
        yield opened


def _place(count: int, names: list[str]) -> int:
    if count == 1:
        return 0
    if names.count(NAME) != 1 or names.index(NAME) >= count:
        raise ConfigurationError(f"LISTEN_FDS lends {count} sockets; LISTEN_FDNAMES has to call one of them {NAME}.")
    return names.index(NAME)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET

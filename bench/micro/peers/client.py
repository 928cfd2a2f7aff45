"""`python -m bench.micro.peers.client PORT CLIENTS SECONDS FILE`: so many clients, each with one request at a time.

FILE holds paths, a line each, which the clients walk through in turns. What came of it is a line of JSON. The requests
are bytes before the clock starts, and of an answer the status and the length alone are read: two cores are shared with
what is measured.
"""

import asyncio
import itertools
import json
import re
import resource
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

import uvloop

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def client(port: int, requests: Iterator[bytes], until: float) -> int:
    """How many requests were answered with 200 until then.

    Raises ConnectionError for another answer.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = 0
    while perf_counter() < until:
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            raise ConnectionError(head.decode())
        await reader.readexactly(int(length[1]))
        answered += 1
    writer.close()
    return answered


async def run(port: int, clients: int, seconds: float, paths: Sequence[str]) -> dict[str, float]:
    """Requests a second, and the share of a core that this process took."""
    encoded = [f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode() for path in paths]
    requests = itertools.cycle(encoded)
    began, used = perf_counter(), _cpu_s()
    counts = await asyncio.gather(*(client(port, requests, began + seconds) for _ in range(clients)))
    took = perf_counter() - began
    return {"rate": sum(counts) / took, "cores": (_cpu_s() - used) / took}


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    lines = Path(sys.argv[4]).read_text().splitlines()
    told = uvloop.run(run(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), lines))
    sys.stdout.write(json.dumps(told))

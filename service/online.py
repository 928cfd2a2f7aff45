"""`python -m service.online indexes|fulltext|settings [--undo]`: a knob's tuning for a database that is in use.

A command of its own beside `service.migrate`: migrations are the schema that every service needs, run once, in order,
each whole or not at all, and recorded. A tuning is one deployment's choice, which it may take back; it runs for as long
as the table is large, outside of transactions, is broken off and run again, and what it has done is read from the
catalogue. `service.online` on a new, empty or unused database is right as well, only slower than `sql/tuning`.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from service.db import online
from service.db.gently import Pace
from service.errors import ServiceError
from service.settings import load


def main(words: Sequence[str] | None = None) -> None:
    """Run it; what prevents it is one sentence and exit code 2."""
    chosen = _parser().parse_args(words)
    pace = Pace(chosen.lock_timeout_s, chosen.attempts, chosen.patience_s, chosen.batch, chosen.pause_s)
    run = online.revert if chosen.undo else online.apply
    try:
        asyncio.run(run(load().database_url.get_secret_value(), chosen.tuning, pace, _tell))
    except ServiceError as error:
        sys.stderr.write(f"docaiche: {error}\n")
        sys.exit(2)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    usual = Pace()
    parser = argparse.ArgumentParser(
        prog="python -m service.online",
        description="Apply a knob's tuning to the database at DOCAICHE_DATABASE_URL while others read and write it.",
        epilog="Every step may be broken off; run it again and it goes on from there.",
    )
    parser.add_argument("tuning", choices=["indexes", "fulltext", "settings"])
    parser.add_argument("--undo", action="store_true", help="take it back; switch the knob off first")
    add = parser.add_argument
    add("--batch", type=_count, default=usual.batch, metavar="N", help="rows filled at a time; %(default)s")
    add("--pause-s", type=_seconds, default=usual.pause_s, metavar="S", help="rest after each batch; %(default)s")
    add("--lock-timeout-s", type=_seconds, default=usual.lock_timeout_s, metavar="S",
        help="longest wait for a lock that holds others up; %(default)s")  # fmt: skip
    add("--attempts", type=_count, default=usual.attempts, metavar="N", help="how often it is tried; %(default)s")
    add("--patience-s", type=_seconds, default=usual.patience_s, metavar="S",
        help="longest wait for the end of others' transactions, which holds nobody up; %(default)s")  # fmt: skip
    return parser


def _count(word: str) -> int:
    if not (word.isascii() and word.isdigit() and 0 < int(word) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{word} is not a number from 1 to 1000000")
    return int(word)


def _seconds(word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = -1.0
    # Not `<`: it would let what is not a number through.
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{word} is not a number of seconds from 0 to 86400")
    return seconds


if __name__ == "__main__":
    main()

"""The command that adds and revokes API keys, as an operator runs it."""

import asyncio
import os
import subprocess
import sys

import pytest

from tests.service.running import ON, Databases, running
from tests.service.test_access import ADMIN, KEY


async def ran(url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """The command, to its end."""
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "service.keys", *words],
        env={**os.environ, "DOCAICHE_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_a_key_is_added_used_and_revoked(databases: Databases, own_copy: str) -> None:
    """It is shown once, does what its role may, and nothing soon after it is revoked; the audit has both."""
    settings = databases.settings({**ON, "cache": "off"}, database_url=own_copy, admin_key=KEY)
    async with running(settings) as service:
        added = await ran(own_copy, "add", "ingest", "admin")
        key = {"X-API-Key": added.stdout.strip()}
        assert (added.returncode, added.stdout[:9], added.stderr) == (0, "docaiche_", "")
        assert (await service.get("/config", headers=key)).status_code == 200
        assert (await ran(own_copy, "list")).stdout.startswith("ingest  admin  valid  since 20")
        assert (await ran(own_copy, "revoke", "ingest")).stdout == "revoked ingest\n"
        async with asyncio.timeout(10):
            while (await service.get("/config", headers=key)).status_code != 401:
                pass
        audit = (await service.get("/admin/audit", headers=ADMIN)).json()["entries"]
    assert [(entry["action"], entry["target"]) for entry in audit] == [("revoke key", "ingest"), ("add key", "ingest")]
    assert key["X-API-Key"] not in (await ran(own_copy, "list")).stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "say list, add NAME"),
        (("add", "x"), "say list, add NAME"),
        (("add", "x", "owner"), "say list, add NAME"),
        (("add", "No Name", "admin"), "say list, add NAME"),
        (("revoke", "nobody"), "there is no key named nobody"),
    ],
    ids=" ".join,
)
async def test_what_it_cannot_do_is_one_sentence(words: tuple[str, ...], told: str, own_copy: str) -> None:
    """On stderr, with exit code 2."""
    done = await ran(own_copy, *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert told in done.stderr


async def test_a_name_is_given_once(own_copy: str) -> None:
    """Also after it was revoked: the audit must not mean two keys by one name."""
    await ran(own_copy, "add", "twice", "reader")
    again = await ran(own_copy, "add", "twice", "reader")
    await ran(own_copy, "revoke", "twice")
    once_more = await ran(own_copy, "add", "twice", "reader")
    assert [(done.returncode, "another name" in done.stderr) for done in (again, once_more)] == [(2, True)] * 2

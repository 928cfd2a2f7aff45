"""Snapshots of embedded PostgreSQL: whole, private, and only for the version that made them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from bench.errors import ProvisionError
from bench.lifetime import Custody
from bench.provision import Servers, start

pytestmark = pytest.mark.servers


@pytest.fixture
async def origin(custody: Custody) -> AsyncIterator[Servers]:
    """Servers with a table of one row."""
    async with start("embedded", custody) as servers:
        await _execute(await servers.postgres.create_database("kept"), "CREATE TABLE t AS SELECT 7 AS n")
        yield servers


async def _execute(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_labs_begin_from_a_snapshot_each_on_its_own(origin: Servers, custody: Custody, tmp_path: Path) -> None:
    """Two servers at once begin from one snapshot; what one writes neither the other nor the snapshot sees."""
    assert await origin.postgres.snapshot(tmp_path / "snapshot")
    one = await origin.second_postgres({}, snapshot=tmp_path / "snapshot")
    two = await origin.second_postgres({}, snapshot=tmp_path / "snapshot")
    assert (one.restored, two.restored, origin.postgres.restored) == (True, True, False)
    await _execute(one.dsn("kept"), "UPDATE t SET n = 8")
    assert await _execute(two.dsn("kept"), "SELECT n FROM t") == 7
    assert await _execute(origin.postgres.dsn("kept"), "SELECT n FROM t") == 7
    async with start("embedded", custody, snapshot=tmp_path / "snapshot") as third:
        assert await _execute(third.postgres.dsn("kept"), "SELECT n FROM t") == 7


async def test_a_snapshot_carries_no_password(origin: Servers, tmp_path: Path) -> None:
    """The password of the server that was kept opens no server that begins from the snapshot."""
    await origin.postgres.snapshot(tmp_path / "snapshot")
    copy = await origin.second_postgres({}, snapshot=tmp_path / "snapshot")
    old, new = urlsplit(origin.postgres.dsn()), urlsplit(copy.dsn())
    assert old.password != new.password
    stale = new._replace(netloc=f"postgres:{old.password}@127.0.0.1:{new.port}").geturl()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _execute(stale, "SELECT 1")


async def test_a_snapshot_of_another_version_is_not_begun_from(origin: Servers, tmp_path: Path) -> None:
    """A snapshot by another PostgreSQL, a damaged one and a missing one all give an empty server."""
    folder = tmp_path / "snapshot"
    await origin.postgres.snapshot(folder)
    note = json.loads((folder / "snapshot.json").read_text())
    for content in (json.dumps({**note, "postgres": "18.5"}), "{"):
        (folder / "snapshot.json").write_text(content)
        assert not (await origin.second_postgres({}, snapshot=folder)).restored
    missing = await origin.second_postgres({}, snapshot=tmp_path / "missing")
    assert not missing.restored
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await _execute(missing.dsn("kept"), "SELECT 1")


async def test_a_snapshot_is_never_changed(origin: Servers, tmp_path: Path) -> None:
    """Keeping a second snapshot at the same place leaves the first, and no partial copy beside it."""
    await origin.postgres.snapshot(tmp_path / "here" / "snapshot")
    await _execute(origin.postgres.dsn("kept"), "UPDATE t SET n = 8")
    await origin.postgres.snapshot(tmp_path / "here" / "snapshot")
    copy = await origin.second_postgres({}, snapshot=tmp_path / "here" / "snapshot")
    assert await _execute(copy.dsn("kept"), "SELECT n FROM t") == 7
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["snapshot"]


async def test_a_snapshot_that_cannot_be_written_is_one_sentence(origin: Servers, tmp_path: Path) -> None:
    """A folder that cannot be made is a ProvisionError that names it."""
    (tmp_path / "file").touch()
    with pytest.raises(ProvisionError, match="file/snapshot cannot be written"):
        await origin.postgres.snapshot(tmp_path / "file" / "snapshot")

"""What make-secrets writes is what a server reads."""

import subprocess
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bench.infrastructure import FOLDER
from bench.lifetime import Custody, free_port
from bench.provision.answering import patiently, redis_version
from bench.provision.binaries import redis_program
from tests.provision.conftest import custody

__all__ = ["custody"]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The folder that it wrote."""
    subprocess.run([FOLDER / "make-secrets", tmp_path / "secrets"], check=True, capture_output=True)
    return tmp_path / "secrets"


async def _never() -> None:
    """Nothing says that it will not come."""


@pytest.mark.servers
async def test_a_real_redis_keeps_nothing_on_a_disk(secrets: Path, tmp_path: Path, custody: Custody) -> None:
    """It reads the very file: the password opens it, and what a server saves by default is off without an argument."""
    port = free_port()
    words = (str(redis_program()), str(secrets / "redis.conf"), "--port", str(port), "--dir", str(tmp_path))
    process = custody.spawn(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"redis://:{(secrets / 'redis_password').read_text()}@127.0.0.1:{port}"
    try:
        await patiently(lambda: redis_version(url), _never, what="Redis", limit_s=60)
        async with Redis.from_url(url, decode_responses=True) as client:
            kept = await client.config_get("save", "appendonly")
    finally:
        custody.end(process.pid)
    assert kept == {"save": "", "appendonly": "no"}

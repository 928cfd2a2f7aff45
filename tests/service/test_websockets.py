"""WebSockets over a real port."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import pytest
import stamina
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from service.__main__ import Server, bound, configured
from service.api import Application
from service.api.v1.sockets import Sockets
from service.app import create
from service.server import PING_S
from service.settings import Settings
from tests.service.running import ON, Databases
from tests.service.test_access import ADMIN, KEY
from tests.service.test_v1_errors import GOOD, KEYS

KNOBS = {**ON, "cache": "off"}


@asynccontextmanager
async def served(
    settings: Settings, sockets: Sockets | None = None, ping_s: float = PING_S
) -> AsyncIterator[tuple[str, Application]]:
    """The service on a port of its own; its WebSocket address, and the application."""
    app = create(settings)
    if sockets is not None:
        app.state.sockets = sockets
    with bound("127.0.0.1", 0) as listener:
        async with app.router.lifespan_context(app):
            config = configured(app)
            assert (config.ws_ping_interval, config.ws_ping_timeout) == (PING_S, PING_S)
            config.ws_ping_interval = config.ws_ping_timeout = ping_s
            server = Server(config)
            task = asyncio.create_task(server.serve(sockets=[listener]))
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}/api/v1/ws", app
            server.should_exit = True
            await task


async def asked(client: ClientConnection, message: Any) -> dict[str, Any]:
    """Send JSON, receive JSON."""
    await client.send(json.dumps(message))
    answer: dict[str, Any] = json.loads(await client.recv())
    return answer


async def test_health_comes_every_second(databases: Databases) -> None:
    """With the pool's figures, without being asked; the answer to the handshake has the request's id."""
    async with served(databases.settings(KNOBS)) as (url, _), connect(f"{url}/health") as client:
        beats = [json.loads(await client.recv()) for _ in range(2)]
        assert client.response is not None
        assert client.response.headers["x-request-id"]
    assert [beat["health"]["status"] for beat in beats] == ["ready", "ready"]
    assert set(beats[0]["health"]["dependencies"]) == {"database", "cache"}
    # The second tells of the checkout that the first's question to the database was.
    assert (beats[1]["pool"]["size"], beats[1]["pool"]["busy"]) == (5, 0)
    assert 0 < beats[1]["pool"]["utilisation"] < 1


async def test_search_as_you_type(databases: Databases) -> None:
    """Each message is answered as the same POST is."""
    async with served(databases.settings(KNOBS)) as (url, _), connect(f"{url}/search") as client:
        for query in ("e", "event", "event loop"):
            answer = await asked(client, {**GOOD, "q": query, "limit": 3})
            assert set(answer) == {"total", "hits", "next"}
        assert len(answer["hits"]) == 3


@pytest.mark.parametrize(("message", "named"), [
    ("{", "JSON"), ("[]", "body"), ('{"q": "x"}', "workspace"), ('{"q": " ", "workspace": "team-1"}', "q"),
    ('{"q": "x", "workspace": "team-1", "limit": "3"}', "limit"),
    ('{"q": "x", "workspace": "team-1", "cursor": "abc"}', "cursor"),
])  # fmt: skip
async def test_a_wrong_message_is_told_and_the_next_is_answered(message: str, named: str, databases: Databases) -> None:
    """The one envelope, with the socket's request id and path; a typing error is no reason to hang up."""
    async with served(databases.settings(KNOBS)) as (url, _), connect(f"{url}/search") as client:
        await client.send(message)
        error = json.loads(await client.recv())["error"]
        assert set(error) == KEYS
        assert (error["code"], error["path"]) == ("VALIDATION_ERROR", "/api/v1/ws/search")
        assert client.response is not None
        assert error["request_id"] == client.response.headers["x-request-id"]
        assert named in error["message"]
        assert "hits" in await asked(client, GOOD)


async def told_and_closed(client: ClientConnection) -> tuple[dict[str, Any], int, str]:
    """The error in the envelope that is the last message, and code and reason of the close after it."""
    error = json.loads(await client.recv())["error"]
    assert set(error) == KEYS
    assert client.response is not None
    assert error["request_id"] == client.response.headers["x-request-id"]
    with pytest.raises(ConnectionClosed) as closed:
        await client.recv()
    assert closed.value.rcvd is not None
    return error, closed.value.rcvd.code, closed.value.rcvd.reason


async def test_bytes_are_refused(databases: Databases) -> None:
    """Close code 1003, after the envelope: messages are text."""
    async with served(databases.settings(KNOBS)) as (url, _), connect(f"{url}/search") as client:
        await client.send(b"\x00")
        error, code, reason = await told_and_closed(client)
    assert (error["code"], error["message"]) == ("UNSUPPORTED_MEDIA_TYPE", "messages are text")
    assert (code, reason) == (1003, "messages are text")


async def test_a_message_that_is_too_long_is_refused(databases: Databases) -> None:
    """Close code 1009, from the server itself."""
    async with served(databases.settings(KNOBS)) as (url, _), connect(f"{url}/search") as client:
        await client.send("x" * 100_000)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


async def test_an_unforeseen_failure_closes_with_1011(databases: Databases, own_copy: str) -> None:
    """The client learns that the service failed and not how; the log has the error with the request's id."""
    settings = databases.settings(KNOBS, database_url=own_copy)
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with served(settings) as (url, _), connect(f"{url}/search") as client:
            connection = await asyncpg.connect(own_copy)
            await connection.execute("ALTER TABLE documents RENAME COLUMN workspace_id TO renamed")
            await connection.close()
            await client.send(json.dumps(GOOD))
            error, code, reason = await told_and_closed(client)
    assert (error["code"], error["message"]) == ("INTERNAL_ERROR", "The service failed to answer.")
    assert (code, reason) == (1011, "the service failed")
    (line,) = [line for line in lines if line["log_level"] == "error"]
    assert line["request_id"] == error["request_id"]


async def test_a_table_that_is_gone_is_told_and_the_socket_stays(databases: Databases, own_copy: str) -> None:
    """As the same POST is answered: who types on is served as soon as it is back."""
    async with (
        served(databases.settings(KNOBS, database_url=own_copy)) as (url, _),
        connect(f"{url}/search") as client,
    ):
        connection = await asyncpg.connect(own_copy)
        await connection.execute("ALTER TABLE documents RENAME TO taken")
        assert (await asked(client, GOOD))["error"]["code"] == "SERVICE_UNAVAILABLE"
        await connection.execute("ALTER TABLE taken RENAME TO documents")
        await connection.close()
        assert "hits" in await asked(client, GOOD)


async def test_whoever_needs_a_key_is_asked_for_it_before_the_handshake(databases: Databases) -> None:
    """A 401 in the envelope instead of a socket; with a key it opens."""
    settings = databases.settings(KNOBS, anonymous="nobody", admin_key=KEY)
    async with served(settings) as (url, _):
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{url}/search")
        assert refused.value.response.status_code == 401
        assert json.loads(refused.value.response.body)["error"]["type"] == "AuthenticationError"
        async with connect(f"{url}/search", additional_headers=ADMIN) as client:
            assert "hits" in await asked(client, GOOD)


async def test_messages_count_against_the_rate_limit(databases: Databases, fresh_redis: str) -> None:
    """Typing is asking: the third of two is told to wait, and the socket stays open."""
    settings = databases.settings(KNOBS, redis_url=fresh_redis, rate_limit="2/hour")
    async with served(settings) as (url, _), connect(f"{url}/search") as client:
        answers = [await asked(client, GOOD) for _ in range(3)]
    assert ["hits" in answer for answer in answers] == [True, True, False]
    assert answers[2]["error"]["type"] == "RateLimitError"


async def test_sockets_are_bounded(databases: Databases) -> None:
    """The second of one is a 503 that says when to come again; once the first has left there is room."""
    async with served(databases.settings(KNOBS), Sockets(most=1)) as (url, _):
        async with connect(f"{url}/search"):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"{url}/health")
            assert refused.value.response.status_code == 503
            assert refused.value.response.headers["retry-after"] == "5"
        async for attempt in stamina.retry_context(on=InvalidStatus, attempts=None, timeout=10, wait_max=0.1):
            with attempt:
                async with connect(f"{url}/search") as client:
                    assert "hits" in await asked(client, GOOD)


async def deaf_client(url: str) -> socket.socket:
    """A socket after its handshake, of a client that does nothing by itself: it does not read, nor answer pings."""
    host, port = url.removeprefix("ws://").partition("/")[0].split(":")
    deaf = socket.create_connection((host, int(port)))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    loop = asyncio.get_running_loop()
    deaf.setblocking(False)
    handshake = (
        f"GET /api/v1/ws/search HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
    await loop.sock_sendall(deaf, handshake.encode())
    await loop.sock_recv(deaf, 1024)
    return deaf


async def test_one_caller_has_not_all_the_sockets(databases: Databases) -> None:
    """The second of one is a 429 that says when to come again, while who shows a key gets in."""
    settings = databases.settings(KNOBS, admin_key=KEY)
    async with served(settings, Sockets(most_of_one=1)) as (url, app):
        async with connect(f"{url}/search"):
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"{url}/health")
            assert refused.value.response.status_code == 429
            assert refused.value.response.headers["retry-after"] == "5"
            assert json.loads(refused.value.response.body)["error"]["type"] == "RateLimitError"
            async with connect(f"{url}/search", additional_headers=ADMIN) as client:
                assert "hits" in await asked(client, GOOD)
        async for attempt in stamina.retry_context(on=InvalidStatus, attempts=None, timeout=10, wait_max=0.1):
            with attempt:
                async with connect(f"{url}/search"):
                    assert app.state.sockets.open == 1


async def test_open_sockets_are_on_the_page(databases: Databases) -> None:
    """As many as there are at the moment in which somebody reads it."""
    async with served(databases.settings(KNOBS)) as (url, app):
        gauge = partial(app.state.resources.metrics.get_sample_value, "http_server_open_websockets")
        assert gauge() == 0
        async with connect(f"{url}/search"), connect(f"{url}/health"):
            assert gauge() == 2


async def test_the_service_s_health_is_looked_at_once_for_all(databases: Databases) -> None:
    """Everybody who listens is told the same beat, whose figures no two looks would share; then nobody looks."""
    async with served(databases.settings(KNOBS)) as (url, app):
        async with connect(f"{url}/health") as one, connect(f"{url}/health") as other:
            beats = [{await client.recv() for _ in range(3)} for client in (one, other)]
            assert beats[0] & beats[1]
        async with asyncio.timeout(30):
            while app.state.pulse._beating is not None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", ["search", "health"])
async def test_a_handshake_tells_the_version_and_may_ask_for_it(path: str, databases: Databases) -> None:
    """As every answer does; another version is a 400 in the envelope before there is a socket."""
    async with served(databases.settings(KNOBS)) as (url, _):
        async with connect(f"{url}/{path}", additional_headers={"API-Version": "1"}) as client:
            assert client.response is not None
            assert client.response.headers["api-version"] == "1"
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{url}/{path}", additional_headers={"API-Version": "2"})
        assert refused.value.response.status_code == 400
        assert refused.value.response.headers["api-version"] == "1"
        assert json.loads(refused.value.response.body)["error"]["code"] == "VALIDATION_ERROR"


async def test_a_client_who_answers_no_ping_is_dropped(databases: Databases) -> None:
    """One that is gone without a word does not keep its place, though it is sent nothing; who answers stays."""
    async with served(databases.settings(KNOBS), ping_s=1.0) as (url, app), connect(f"{url}/search") as client:
        deaf = await deaf_client(url)
        assert app.state.sockets.open == 2
        async with asyncio.timeout(30):
            while app.state.sockets.open == 2:  # noqa: ASYNC110 - nobody tells when a socket goes
                await asyncio.sleep(0.01)
        assert "hits" in await asked(client, GOOD)
        deaf.close()


async def test_a_client_who_does_not_read_harms_nobody(databases: Databases) -> None:
    """It asks and asks and never reads: it is hung up on, while another is answered all the time."""
    async with served(databases.settings(KNOBS), Sockets(send_s=0.2)) as (url, app):
        deaf = await deaf_client(url)
        loop = asyncio.get_running_loop()
        text = json.dumps({**GOOD, "q": "return", "limit": 100}).encode()
        # A frame of text with a mask of zeros.
        frame = bytes([0x81, 0x80 | len(text)]) + bytes(4) + text
        answered = 0
        async with connect(f"{url}/search") as client, asyncio.timeout(30):
            while app.state.sockets.open == 2:
                try:
                    await loop.sock_sendall(deaf, frame)
                except ConnectionError:
                    break
                assert "hits" in await asked(client, GOOD)
                answered += 1
            assert "hits" in await asked(client, GOOD)
        deaf.close()
    assert answered > 0

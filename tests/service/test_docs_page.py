"""The page that shows the schema, where no other host can be reached."""

import re

import pytest

from tests.service.running import OFF, ON, Databases, running


@pytest.mark.parametrize("knobs", [ON, OFF], ids=["v1", "legacy"])
async def test_the_page_needs_no_other_host(knobs: dict[str, str], databases: Databases) -> None:
    """Everything that it loads is answered by the service itself, each as what it is; nothing is sent elsewhere."""
    async with running(databases.settings(knobs)) as service:
        page = await service.client.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert not re.findall(r"(?:https?:)?//[a-z]", page.text)
        assert '"validatorUrl": null' in page.text
        loaded = re.findall(r"""(?:src|href)=["']([^"']+)|url: ["']([^"']+)""", page.text)
        paths = [one or other for one, other in loaded]
        answers = {path: await service.client.get(path) for path in paths}
    media = {path.rpartition(".")[2]: answer.headers["content-type"] for path, answer in answers.items()}
    assert {kind: told.partition(";")[0] for kind, told in media.items()} == {
        "js": "text/javascript", "css": "text/css", "png": "image/png", "json": "application/json",
    }  # fmt: skip
    assert {answer.status_code for answer in answers.values()} == {200}
    assert all(len(answer.content) > 500 for answer in answers.values())


async def test_nothing_else_of_the_package_is_served(databases: Databases) -> None:
    """Only what the page loads."""
    async with running(databases.settings(ON)) as service:
        for path in ("/docs/__init__.py", "/docs/..%2Fmain.py", "/redoc"):
            assert (await service.client.get(path)).status_code == 404

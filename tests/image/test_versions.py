"""What stands in several places says the same: the version, and the images that run beside the service."""

import re
import tomllib
from collections.abc import Iterator, Mapping

import pytest
import yaml

from bench.image import ROOT
from bench.provision.docker import SHARED_MEMORY

COMPOSE = (ROOT / "compose.yaml").read_text()
DEVELOPMENT = (ROOT / "terraform/environments/development/main.tf").read_text()
POSTGRES = (ROOT / "terraform/modules/database/postgres.tf").read_text()
DEFAULT = re.compile(r"\$\{\w+:-([^}@]+)")
IMAGE = re.compile(r'^\s+(\w+)\s+= "([^"]+:[^"]+)"$', re.MULTILINE)


def composed(text: str) -> Mapping[str, str]:
    """The images of compose.yaml by Terraform's names, without their digests."""
    services = yaml.safe_load(text)["services"]
    return {name.replace("-", "_"): DEFAULT.match(one["image"])[1] for name, one in services.items()}


def apart(compose: str, terraform: str) -> Iterator[str]:
    """Images of which the two name different versions."""
    there = composed(compose)
    yield from (name for name, image in IMAGE.findall(terraform) if there.get(name) != image)


def test_both_deployments_run_the_same_versions() -> None:
    """compose.yaml is the list: what is tried with one is what the other deploys."""
    assert {name for name, _ in IMAGE.findall(DEVELOPMENT)} == composed(COMPOSE).keys() - {"service", "prepare"}
    assert list(apart(COMPOSE, DEVELOPMENT)) == []
    assert list(apart(COMPOSE.replace("grafana:12.3.0", "grafana:12.3.1"), DEVELOPMENT)) == ["grafana"]


def test_parallel_queries_have_as_much_room_everywhere() -> None:
    """The lab's containers, Compose and Terraform give PostgreSQL the same shared memory."""
    assert yaml.safe_load(COMPOSE)["services"]["postgres"]["shm_size"] == SHARED_MEMORY
    assert re.search(r"^\s+shm_size\s+= (\d+)\b", POSTGRES, re.MULTILINE)[1] == SHARED_MEMORY.removesuffix("m")


def versions(dockerfile: str) -> set[str]:
    """Every default of VERSION, since each stage has its own."""
    return set(re.findall(r"^ARG VERSION=(\S+)$", dockerfile, re.MULTILINE))


@pytest.mark.parametrize(("old", "new", "same"), [("", "", True), ("VERSION=", "VERSION=9.", False)])
def test_the_image_says_the_project_s_version(old: str, new: str, same: bool) -> None:
    """Who releases changes both."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    dockerfile = (ROOT / "Dockerfile").read_text().replace(old, new, 1)
    assert (versions(dockerfile) == {version}) is same

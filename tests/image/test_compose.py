"""compose.yaml is a Compose file, names what there is, and publishes to nobody else; without starting it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.image import ROOT
from bench.image.dockerfile import BY_DIGEST, stages

TEXT = (ROOT / "compose.yaml").read_text()
DEFAULT = re.compile(r"\$\{\w+:-([^}]+)\}")
OWN = "perflab/service:local"
"""Built from this checkout, so it has no digest."""


def read(text: str) -> dict[str, Any]:
    """A Compose file with the defaults of its variables."""
    return yaml.safe_load(DEFAULT.sub(r"\1", text))


def loose(composed: Mapping[str, Any]) -> Iterator[str]:
    """What is not held: images without a digest, ports for everybody, no such file, no such secret."""
    for name, service in composed["services"].items():
        if service["image"] != OWN and not BY_DIGEST.fullmatch(service["image"]):
            yield f"{name}: image"
        yield from (f"{name}: port" for port in service.get("ports", ()) if not port.startswith("127.0.0.1:"))
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            there = (ROOT / source).exists() if source.startswith(".") else source in composed["volumes"]
            if not there:
                yield f"{name}: volume"
        if not service.get("read_only") and name != "postgres":
            yield f"{name}: rights"
        yield from (f"{name}: secret" for secret in service.get("secrets", ()) if secret not in composed["secrets"])
        if any(re.search("PASS(WORD)?$", key) for key in service.get("environment", {})):
            yield f"{name}: password"


def complaints(path: Path) -> int:
    """What check-jsonschema says of a file against the Compose specification; it has the schema built in."""
    program = shutil.which("check-jsonschema", path=f"{Path(sys.executable).parent}") or "check-jsonschema"
    command = [program, "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_it_is_a_compose_file(tmp_path: Path) -> None:
    """By the specification's own schema, which a misspelt key breaks."""
    assert complaints(ROOT / "compose.yaml") == 0
    (tmp_path / "compose.yaml").write_text(TEXT.replace("read_only: true", "readonly: true"))
    assert complaints(tmp_path / "compose.yaml") == 1


def test_nothing_is_loose() -> None:
    """Images by digest, ports on loopback, few rights, no password in an environment; files and secrets are there."""
    assert list(loose(read(TEXT))) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("redis:8.2.1-bookworm@sha256:", "redis:8.2.1-bookworm#", "redis: image"),
        ('"127.0.0.1:${SERVICE_PORT:-8000}:8000"', '"${SERVICE_PORT:-8000}:8000"', "service: port"),
        ("./monitoring/alerts.yml", "./monitoring/gone.yml", "prometheus: volume"),
        ("- grafana:/var/lib/grafana", "- nowhere:/var/lib/grafana", "grafana: volume"),
        ("read_only: true", "read_only: false", "service: rights"),
        ("secrets: [grafana_password]", "secrets: [guessed]", "grafana: secret"),
        ("POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password", "POSTGRES_PASSWORD: x", "postgres: password"),
    ],
)
def test_what_is_loose_is_named(old: str, new: str, said: str) -> None:
    """Each of them can be broken."""
    assert old in TEXT
    assert said in list(loose(read(TEXT.replace(old, new))))


def test_it_builds_on_the_base_of_the_dockerfile() -> None:
    """The digest stands twice, and is the same."""
    bases = {stage.base for stage in stages((ROOT / "Dockerfile").read_text())}
    assert read(TEXT)["services"]["service"]["build"]["args"]["BASE"] in bases


def test_prometheus_finds_everybody() -> None:
    """Each target is a service of the file on a network that Prometheus is on."""
    services = read(TEXT)["services"]
    jobs = yaml.safe_load((ROOT / "monitoring/prometheus.yml").read_text())["scrape_configs"]
    targets = [target.partition(":")[0] for job in jobs for one in job["static_configs"] for target in one["targets"]]
    assert len(targets) == 3
    for target in targets:
        assert set(services[target]["networks"]) & set(services["prometheus"]["networks"]), target


def test_its_secrets_are_those_that_are_made(tmp_path: Path) -> None:
    """One program makes the files for Terraform and for Compose."""
    folder = tmp_path / "secrets"
    subprocess.run([ROOT / "terraform/make-secrets", folder], check=True, capture_output=True)
    named = {Path(secret["file"]).name for secret in read(TEXT)["secrets"].values()}
    assert named <= {path.name for path in folder.iterdir()}

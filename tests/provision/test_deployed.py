"""A deployment's servers, found by what Terraform's output says."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench.errors import ProvisionError
from bench.infrastructure import FOLDER
from bench.provision import External

RULES = FOLDER / "shared"
SET = {
    "environment": "development",
    "name": "docaiche",
    "ports": {"service": 18000, "postgres": 15432, "redis": 16379, "prometheus": 19090, "grafana": 13000},
    "images": dict.fromkeys(
        ("service", "postgres", "redis", "prometheus", "grafana", "postgres_exporter", "redis_exporter"), "some:1"
    ),
}


def written(folder: Path, lab: Any) -> Path:
    """The file that PERFLAB_SERVICES names."""
    path = folder / "lab.json"
    path.write_text(lab if isinstance(lab, str) else json.dumps(lab))
    return path


def server(folder: Path, **changes: Any) -> dict[str, Any]:
    """One server of the output."""
    (folder / "password").write_text("p@ss/word\n")
    return {
        "host": "127.0.0.1", "port": 5432, "user": "docaiche", "database": "docaiche",
        "password_file": str(folder / "password"), **changes,
    }  # fmt: skip


@pytest.mark.skipif(
    shutil.which("terraform") is None and os.environ.get("PERFLAB_REQUIRE_TERRAFORM") != "1",
    reason="terraform is not on PATH",
)
def test_what_terraform_puts_out_is_what_the_lab_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real output of the real rules, and the real files of make-secrets."""
    secrets = tmp_path / "secrets"
    subprocess.run([FOLDER / "make-secrets", secrets], check=True, capture_output=True)
    shutil.copytree(RULES, tmp_path / "shared", ignore=shutil.ignore_patterns(".terraform*"))
    given = tmp_path / "shared" / "terraform.tfvars.json"
    given.write_text(json.dumps({**SET, "secrets_dir": str(secrets)}))
    for words in (["init"], ["apply", "-auto-approve"]):
        subprocess.run(["terraform", *words, "-no-color"], cwd=given.parent, check=True, capture_output=True)
    output = subprocess.run(
        ["terraform", "output", "-json", "lab"], cwd=given.parent, check=True, capture_output=True, text=True
    )
    monkeypatch.setenv("PERFLAB_SERVICES", str(written(tmp_path, output.stdout)))
    found = External.from_environment()
    password = (secrets / "postgres_password").read_text()
    assert found.postgres_dsn == f"postgresql://docaiche:{password}@127.0.0.1:15432/docaiche"
    assert found.redis_url == f"redis://:{(secrets / 'redis_password').read_text()}@127.0.0.1:16379/0"
    assert password in (secrets / "docaiche_database_url").read_text()
    state = (given.parent / "terraform.tfstate").read_text()
    assert password not in state


def test_passwords_of_any_letters_become_part_of_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would end the user's part of an address is escaped."""
    one = server(tmp_path)
    monkeypatch.setenv("PERFLAB_SERVICES", str(written(tmp_path, {"postgres": one, "redis": one})))
    assert ":p%40ss%2Fword@" in External.from_environment().postgres_dsn


@pytest.mark.parametrize(
    ("lab", "said"),
    [
        ("no json", "does not say where the servers are"),
        ({"postgres": {}}, "does not say where the servers are"),
        ([], "does not say where the servers are"),
        ({"postgres": {}, "redis": "here"}, "does not say where the servers are"),
    ],
)
def test_a_file_that_says_something_else_is_told(
    lab: Any, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that writes the right one."""
    monkeypatch.setenv("PERFLAB_SERVICES", str(written(tmp_path, lab)))
    with pytest.raises(ProvisionError, match=said) as refused:
        External.from_environment()
    assert "terraform output -json lab" in str(refused.value)


def test_a_cluster_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab takes several database numbers, of which a cluster has one."""
    one = server(tmp_path)
    lab = {"postgres": one, "redis": {**one, "mode": "cluster"}}
    monkeypatch.setenv("PERFLAB_SERVICES", str(written(tmp_path, lab)))
    with pytest.raises(ProvisionError, match="leads to a Redis Cluster.*redis_mode=single"):
        External.from_environment()


def test_a_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file itself, and one with a password, too."""
    monkeypatch.setenv("PERFLAB_SERVICES", str(tmp_path / "none.json"))
    with pytest.raises(ProvisionError, match=r"none\.json cannot be read"):
        External.from_environment()
    one = server(tmp_path, password_file=str(tmp_path / "gone"))
    monkeypatch.setenv("PERFLAB_SERVICES", str(written(tmp_path, {"postgres": one, "redis": one})))
    with pytest.raises(ProvisionError, match="gone cannot be read"):
        External.from_environment()


def test_passwords_in_use_are_not_replaced(tmp_path: Path) -> None:
    """make-secrets writes new folders alone, closed to others."""
    folder = tmp_path / "secrets"
    first, second, nowhere = (
        subprocess.run([FOLDER / "make-secrets", *words], capture_output=True, text=True, check=False)
        for words in ([folder], [folder], [])
    )
    assert (first.returncode, second.returncode, nowhere.returncode) == (0, 2, 2)
    assert "is there already" in second.stderr
    assert "say where" in nowhere.stderr
    assert folder.stat().st_mode & 0o077 == 0

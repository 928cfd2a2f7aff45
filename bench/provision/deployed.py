"""Where a deployment's servers are: the output `lab` of terraform/, with its passwords in files beside it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench.errors import ProvisionError

REMEDY = "write it with `terraform output -json lab`, in the folder of the environment"


def addresses(path: Path) -> tuple[str, str]:
    """PostgreSQL's DSN and Redis's URL, passwords included.

    Raises ProvisionError where the file, or one with a password, cannot be read, or says something else, or leads to a
    cluster.
    """
    try:
        lab = json.loads(path.read_text())
        if lab["redis"].get("mode") == "cluster":
            raise ProvisionError(
                f"{path} (PERFLAB_SERVICES) leads to a Redis Cluster, which has one database number, and "
                "the lab's arms take one each; deploy with redis_mode=single to measure there."
            )
        return _dsn(lab["postgres"]), _url(lab["redis"])
    except OSError as error:
        raise ProvisionError(
            f"{error.filename} cannot be read ({error.strerror}): PERFLAB_SERVICES leads there."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProvisionError(f"{path} (PERFLAB_SERVICES) does not say where the servers are; {REMEDY}.") from error


def _dsn(server: Mapping[str, Any]) -> str:
    host, port = server["host"], int(server["port"])
    return f"postgresql://{server['user']}:{_password(server)}@{host}:{port}/{server['database']}"


def _url(server: Mapping[str, Any]) -> str:
    return f"redis://:{_password(server)}@{server['host']}:{int(server['port'])}/0"


def _password(server: Mapping[str, Any]) -> str:
    return quote(Path(server["password_file"]).read_text().strip(), safe="")

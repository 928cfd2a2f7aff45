"""A run as an annotation of the dashboard, where the environment names a Grafana: opt-in, at the end of a run."""

import os
from datetime import datetime, timedelta

import httpx

from bench.errors import StoreError
from bench.model import RunRecord

ADDRESS = "PERFLAB_GRAFANA_URL"
TOKEN = "PERFLAB_GRAFANA_TOKEN"  # noqa: S105 - the variable's name
TAG = "perflab"
"""By it the dashboard finds them."""
LIMIT_S = 10.0


def annotate(record: RunRecord) -> None:
    """Post when the run was and how it ended; nothing where no Grafana is named.

    Raises StoreError when Grafana does not take it: the run itself is whole then.
    """
    url = os.environ.get(ADDRESS)
    if not url:
        return
    token = os.environ.get(TOKEN)
    if not token:
        raise StoreError(f"The run is not in Grafana: {ADDRESS} is set and {TOKEN} is not.")
    began = datetime.fromisoformat(record.started)
    body = {
        "time": _milliseconds(began),
        "timeEnd": _milliseconds(began + timedelta(seconds=record.duration_s)),
        "tags": [TAG, record.spec],
        "text": f"run {record.run_id}, exit code {record.exit_code}",
    }
    try:
        answer = httpx.post(
            f"{url.rstrip('/')}/api/annotations",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=LIMIT_S,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StoreError(f"The run is not in Grafana: {url} does not answer ({error}).") from error
    if not answer.is_success:
        raise StoreError(f"The run is not in Grafana: {url} answered {answer.status_code}; does the token hold?")


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)

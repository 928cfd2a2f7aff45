from pathlib import Path

import pytest

from bench.model import RunRecord
from tests.stored import reported


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunRecord, Path]:
    """A complete run with its report, and its folder."""
    folder = tmp_path_factory.mktemp("run")
    return reported(folder), folder

"""Where finished databases and recorded workloads are kept between runs."""

from pathlib import Path

from platformdirs import user_cache_path

CACHE: Path = user_cache_path("perflab")

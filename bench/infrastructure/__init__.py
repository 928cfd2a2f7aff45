"""Terraform's files, checked as far as this machine can: what was not run is said, and counts as nothing."""

from bench.infrastructure.checking import FOLDER, check
from bench.infrastructure.outcome import Outcome

__all__ = ["FOLDER", "Outcome", "check"]

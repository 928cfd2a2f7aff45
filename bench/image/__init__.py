"""The service's image: what it installs, how it is built, and what its Dockerfile has to say."""

from bench.image.building import ROOT, build
from bench.image.dockerfile import Check, checks

__all__ = ["ROOT", "Check", "build", "checks"]

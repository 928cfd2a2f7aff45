"""The service's image: what it installs, how it is built, and what its Dockerfile has to say."""

from bench.image.building import ROOT, DoesNotBuild, build
from bench.image.dockerfile import Check, checks
from bench.image.trying import Trial, trial

__all__ = ["ROOT", "Check", "DoesNotBuild", "Trial", "build", "checks", "trial"]

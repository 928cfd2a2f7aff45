"""Scanners of files and images: what they found, or why nothing was looked at. A crash is never `0 findings`."""

from bench.scanning.findings import Finding, Scan, at_least
from bench.scanning.repository import scan

__all__ = ["Finding", "Scan", "at_least", "scan"]

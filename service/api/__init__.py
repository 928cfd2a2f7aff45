"""The APIs over HTTP: `legacy` before the consolidation, `v1` after it; `operations` serve both."""

from service.api.application import Application

__all__ = ["Application"]

"""The next version: what differs from `v1`, and nothing else.

A search is walked by cursor alone. An offset reads and throws away all that stands before it, and pages shift when
documents come or go; nobody who begins anew should begin with it. Everything else is served by `v1`, whose errors,
schemas and middleware this version shares.
"""

from service.api.v2.search import router

__all__ = ["router"]

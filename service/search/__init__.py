"""The operations of the service: requests in, facts out, no HTTP."""

from service.search.catalogue import Catalogue
from service.search.model import (
    SNIPPET,
    Collection,
    Collections,
    Found,
    Hit,
    Listed,
    Listing,
    TechnologyStats,
    WorkspaceStats,
)

__all__ = [
    "SNIPPET",
    "Catalogue",
    "Collection",
    "Collections",
    "Found",
    "Hit",
    "Listed",
    "Listing",
    "TechnologyStats",
    "WorkspaceStats",
]

"""The operations of the service: requests in, facts out, no HTTP."""

from service.search.catalogue import Catalogue
from service.search.hybrid import HybridSearch
from service.search.model import (
    SNIPPET,
    Collection,
    Collections,
    Found,
    Hit,
    Listed,
    Listing,
    Ranked,
    Technology,
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
    "HybridSearch",
    "Listed",
    "Listing",
    "Ranked",
    "Technology",
    "TechnologyStats",
    "WorkspaceStats",
]

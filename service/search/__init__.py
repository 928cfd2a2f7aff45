"""The operations of the service: requests in, facts out, no HTTP."""

from service.search.catalogue import Catalogue
from service.search.model import Collection, Found, Hit, TechnologyStats

__all__ = ["Catalogue", "Collection", "Found", "Hit", "TechnologyStats"]

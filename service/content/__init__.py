"""Documents one by one, and what readers say of them and do with them."""

from service.content.contents import Contents
from service.content.freshness import Freshness, version
from service.content.model import Document, Receipt, SignalKind

__all__ = ["Contents", "Document", "Freshness", "Receipt", "SignalKind", "version"]

"""Settings that are changed while the service runs, and the record of who changed what."""

from service.configuration.live import Live
from service.configuration.model import AuditEntry, AuditPage, Entries, Entry, Prefix
from service.configuration.register import Register

__all__ = ["AuditEntry", "AuditPage", "Entries", "Entry", "Live", "Prefix", "Register"]

"""Settings that are changed while the service runs, and the record of who changed what."""

from service.configuration.model import AuditEntry, AuditPage, Entries, Entry, Prefix
from service.configuration.register import Register

__all__ = ["AuditEntry", "AuditPage", "Entries", "Entry", "Prefix", "Register"]

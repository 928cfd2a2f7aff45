"""Connections to PostgreSQL, with the time spent on waiting and on queries told to the current request."""

from service.db.announcements import Announcements
from service.db.connection import Connection, SessionAwareConnection
from service.db.database import Database
from service.db.usage import PoolSnapshot

__all__ = ["Announcements", "Connection", "Database", "PoolSnapshot", "SessionAwareConnection"]

"""Who may do what: API keys and their roles."""

from service.access.callers import ANONYMOUS, Caller, Role
from service.access.keys import Keys, generate, hashed

__all__ = ["ANONYMOUS", "Caller", "Keys", "Role", "generate", "hashed"]

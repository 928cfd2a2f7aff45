"""Settings that take effect while the service runs, in every process."""

import structlog

from service.cache import Answers
from service.configuration.register import Register
from service.configuration.values import CACHE_TTL, seconds
from service.errors import InvalidValueError
from service.settings import Settings

log = structlog.get_logger(__name__)


class Live:
    """Applies what is written."""

    def __init__(self, settings: Settings, register: Register, answers: Answers) -> None:
        self._settings = settings
        self._register = register
        self._answers = answers

    async def apply(self) -> None:
        """Bring this process up to date; what was never written is as the settings say.

        Raises DatabaseUnavailableError.
        """
        written = {entry.key: entry.value for entry in (await self._register.read()).entries}
        try:
            ttl_s = seconds(written[CACHE_TTL]) if CACHE_TTL in written else self._settings.cache_ttl_s
        except InvalidValueError as error:
            # Somebody wrote it past the API: what was in force stays.
            log.warning("configuration not applied", reason=str(error))
        else:
            self._answers.keep_for(ttl_s)

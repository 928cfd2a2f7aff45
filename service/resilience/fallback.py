"""Another answer in place of a failure."""

from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from service.resilience.config import every

P = ParamSpec("P")
T = TypeVar("T")


class Fallback:
    """Answers with `substitute(error)` when a call fails and `answers(error)` says that it may.

    The substitute's answer has to be of the type of the call's; what it raises is raised.
    """

    def __init__(
        self, substitute: Callable[[Exception], Awaitable[Any]], *, answers: Callable[[Exception], bool] = every
    ) -> None:
        self._substitute = substitute
        self._answers = answers

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of the function, or the substitute for it."""
        try:
            return await fn(*args, **kwargs)
        except Exception as error:
            if not self._answers(error):
                raise
            substitute: T = await self._substitute(error)
            return substitute

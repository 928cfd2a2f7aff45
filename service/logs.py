"""Where log lines go: to stderr, as JSON for machines or coloured for whoever sits before a terminal."""

import logging
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from structlog.typing import Processor


def configure(level: str) -> None:
    """Send structlog's and the standard library's lines from `level` upwards to stderr."""
    number = logging.getLevelNamesMapping()[level.upper()]
    # While PostgreSQL is away it tells every attempt with a traceback; each request refused says the same in a line.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    rendering: tuple[Processor, ...] = (
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    )
    if sys.stderr.isatty():
        # Plain: the pretty tracebacks print every local variable, which takes seconds and shows secrets.
        rendering = (structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),)
    facts: tuple[Processor, ...] = (
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    # Lines of libraries, of the server and of the old API get the same facts and the same form.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*facts, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    logging.basicConfig(level=number, handlers=[handler])
    structlog.configure(
        processors=[*facts, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )

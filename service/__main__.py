"""`python -m service`: serve, as the DOCAICHE_ environment variables say."""

import logging
import sys

import uvicorn

from service.app import create
from service.errors import ServiceError
from service.settings import load

GRACE_S = 5
"""How long requests under way may take when the service is told to stop."""


def main() -> None:
    """Serve until told to stop; a wrong setting is one sentence and exit code 2."""
    try:
        settings = load()
    except ServiceError as error:
        sys.stderr.write(f"docaiche: {error}\n")
        sys.exit(2)
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(name)s %(levelname)s %(message)s")
    uvicorn.run(
        create(settings),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_S,
    )


if __name__ == "__main__":
    main()

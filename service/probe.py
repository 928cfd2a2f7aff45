"""`python -m service.probe`: is the service beside it ready? Exit code 0 if so, else 1, with the reason.

For an image's HEALTHCHECK. It imports nothing of the service, since it is started every few seconds.
"""

import http.client
import os
import sys

HOST, PORT = "127.0.0.1", "4000"
"""Where the service listens unless the environment says otherwise: the defaults of its settings."""
EVERYWHERE = {"0.0.0.0": HOST, "::": "::1"}  # noqa: S104 - to be replaced
PATH = "/health/ready"
LIMIT_S = 2.0
OK = 200


def obstacle(host: str, port: str) -> str | None:
    """Why the service at this address is not ready; None when it is."""
    try:
        connection = http.client.HTTPConnection(EVERYWHERE.get(host, host), int(port), timeout=LIMIT_S)
        connection.request("GET", PATH, headers={"Connection": "close"})
        status = connection.getresponse().status
        connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"{host}:{port} does not answer: {error}"
    return None if status == OK else f"{host}:{port} answers {PATH} with {status}"


def main() -> None:
    """Ask once."""
    reason = obstacle(os.environ.get("DOCAICHE_HOST", HOST), os.environ.get("DOCAICHE_PORT", PORT))
    if reason is not None:
        sys.stdout.write(f"docaiche: {reason}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()

"""The page `/docs`, whose script, style and icon come from here too: it works where no other host can be reached.

FastAPI's own page takes them from content delivery networks. fastapi-swagger brings Swagger UI's files, renewed with
each of its releases; of that package nothing but the files is used.
"""

from collections.abc import Mapping
from importlib.resources import files

from fastapi import FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi_swagger import resources
from starlette.exceptions import HTTPException

PATH = "/docs"
SCRIPT, STYLE, ICON = "swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"
MEDIA: Mapping[str, str] = {SCRIPT: "text/javascript", STYLE: "text/css", ICON: "image/png"}
A_DAY = {"cache-control": "public, max-age=86400"}


def install(app: FastAPI, openapi_url: str) -> None:
    """Add the page and its files."""
    shown = get_swagger_ui_html(
        openapi_url=openapi_url,
        title=app.title,
        swagger_js_url=f"{PATH}/{SCRIPT}",
        swagger_css_url=f"{PATH}/{STYLE}",
        swagger_favicon_url=f"{PATH}/{ICON}",
        # Else the page sends the schema's address to a validator on a host of Swagger's.
        swagger_ui_parameters={"validatorUrl": None},
    )

    @app.get(PATH, include_in_schema=False)
    async def page() -> Response:
        return shown

    @app.get(f"{PATH}/{{name}}", include_in_schema=False)
    async def file(name: str) -> Response:
        if name not in MEDIA:
            raise HTTPException(404)
        # Read in the loop: whoever opens the page does so once a day.
        return Response(files(resources).joinpath(name).read_bytes(), media_type=MEDIA[name], headers=A_DAY)

"""The routes of `v1`."""

from fastapi import APIRouter

from service.api.v1.endpoints import admin, config, content, health, search, websocket

router = APIRouter()
for endpoints in (search, content, config, admin, health, websocket):
    # Side by side, not routers within a router, which the framework would walk down for every request.
    router.routes.extend(endpoints.router.routes)

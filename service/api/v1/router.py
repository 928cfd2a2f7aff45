"""The routes of `v1`."""

from fastapi import APIRouter

from service.api.v1.endpoints import admin, config, content, health, search, websocket

router = APIRouter()
for endpoints in (search, content, config, admin, health, websocket):
    router.include_router(endpoints.router)

"""The routes of `v1`."""

from fastapi import APIRouter

from service.api.v1.endpoints import admin, config, content, health, search

router = APIRouter()
for endpoints in (search, content, config, admin, health):
    router.include_router(endpoints.router)

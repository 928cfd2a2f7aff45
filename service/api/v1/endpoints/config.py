"""The configuration: read, and changed by admins."""

from fastapi import APIRouter

from service.api.v1 import examples
from service.api.v1.admins import AdminRoute
from service.api.v1.dependencies import CallerDep, RequestIdDep, ResourcesDep
from service.api.v1.schemas import ConfigBody, ConfigKey
from service.configuration import Entries, Entry

router = APIRouter(prefix="/config", tags=["config"], route_class=AdminRoute)


@router.get("", responses=examples.answers(examples.ENTRIES))
async def read(resources: ResourcesDep) -> Entries:
    """All settings that were ever written."""
    return await resources.register.read()


@router.put("/{key}", responses=examples.answers(examples.ENTRY))
async def write(
    key: ConfigKey, body: ConfigBody, resources: ResourcesDep, caller: CallerDep, request_id: RequestIdDep
) -> Entry:
    """Write a setting; with `version`, only if nobody has changed it since that one was read (409 if so)."""
    return await resources.register.write(
        key, body.value, version=body.version, actor=caller.name, request_id=request_id
    )

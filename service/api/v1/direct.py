"""Routes that read their request themselves.

For each request FastAPI walks generic descriptions of parameters and dependencies, which takes longer than middleware,
validation and encoding together. `get_route_handler` is its documented place for a route to do that another way; the
schema is made from the endpoint's signature as always.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, get_args, get_type_hints

from fastapi import Request, Response, params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams

from service.api.v1 import errors
from service.resources import of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Read = Callable[[Request], Awaitable[BaseModel]]


class DirectRoute(APIRoute):
    """For endpoints that take one model, from the query string or the body, and the resources, and answer bytes."""

    def get_route_handler(self) -> Handler:
        """Read, validate, call."""
        read, endpoint = reader(self.endpoint), self.endpoint

        async def handler(request: Request) -> Response:
            response: Response = await endpoint(await read(request), of(request))
            return response

        return handler


def reader(endpoint: Callable[..., Any]) -> Read:
    """How the endpoint's first parameter is read: from the query string if it says so, else from the body."""
    annotation, *_ = get_type_hints(endpoint, include_extras=True).values()
    model, *metadata = get_args(annotation) or (annotation,)
    if any(isinstance(piece, params.Query) for piece in metadata):
        return lambda request: _from_query(model, request)
    return lambda request: _from_body(model, request)


def once(given: QueryParams) -> dict[str, str]:
    """Every parameter with its value.

    Raises RequestValidationError for one that is given twice: which of the two is meant nobody can tell.
    """
    values = dict(given)
    if len(values) < len(given.multi_items()):
        names = [name for name, _ in given.multi_items()]
        twice = next(name for name in names if names.count(name) > 1)
        raise RequestValidationError([{"type": "twice", "loc": ("query", twice), "msg": "Given more than once"}])
    return values


async def each_once(request: Request) -> None:
    """The same as a dependency, for routes that the framework reads; raises RequestValidationError."""
    once(request.query_params)


async def _from_query(model: type[BaseModel], request: Request) -> BaseModel:
    try:
        return model.model_validate(once(request.query_params))
    except ValidationError as error:
        raise errors.invalid("query", error) from error


async def _from_body(model: type[BaseModel], request: Request) -> BaseModel:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise errors.invalid("body", error) from error

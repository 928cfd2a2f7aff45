"""Documents one by one, feedback on them, and signals of their use."""

from functools import partial
from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import TypeAdapter

from service.api.v1 import examples
from service.api.v1.admins import AdminRoute
from service.api.v1.answering import answer
from service.api.v1.dependencies import CallerDep, RequestIdDep, ResourcesDep
from service.api.v1.schemas import DocumentId, FeedbackBody, SignalBody
from service.content import Document, Receipt

router = APIRouter(tags=["content"])
DOCUMENT = TypeAdapter(Document)
RECEIPT = examples.answers(examples.RECEIPT, HTTPStatus.CREATED)


@router.get("/content/{document_id}", response_model=Document, responses=examples.answers(examples.DOCUMENT))
async def read(document_id: DocumentId, resources: ResourcesDep) -> Response:
    """A document with its whole text."""
    facts = partial(resources.contents.read, document_id)
    return await answer(resources, "content", {"id": document_id}, facts, DOCUMENT)


async def delete(document_id: DocumentId, resources: ResourcesDep, caller: CallerDep, request_id: RequestIdDep) -> None:
    """Delete a document, its feedback and its signals."""
    await resources.contents.delete(document_id, actor=caller.name, request_id=request_id)


router.add_api_route(
    "/content/{document_id}",
    delete,
    methods=["DELETE"],
    status_code=HTTPStatus.NO_CONTENT,
    route_class_override=AdminRoute,
)


@router.post("/feedback", status_code=HTTPStatus.CREATED, responses=RECEIPT)
async def feedback(body: FeedbackBody, resources: ResourcesDep) -> Receipt:
    """Rate a document."""
    return await resources.contents.add_feedback(body.document_id, body.rating, body.comment)


@router.post("/signals", status_code=HTTPStatus.CREATED, responses=RECEIPT)
async def signal(body: SignalBody, resources: ResourcesDep) -> Receipt:
    """Tell what a reader did with a document."""
    return await resources.contents.add_signal(body.document_id, body.kind, body.query, body.duration_s)

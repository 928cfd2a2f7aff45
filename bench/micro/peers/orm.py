"""`python -m bench.micro.peers.orm DSN PORT`: the same search as the tutorials of its libraries build it."""

import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.postgresql import REGCONFIG, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.search import SNIPPET

SIZE = 5


class Base(DeclarativeBase):
    """Of all tables."""


class DocumentRow(Base):
    """A row of `documents`."""

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[str]
    technology: Mapped[str]
    title: Mapped[str]
    content: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    search_vector: Mapped[str] = mapped_column(TSVECTOR, deferred=True)


class HitOut(BaseModel):
    """A document that matches."""

    id: int
    title: str
    workspace: str
    technology: str
    created_at: datetime
    snippet: str
    rank: float


class FoundOut(BaseModel):
    """A page."""

    total: int
    hits: list[HitOut]


def create(dsn: str) -> FastAPI:
    """The application."""
    engine = create_async_engine(
        dsn.replace("postgresql://", "postgresql+psycopg://", 1), pool_size=SIZE, max_overflow=0
    )
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    app = FastAPI()

    async def session() -> AsyncIterator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    @app.get("/api/v1/search", response_model=FoundOut)
    async def search(
        q: str,
        workspace: str,
        technology: str,
        session: Annotated[AsyncSession, Depends(session)],
        limit: int = 20,
        offset: int = 0,
    ) -> FoundOut:
        """A page of hits."""
        asked = func.websearch_to_tsquery(cast("english", REGCONFIG), q)
        rank = func.ts_rank(DocumentRow.search_vector, asked).label("rank")
        matches = (
            DocumentRow.workspace_id == workspace,
            DocumentRow.technology == technology,
            DocumentRow.search_vector.op("@@")(asked),
        )
        page = (
            select(DocumentRow, rank)
            .where(*matches)
            .order_by(rank.desc(), DocumentRow.created_at.desc(), DocumentRow.id.desc())
            .limit(limit)
            .offset(offset)
        )
        rows = (await session.execute(page)).all()
        total = await session.scalar(select(func.count()).select_from(DocumentRow).where(*matches))
        hits = [
            HitOut(
                id=row.id, title=row.title, workspace=row.workspace_id, technology=row.technology,
                created_at=row.created_at, snippet=row.content[:SNIPPET], rank=value,
            )
            for row, value in rows
        ]  # fmt: skip
        return FoundOut(total=total or 0, hits=hits)

    return app


if __name__ == "__main__":
    uvicorn.run(create(sys.argv[1]), port=int(sys.argv[2]), http="httptools", access_log=False, log_level="warning")

"""Forms with files in them, read without a trace on the disk."""

from fastapi import Request
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser

from service.domain.errors import InvalidInputError

_MOST_FIELDS = 300


class InMemory(MultiPartParser):
    """Keeps a part in memory whatever its size: people's words do not go to a temporary file."""

    spool_max_size = 2**40


async def form_of(request: Request) -> FormData:
    """Return a sent form; raise InvalidInputError for one that cannot be read."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.form()
    try:
        parser = InMemory(request.headers, request.stream(), max_files=1, max_fields=_MOST_FIELDS)
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        message = "This multipart body cannot be read."
        raise InvalidInputError(message, code="multipart_damaged") from error
    # Where Starlette keeps a form that was read: error pages look there for the way back.
    request._form = form  # noqa: SLF001
    return form

"""Files on their way in: the request's body, or the part `file` of a form, read as it streams."""

import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException

from service.domain.errors import FieldProblem, InvalidInputError, TooLargeError
from service.web.uploads import InMemory


class _Hashed(InMemory):
    """Hashes a form as it is read.

    digest: of the parts' contents as they stream by, without what lies between them.
    """

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None]) -> None:
        """Take one file, and one field that is refused later."""
        super().__init__(headers, stream, max_files=1, max_fields=1)
        self.digest = hashlib.sha256()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """See the base."""
        self.digest.update(memoryview(data)[start:end])
        super().on_part_data(data, start, end)


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """What was sent. told: what makes it the same file, where a form draws its borders anew."""

    content: bytes
    name: str | None
    content_type: str | None
    told: str | None = None


async def received(request: Request) -> ReceivedFile:
    """Return what was sent; raise TooLargeError."""
    most: int = request.app.state.most_import_bytes
    content_type = request.headers.get("content-type")
    kind, _ = parse_options_header(content_type or "")

    async def within() -> AsyncGenerator[bytes, None]:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                message = f"A file may have {most:,} bytes. Split it and send the parts."
                raise TooLargeError(message)
            yield part

    if kind != b"multipart/form-data":
        parts = [part async for part in within()]
        _, options = parse_options_header(request.headers.get("content-disposition", ""))
        name = options.get(b"filename")
        called = None if name is None else name.decode("utf-8", "replace")
        return ReceivedFile(b"".join(parts), called, content_type)
    try:
        parser = _Hashed(request.headers, within())
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        message = "This multipart body cannot be read; send the file as the part `file`."
        raise InvalidInputError(message, code="multipart_damaged") from error
    file = form.get("file")
    if file is None or isinstance(file, str):
        message = "There is no part `file` in this form."
        raise InvalidInputError(message, problems=(FieldProblem("/file", message),))
    told = f"{file.filename}\n{file.content_type}\n{parser.digest.hexdigest()}"
    return ReceivedFile(await file.read(), file.filename, file.content_type, told)

"""Scripts, styles and pictures: named by their content, packed once, kept by browsers for good."""

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.domain.errors import NotFoundError

router = APIRouter(include_in_schema=False)

FOLDER: Final = Path(__file__).parent / "static"
_PREFIX: Final = "/console/static"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_HASH: Final = 12
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    name: str
    digest: str
    media_type: str
    content: bytes
    packed: bytes

    @property
    def url(self) -> str:
        """Where it stands; another content stands elsewhere."""
        return f"{_PREFIX}/{self.digest}/{self.name}"


@cache
def assets() -> dict[str, Asset]:
    """Return every file of the folder by its name, read and packed once."""
    return {path.name: _asset(path) for path in sorted(FOLDER.iterdir()) if path.is_file()}


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return Asset(
        path.name,
        sha256(content).hexdigest()[:_HASH],
        kind or "application/octet-stream",
        content,
        gzip.compress(content, 9, mtime=0),
    )


def static(name: str) -> str:
    """Return where a file stands; raise KeyError for one that is not there."""
    return assets()[name].url


@router.get(f"{_PREFIX}/{{digest}}/{{name}}")
def send(request: Request, digest: str, name: str) -> Response:
    """Send a file, packed for who reads that."""
    asset = assets().get(name)
    if asset is None or asset.digest != digest:
        raise NotFoundError
    headers = {"Cache-Control": _FOR_GOOD, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.packed, media_type=asset.media_type, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)

"""The console's cookies: none is read by a script, none leaves this site."""

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote

from fastapi import Request, Response

from service.console.state import state_of

SESSION: Final = "session"
VISIT: Final = "visit"
BROWSER: Final = "browser"
LANGUAGE: Final = "language"
FLASH: Final = "said"
Name = Literal["session", "visit", "browser", "language", "said"]

_YEAR_S: Final = 31_536_000
_AGES: Final[dict[str, int | None]] = {
    SESSION: None,
    VISIT: None,
    BROWSER: _YEAR_S,
    LANGUAGE: _YEAR_S,
    FLASH: 60,
}


@dataclass(frozen=True, slots=True)
class Cookies:
    """Reads and writes them for one request. secure: over HTTPS, so with the __Host- prefix."""

    request: Request
    secure: bool

    @classmethod
    def of(cls, request: Request) -> "Cookies":
        """Return those of a request, as the settings or the request's scheme have it."""
        wanted = state_of(request).secure
        return cls(request, request.url.scheme == "https" if wanted is None else wanted)

    def _name(self, name: Name) -> str:
        # A browser takes __Host- only over HTTPS, from this very host, for every path.
        return f"__Host-homeward-{name}" if self.secure else f"homeward-{name}"

    def get(self, name: Name) -> str | None:
        """Return a cookie's value."""
        value = self.request.cookies.get(self._name(name))
        return None if value is None else unquote(value)

    def put(self, response: Response, name: Name, value: str) -> None:
        """Set a cookie."""
        response.set_cookie(
            self._name(name),
            quote(value, safe=""),
            max_age=_AGES[name],
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def drop(self, response: Response, name: Name) -> None:
        """Remove a cookie."""
        response.delete_cookie(
            self._name(name), path="/", secure=self.secure, httponly=True, samesite="lax"
        )

"""An officer changes their own password."""

from service.domain.officer import Officer
from service.ports import Tools
from service.usecases.manage_keys import secret_hash
from service.usecases.manage_officers import set_password
from service.usecases.sign_in import require_password


def change_password(tools: Tools, officer: Officer, token: str, now: str, new: str) -> None:
    """Replace the password `now` by `new` and end every session but the one of `token`.

    Raises SignInRefusedError or RateLimitedError for `now`, InvalidInputError for `new`.
    """
    require_password(tools, officer, token, now)
    set_password(tools, officer, new, keep_session=secret_hash(token))

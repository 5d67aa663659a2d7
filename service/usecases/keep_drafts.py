"""What an officer has typed is kept until it is sent; what was sent happens once."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from service.domain.errors import InvalidInputError, SentAlreadyError, TooLargeError
from service.domain.officer import DraftKey, Officer
from service.ports import Tools
from service.usecases.manage_keys import secret_hash

_FORM: Final = re.compile(r"[a-z][a-z0-9_:-]{0,119}")
_MOST: Final = 200_000


def save_draft(
    tools: Tools,
    officer: Officer,
    form: str,
    fields: Mapping[str, Sequence[str]],
    about: str | None = None,
) -> None:
    """Keep what has been typed into a form; a form that is empty leaves no draft.

    about: the id of the stored person it is about; erasing them erases it.
    """
    if not _FORM.fullmatch(form):
        message = "This is no form of the console."
        raise InvalidInputError(message)
    if sum(len(one) for values in fields.values() for one in values) > _MOST:
        raise TooLargeError
    if not any(one.strip() for values in fields.values() for one in values):
        tools.store.forget_drafts(officer.id, [form])
        return
    kept = {name: tuple(values) for name, values in fields.items()}
    tools.store.save_draft(
        DraftKey(officer_id=officer.id, form=form, about=about), kept, tools.clock.now()
    )


def submit_once(tools: Tools, officer: Officer, token: str, act: Callable[[], str]) -> str:
    """Do what a form asks, once for its token; return where the result stands.

    act: does it and returns that path. Sent again, the first result's path comes back. Raises
    SentAlreadyError where the first is still under way or was cut off by a crash; what `act`
    raises frees the token, so that a mended form can be sent.
    """
    hashed = secret_hash(token)
    claimed = tools.store.claim_submission(hashed, officer.id, tools.clock.now())
    if not claimed.fresh:
        if claimed.location is None:
            raise SentAlreadyError
        return claimed.location
    try:
        location = act()
    except BaseException:
        tools.store.finish_submission(hashed, None)
        raise
    tools.store.finish_submission(hashed, location)
    return location

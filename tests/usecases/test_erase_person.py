"""Whoever asks for an erasure: nobody finds the person from then on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import service
from service.domain.person import Consent, Profile
from service.domain.records import Put
from service.domain.register import Deadline
from service.ports import Tools
from service.usecases.erase_person import erase_person
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.register_person import register_person


def test_nobody_finds_them_from_then_on(tools: Tools) -> None:
    """Not among candidates, nor among those whose days are counted, at once."""
    today = datetime.now(UTC).date()
    soon = today + timedelta(days=3)
    consent = Consent(matching=True, until=soon)
    profile = Profile(text="I lay bricks", home_country="BD", consent=consent)
    person = register_person(
        tools, Put(organisation_id=FIRST_ORGANISATION, content=profile), None
    ).record

    def found() -> tuple[int, int]:
        falling = tools.register.falling(FIRST_ORGANISATION, Deadline.CONSENT, today, soon, 9)
        return tools.people.state.people, falling.total

    for index in (tools.people, tools.register):
        index.follow()
    assert found() == (1, 1)
    erase_person(tools, person, if_version=person.version)
    assert found() == (0, 0)


def test_nothing_else_erases() -> None:
    """The API, the console and the limit of keeping all go the same way."""
    root = Path(service.__file__).parent
    calls = [
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if ".delete_person(" in path.read_text(encoding="utf-8")
    ]
    assert calls == ["usecases/erase_person.py"]

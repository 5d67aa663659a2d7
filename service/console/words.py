"""Words for codes that several pages show: tiers, roles. English here, translated where shown."""

from collections.abc import Mapping
from typing import Final

from service.console.languages import N_
from service.domain.officer import Role

TIERS: Final[Mapping[str, str]] = {
    "strong": N_("Strong match"),
    "good": N_("Good match"),
    "stretch": N_("Worth a try"),
}
ROLES: Final[Mapping[Role, str]] = {
    Role.OFFICER: N_("Placement officer"),
    Role.MANAGER: N_("Manager"),
    Role.ADMIN: N_("Administrator"),
}

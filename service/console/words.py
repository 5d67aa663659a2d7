"""Words for codes that several pages show: tiers, roles, outcomes.

English here, translated where shown.
"""

from collections.abc import Mapping
from typing import Final

from service.console.languages import N_
from service.domain.officer import Role
from service.domain.outcome import DeclineReason, OutcomeKind

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
OUTCOMES: Final[Mapping[OutcomeKind, str]] = {
    OutcomeKind.SHORTLISTED: N_("Shortlisted"),
    OutcomeKind.REFERRED: N_("Referred"),
    OutcomeKind.PLACED: N_("Placed"),
    OutcomeKind.DECLINED: N_("Declined"),
    OutcomeKind.RETAINED: N_("Still there after three months"),
}
REASONS: Final[Mapping[DeclineReason, str]] = {
    DeclineReason.WAGE: N_("The pay was too low"),
    DeclineReason.DISTANCE: N_("It was too far away"),
    DeclineReason.FAMILY: N_("Family or care at home"),
    DeclineReason.CONDITIONS: N_("The working conditions"),
    DeclineReason.DOCUMENTS: N_("Papers were missing"),
    DeclineReason.SKILLS: N_("Skills were missing"),
    DeclineReason.EMPLOYER: N_("The employer said no"),
    DeclineReason.NO_ANSWER: N_("Nobody answered"),
    DeclineReason.OTHER: N_("Another reason"),
}

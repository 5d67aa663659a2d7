"""Words for what a person's record holds. English here, translated where shown."""

from collections.abc import Mapping
from typing import Final

from service.console.languages import N_
from service.domain.audit import Action
from service.domain.listing import WagePeriod
from service.domain.person import Market, ReturnCategory, Route, SkillStatus

MARKETS: Final[Mapping[Market, str]] = {
    Market.ALL: N_("Everywhere"),
    Market.LOCAL: N_("Here at home"),
    Market.OVERSEAS: N_("Abroad"),
}
ROUTES: Final[Mapping[Route, str]] = {
    Route.LOCAL: N_("Work here at home"),
    Route.OVERSEAS: N_("Work abroad"),
    Route.TRAINING: N_("A training"),
}
STATUSES: Final[Mapping[SkillStatus, str]] = {
    SkillStatus.CLAIMED: N_("They say so"),
    SkillStatus.ASSESSED: N_("Somebody has tested it"),
    SkillStatus.CERTIFIED: N_("There is a certificate"),
}
PERIODS: Final[Mapping[WagePeriod, str]] = {
    WagePeriod.MONTH: N_("a month"),
    WagePeriod.WEEK: N_("a week"),
    WagePeriod.DAY: N_("a day"),
    WagePeriod.HOUR: N_("an hour"),
    WagePeriod.YEAR: N_("a year"),
}
LEVELS: Final[Mapping[str, str]] = {
    "A1": N_("A few words"),
    "A2": N_("Simple talk"),
    "B1": N_("Everyday talk at work"),
    "B2": N_("Speaks well"),
    "C1": N_("Speaks very well"),
    "C2": N_("Like a first language"),
}
CATEGORIES: Final[Mapping[ReturnCategory, str]] = {
    ReturnCategory.SUCCESS: N_("Came back as planned"),
    ReturnCategory.UNSUCCESSFUL: N_("Came back before reaching what they went for"),
    ReturnCategory.VICTIM_OF_ABUSE: N_("Was abused or exploited"),
}
ACTIONS: Final[Mapping[Action, str]] = {
    Action.RETURNEE_READ: N_("looked at the record"),
    Action.RETURNEE_LIST: N_("saw the person in a list"),
    Action.RETURNEE_CREATE: N_("registered the person"),
    Action.RETURNEE_CHANGE: N_("changed the record"),
    Action.MATCH_STORED: N_("looked for matches"),
    Action.PATHWAYS_READ: N_("looked at ways through training"),
    Action.CANDIDATES_READ: N_("saw the person for a job"),
    Action.IMPORT_ROWS: N_("saw the person in an import"),
    Action.OUTCOME_REPORT: N_("recorded an outcome"),
    Action.OUTCOME_READ: N_("looked at an outcome"),
    Action.OUTCOME_LIST: N_("saw outcomes in a list"),
    Action.OUTCOME_REMOVE: N_("took back an outcome"),
    Action.DELIVERY_LIST: N_("saw an alert about the person"),
    Action.DELIVERY_REPLAY: N_("had an alert about the person sent again"),
    Action.REPLY_READ: N_("was given an earlier answer about the person again"),
}
ANOTHER_ACTION: Final = N_("used the record")
LANGUAGES: Final = (
    "en", "ar", "hi", "ur", "bn", "ne", "ms", "ta", "si", "tl", "id", "ko", "ja", "it", "el",
    "ro", "pl", "pt", "de", "fr", "es", "ru", "tr", "fa", "ps", "zh", "th", "my", "dv", "he",
)  # fmt: skip
DESTINATIONS: Final = (
    "SA", "AE", "QA", "KW", "OM", "BH", "JO", "LB", "IQ", "MY", "SG", "BN", "MV", "MU", "KR", "JP",
    "HK", "TW", "IT", "RO", "PL", "HR", "GR", "CY", "MT", "PT", "DE", "GB", "TR", "RU", "SC", "LY",
)  # fmt: skip
CURRENCY_OF: Final = {
    "BD": "BDT", "IN": "INR", "NP": "NPR", "PK": "PKR", "LK": "LKR", "PH": "PHP", "ID": "IDR",
}  # fmt: skip

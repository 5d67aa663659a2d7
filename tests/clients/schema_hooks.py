"""What schemathesis is told of this service, beside its OpenAPI document.

Loaded by `schemathesis run` through SCHEMATHESIS_HOOKS. The document names formats that JSON Schema
does not know; here stands how to write a value of each. And it promises that what fits is taken,
but for rules between fields and about the world, which no schema says: these are listed here, so
that a valid request refused for any other reason is a failure.
"""

import re
from typing import Any, Final

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format("iso-3166-1-alpha-2", st.sampled_from(["BD", "NP", "SA", "LY", "DE"]))
schemathesis.openapi.format("iso-4217", st.sampled_from(["BDT", "NPR", "SAR", "EUR"]))
schemathesis.openapi.format("bcp-47", st.sampled_from(["bn", "bn-Latn", "en", "ar", "syl"]))
schemathesis.openapi.format("iana-time-zone", st.sampled_from(["Asia/Dhaka", "UTC", "Asia/Manila"]))
schemathesis.openapi.format("email", st.sampled_from(["officer@partner.example", "a.b@x.example"]))
schemathesis.openapi.format("isco-08", st.sampled_from(["7", "71", "711", "7112", "9622"]))

# About the world: today's date, the language of words, what is stored, what a URL leads to.
CODES: Final = frozenset(
    {
        "expired",
        "language_unknown",
        "no_work_words",
        "kind_not_ranked",
        "bad_cursor",
        "url_not_allowed",
        "no_mail",
        "key_needed",
        "multipart_damaged",
        # Its example is one and the same for every call.
        "idempotency_key_reused",
    }
)
RULES: Final = tuple(
    re.compile(rule)
    for rule in (
        # Text is words on a line, in letters that can be read.
        "not one letter or digit",
        "control character",
        "half of a surrogate",
        "turn the text's order round",
        "must be one line",
        # One field and another.
        "lat and lon belong together",
        "wage_min is more than wage_max",
        "give text, or skills or experiences",
        "text, skills or experiences",
        "is given twice and differs",
        "A veto needs isco08 or text",
        "Say who it is for: give returnee_id",
        "Give returnee_id, or the person's words",
        "Only a stored person's name can be printed",
        "A listing is named twice",
        "People are never public",
        "This would tell whoever finds the sheet",
        "Sheets are written in",
        "origin and destination are the same",
        "to lies before from",
        "A declined outcome needs a reason",
        "Only a declined outcome has a reason",
        "is required to watch",
        "has no meaning where",
        # Days and moments: the calendar ends, and has no day that only the form allows.
        "with a time zone|beyond the calendar",
        "has not happened yet|has not come yet|has passed",
        "valid date|valid datetime|Use a day|Use a moment",
        # What there is.
        "There is no such (organisation|listing|person|returnee)",
        "Only \\* is understood on a write",
        "Send a JSON object such as",
        "Use a URL",
    )
)
_NOT_USABLE: Final = 422


@schemathesis.check
def refused_only_by_a_rule(ctx: Any, response: Any, case: Any) -> None:  # noqa: ANN401, ARG001 - theirs
    """A request that fits the document is refused only for what no schema can say."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    assert response.status_code not in {400, 415}, "valid, and not even read"
    if response.status_code != _NOT_USABLE:
        return
    problem = response.json()
    if problem["code"] in CODES or problem["code"].startswith(("file_", "sheet_", "header_")):
        return
    if case.method.upper() == "PATCH":
        # What a merge patch leaves out may have to be there already.
        problem["errors"] = [x for x in problem["errors"] if "is required" not in x["detail"]]
    for one in problem.get("errors", [problem]):
        assert any(rule.search(one["detail"]) for rule in RULES), one

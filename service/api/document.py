"""What the OpenAPI document says beside the routes: what it is about, its tags, an example each."""

from typing import Any, Final

from service.api.match_batch_models import BatchLineOut

DESCRIPTION: Final = """\
Homeward ranks what a person who has come home from working abroad could do next: a job at home, a
job in another country, or a training that opens one; with reasons.

Send a key as `Authorization: Bearer`. Unknown fields and parameters are errors that name the
nearest known one. Errors are `application/problem+json` with a `code` for programs and a
`request_id` to quote. Lists page with `cursor` until `next_cursor` is null. Codes are BCP-47,
ISO 3166-1 alpha-2, ISO 4217, ISCO-08, CEFR and RFC 3339.
"""

TAGS: Final[list[dict[str, Any]]] = [
    {"name": "match", "description": "What could they do next, and who could do this."},
    {"name": "listings", "description": "Jobs, trainings, enterprises and services on offer."},
    {"name": "returnees", "description": "The people your organisation looks after."},
    {"name": "imports", "description": "Files of other makers, row by row, dry run first."},
    {"name": "outcomes", "description": "What came of a recommendation, as a feed."},
    {"name": "subscriptions", "description": "Matches as they appear, by signed webhooks."},
    {"name": "corridors", "description": "Which countries are closed to whose workers."},
    {"name": "markets", "description": "Where the open jobs abroad are."},
    {"name": "insights", "description": "Missing skills, counted; never fewer than ten people."},
    {"name": "keys", "description": "Keys and organisations: who may come in."},
    {"name": "access log", "description": "Who has done what with whose record."},
    {"name": "operations", "description": "Health, readiness and metrics, without a key."},
]

SERVERS: Final[list[dict[str, Any]]] = [{"url": "/", "description": "Where this document is from."}]

_MASON: Final = "I lay bricks and plaster, eight years in Dammam"
_WATCH: Final = {
    "kind": "listings",
    "url": "https://partner.example/homeward",
    "text": _MASON,
    "home_country": "BD",
}
_CORRIDOR: Final = {
    "origin": "NP",
    "destination": "LY",
    "status": "closed",
    "visa_class": "employment",
    "from": "2026-01-01",
    "reason": "No labour agreement.",
    "source": "Ministry circular 12",
    "last_verified": "2026-06-30",
}
_PERSON: Final = {
    "text": _MASON,
    "home_country": "BD",
    "region": "Shariatpur",
    "languages": [{"code": "bn", "level": "C2"}, {"code": "ar", "level": "A2"}],
    "preferences": {"routes": ["local", "overseas"], "exclude_countries": ["LY"]},
    "consent": {"matching": True, "share_with": [], "until": "2099-12-31"},
}
EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "match": {"text": _MASON, "home_country": "BD", "routes": ["local", "training"], "limit": 3},
    "match_batch": {
        "items": [
            {"text": _MASON, "home_country": "BD", "limit": 1},
            {"text": "I cooked for two hundred people", "home_country": "NP", "limit": 1},
        ]
    },
    "put_listing": {
        "kind": "job",
        "title": "Mason",
        "country": "BD",
        "region": "Dhaka",
        "employer": "Nodi Builders",
        "skills": ["lay brick walls", "plaster walls"],
        "min_experience_years": 2,
        "wage_min": 22000,
        "wage_max": 26000,
        "wage_currency": "BDT",
        "wage_period": "month",
        "valid_through": "2099-12-31",
    },
    "create_returnee": _PERSON,
    "put_returnee": _PERSON,
    "patch_returnee": {"region": "Dhaka", "consent": {"share_with": ["north-ngo"]}},
    "create_outcome": {
        "returnee": "ret_0f3c2d9a8b7e4f61a2b3c4d5e6f70819",
        "listing": "lst_5a1e7c3b9d8f4a20b1c2d3e4f5061728",
        "outcome": "referred",
    },
    "create_subscription": _WATCH,
    "put_subscription": _WATCH | {"active": False},
    "create_corridor": _CORRIDOR,
    "put_corridor": _CORRIDOR | {"status": "open", "reason": "An agreement is in force."},
    "create_key": {"name": "Job board", "scopes": ["listings:read", "listings:write"]},
    "rotate_key": {"overlap_hours": 24},
    "judge_duplicate": {"same": True},
    "print_referral": {
        "text": _MASON,
        "home_country": "BD",
        "listings": ["lst_5a1e7c3b9d8f4a20b1c2d3e4f5061728"],
        "language": "bn",
        "office": ["District office, room 4", "+880 1711 000000"],
    },
    "create_organisation": {"id": "north-ngo", "name": "North"},
}
"""A body by operationId; each is sent to the service by a test."""

MODELS: Final = (BatchLineOut,)
"""What is answered line by line."""

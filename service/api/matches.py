"""/v1/match and a stored person's matches: what could they do next."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from service.api.common import require_occupations
from service.api.fields import CountryCode, IscoCode, Line
from service.api.match_batch_models import BatchLineOut, MatchBatchIn
from service.api.match_models import AnswerOut, MatchIn
from service.domain.access import Caller, Scope
from service.domain.audit import Action
from service.domain.errors import FieldProblem, ForbiddenError, InvalidInputError
from service.domain.listing import Kind
from service.domain.match import Answer
from service.domain.person import Route
from service.domain.request import Filters, MatchRequest
from service.ports import Tools
from service.usecases.answer_again import NOBODY, answer_again, answer_at_hand
from service.usecases.find_matches import match_profile
from service.web.access import ToolsDep, count_questions, only_known_parameters, with_scope
from service.web.audit import Accessing, Shown
from service.web.once import NothingKept

router = APIRouter(prefix="/v1", tags=["match"], dependencies=[Depends(only_known_parameters)])

Matcher = Annotated[Caller, Depends(with_scope(Scope.MATCH))]
PersonMatcher = Annotated[Caller, Depends(with_scope(Scope.MATCH, Scope.RETURNEES_READ))]
Matching = Annotated[Shown, Depends(Accessing(Action.MATCH_STORED))]


_LINES: Final = "application/x-ndjson"
_TEXT: Final = "text/plain"
_LINE: Final = {
    "type": "string",
    "description": "Each line is a BatchLineOut: index and status, with answer (as POST /v1/match "
    "gives it), or with code and detail.",
    "x-line": {"$ref": "#/components/schemas/BatchLineOut"},
}


@router.post("/match", operation_id="match")
def match(body: MatchIn, tools: ToolsDep, caller: Matcher, _key: NothingKept) -> AnswerOut:
    """Rank jobs and trainings for free words. Stores nothing, a reply for a repeat neither."""
    _require_allowed(tools, caller, body, "")
    return AnswerOut.of(match_profile(tools, _request(body, caller)))


@router.post(
    "/match:batch",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "JSON Lines, one for each question in its order, as they are answered.",
            "content": {_LINES: {"schema": _LINE}, _TEXT: {"schema": _LINE}},
        }
    },
    operation_id="match_batch",
)
def match_batch(
    request: Request, body: MatchBatchIn, tools: ToolsDep, caller: Matcher, _key: NothingKept
) -> StreamingResponse:
    """Answer many ad-hoc questions in one request, line by line. Stores nothing.

    Each question counts as a request against the rate of the key: all fit, or none is begun.
    The lines come as `text/plain` to who asks for that.
    """
    count_questions(request, len(body.items))
    for at, one in enumerate(body.items):
        _require_allowed(tools, caller, one, f"/items/{at}")
    # Clients made from the document know text, and few of them know lines of JSON.
    wanted = _TEXT if request.headers.get("accept", "").startswith(_TEXT) else _LINES
    return StreamingResponse(_lines(tools, body.items, caller), media_type=wanted)


def _lines(tools: Tools, questions: list[MatchIn], caller: Caller) -> Iterator[str]:
    for index, one in enumerate(questions):
        try:
            answer = AnswerOut.of(match_profile(tools, _request(one, caller)))
            line = BatchLineOut.model_construct(index=index, status=200, answer=answer)
        except InvalidInputError as error:
            line = BatchLineOut.model_construct(
                index=index, status=422, code=error.code, detail=error.detail
            )
        yield f"{line.model_dump_json(exclude_unset=True)}\n"


def _require_allowed(tools: Tools, caller: Caller, body: MatchIn, at: str) -> None:
    said = "return_category" in body.profile.model_fields_set
    if said and not caller.may(Scope.RESTRICTED):
        message = 'return_category needs a key with the scope "restricted".'
        where = FieldProblem(f"{at}/profile/return_category", message)
        raise ForbiddenError(message, problems=(where,))
    require_occupations(
        tools,
        [(f"{at}/profile{pointer}", code) for pointer, code in body.profile.occupations()]
        + [(f"{at}/filters/isco08/{n}", code) for n, code in enumerate(body.filters.isco08)],
    )


def _request(body: MatchIn, caller: Caller) -> MatchRequest:
    profile = body.profile.to_domain()
    profile = replace(
        profile,
        text=body.text or profile.text,
        home_country=body.home_country or profile.home_country,
    )
    return MatchRequest(
        profile=profile,
        routes=tuple(dict.fromkeys(body.routes)),
        filters=body.filters.to_domain(),
        limit=body.limit,
        diversity=body.diversity,
        viewer=caller.organisation_id,
    )


@router.get(
    "/returnees/{returnee_id}/matches", operation_id="get_matches", response_model=AnswerOut
)
async def matches(  # noqa: PLR0913 - one parameter per query parameter
    returnee_id: str,
    tools: ToolsDep,
    caller: PersonMatcher,
    shown: Matching,
    routes: Annotated[list[Route], Query()] = [],  # noqa: B006 - FastAPI copies defaults
    limit: Annotated[int, Query(ge=1, le=100, description="Matches per route.")] = 10,
    kinds: Annotated[list[Kind], Query()] = [],  # noqa: B006
    countries: Annotated[list[CountryCode], Query()] = [],  # noqa: B006
    exclude_countries: Annotated[list[CountryCode], Query()] = [],  # noqa: B006
    sectors: Annotated[list[Line], Query()] = [],  # noqa: B006
    isco08: Annotated[list[IscoCode], Query()] = [],  # noqa: B006
    licensed_recruiter_only: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query flag
    diversity: Annotated[float | None, Query(ge=0, le=1)] = None,
) -> Response:
    """Rank jobs and trainings for a stored person who agreed to it."""
    require_occupations(tools, [("query:isco08", code) for code in isco08])
    shown.of(returnee_id)
    filters = Filters(
        kinds=tuple(kinds),
        countries=tuple(countries),
        exclude_countries=tuple(exclude_countries),
        sectors=tuple(sectors),
        isco08=tuple(isco08),
        licensed_recruiter_only=licensed_recruiter_only,
    )
    request = MatchRequest(
        profile=NOBODY,
        routes=tuple(dict.fromkeys(routes)),
        filters=filters,
        limit=limit,
        diversity=diversity,
        viewer=caller.organisation_id,
    )
    asked = caller.organisation_id, returnee_id, request
    body = answer_at_hand(tools, *asked)
    if body is None:
        body = await run_in_threadpool(answer_again, tools, *asked, _written)
    return Response(body, media_type="application/json")


def _written(answer: Answer) -> bytes:
    return AnswerOut.of(answer).model_dump_json().encode()

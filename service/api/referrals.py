"""/v1/referrals: a sheet of paper to take away, of options that hold at this moment."""

from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Request, Response

from service.api.common import require_occupations
from service.api.referral_models import ReferralIn, ReferralOut
from service.api.returnee_models import ProfileIn
from service.domain.access import Caller, Scope
from service.domain.audit import Action
from service.domain.errors import ForbiddenError
from service.domain.referral import Referral, ReferralRequest
from service.ports import Tools
from service.usecases.make_referral import refer_person, refer_profile
from service.web.access import ToolsDep, only_known_parameters, with_scope
from service.web.audit import Accessing, Shown
from service.web.once import NothingKept
from service.web.problems import request_id
from service.web.references import sheet_reference

router = APIRouter(prefix="/v1", tags=["match"], dependencies=[Depends(only_known_parameters)])

PDF: Final = "application/pdf"
JSON: Final = "application/json"
_HEADERS: Final = {"Cache-Control": "no-store", "Vary": "Accept"}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": ReferralOut,
        "description": "One page of A4; as JSON, where that is preferred, its words.",
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
    },
    404: {"description": "No such listing, or person."},
}

Referrer = Annotated[Caller, Depends(with_scope(Scope.MATCH))]
Referring = Annotated[Shown, Depends(Accessing(Action.REFERRAL_PRINT, at_once=True))]


@router.post(
    "/referrals", response_class=Response, responses=_ANSWERS, operation_id="print_referral"
)
def post(  # noqa: PLR0913 - one parameter per part of the request
    body: ReferralIn,
    request: Request,
    tools: ToolsDep,
    caller: Referrer,
    shown: Referring,
    _key: NothingKept,
    accept: Annotated[str, Header(description="application/pdf or application/json.")] = PDF,
) -> Response:
    """Make a sheet for a person and up to three listings. Stores nothing.

    Refused with option_blocked where a rule keeps a listing out today.
    """
    asked = ReferralRequest(
        listing_ids=tuple(body.listings),
        language=body.language,
        office=tuple(body.office),
        reference=sheet_reference(request_id(request)),
        with_name=body.name,
        viewer=caller.organisation_id,
    )
    referral = _referral(tools, caller, shown, body, asked)
    # As they are stored: what was sent for an id may be anything, and the log holds ids only.
    shown.of(*(one.listing_id for one in referral.options))
    headers = _HEADERS | {"Homeward-Reference": referral.reference}
    if _prefers_json(accept):
        words = ReferralOut.of(referral).model_dump_json()
        return Response(words, media_type=JSON, headers=headers)
    # The name of the file stands in histories and on screens, so it says nothing of anybody.
    headers["Content-Disposition"] = f'inline; filename="{referral.reference}.pdf"'
    return Response(tools.printer.pdf(referral), media_type=PDF, headers=headers)


def _referral(
    tools: Tools, caller: Caller, shown: Shown, body: ReferralIn, asked: ReferralRequest
) -> Referral:
    if body.returnee_id is None:
        said = body.profile or ProfileIn()
        pairs = [(f"/profile{pointer}", code) for pointer, code in said.occupations()]
        require_occupations(tools, pairs)
        profile = said.to_domain()
        profile = replace(
            profile,
            text=body.text or profile.text,
            home_country=body.home_country or profile.home_country,
        )
        return refer_profile(tools, profile, asked)
    if not caller.may(Scope.RETURNEES_READ):
        message = f'This key lacks the scope "{Scope.RETURNEES_READ.value}".'
        raise ForbiddenError(message)
    person = tools.store.person(caller.organisation_id, body.returnee_id)
    shown.of(person.id)
    return refer_person(tools, person, asked)


def _prefers_json(accept: str) -> bool:
    """Tell whether JSON stands before PDF among what is accepted; without either, PDF is sent."""
    named = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    wanted = [one for one in named if one in {PDF, JSON}]
    return bool(wanted) and wanted[0] == JSON

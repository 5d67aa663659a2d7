"""Listings: jobs and trainings, by hand too, and the corridors that close some of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Response

from service.console import listings_words as w
from service.console.choices import countries, country_name, currencies
from service.console.desk import Desk, desk_with
from service.console.forms import Form
from service.console.languages import N_
from service.console.listings_form import listing_of, values_of
from service.domain.access import Scope
from service.domain.corridor import StoredCorridor
from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.listing import Kind, Listing, ListingSearch, StoredListing
from service.domain.records import Put
from service.domain.visa import visa_kind
from service.usecases.put_listings import put_listing
from service.usecases.score_listing import RANKED
from service.usecases.see_listing import seen_listing
from service.usecases.word_referral import lines_worded

router = APIRouter(prefix="/console", include_in_schema=False)

PATH: Final = "/console/listings"
_INVALID: Final = 422
_CHANGED: Final = 412
_ON_A_PAGE: Final = 25
_MOST_WORDS: Final = 8
_MOST_PAGES: Final = 100_000
_CORRIDORS: Final = 500
_SOURCE: Final = "console"

Reading = Annotated[Desk, Depends(desk_with(Scope.LISTINGS_READ))]
Writing = Annotated[Desk, Depends(desk_with(Scope.LISTINGS_WRITE))]


@router.get("/listings")
def show(  # noqa: PLR0913, PLR0917 - one parameter per filter
    desk: Reading,
    q: str = "",
    kind: str = "",
    country: str = "",
    state: str = "open",
    page: int = 1,
) -> Response:
    """List what there is, the latest first, with what each filter would leave."""
    today = desk.tools.clock.today()
    search = ListingSearch(
        words=tuple(q.split()[:_MOST_WORDS]),
        kind=Kind(kind) if kind in set(Kind) else None,
        country=country or None,
        open_on=today if state == "open" else None,
        viewer=desk.me.organisation_id,
    )
    page = min(max(page, 1), _MOST_PAGES)
    found = desk.tools.store.search_listings(search, skip=(page - 1) * _ON_A_PAGE, limit=_ON_A_PAGE)
    form = Form("", PATH)
    form.values = {"q": [q], "kind": [kind], "country": [country], "state": [state]}
    chosen = {"q": q, "kind": kind, "country": country, "state": state}
    return desk.page(
        "listings/list.html",
        search=form,
        found=found,
        kinds=w.KINDS,
        by_country=sorted(
            (
                (code, country_name(desk.language, code), count)
                for code, count in found.countries.items()
            ),
            key=lambda one: (-one[2], one[1]),
        ),
        today=today,
        page_at=page,
        pages=max(1, -(-found.total // _ON_A_PAGE)),
        query=urlencode({name: value for name, value in chosen.items() if value}),
        may_write=desk.may(Scope.LISTINGS_WRITE),
    )


@router.get("/listings/corridors")
def show_corridors(desk: Reading, origin: str = "") -> Response:
    """Show which countries are closed to whose workers, since when, on whose word."""
    found = desk.tools.store.page_of_corridors(
        after=0, limit=_CORRIDORS, origin=None, destination=None
    )
    form = Form("", f"{PATH}/corridors")
    form.values = {"origin": [origin]}
    origins = sorted({one.content.origin for one in found.items})
    rows = [one for one in found.items if origin in {"", one.content.origin}]
    return desk.page(
        "listings/corridors.html",
        search=form,
        origins=[(code, country_name(desk.language, code)) for code in origins],
        corridors=sorted(rows, key=lambda one: (one.content.origin, one.content.destination)),
        statuses=w.CORRIDORS,
        visas=w.VISAS,
        visa_kind=visa_kind,
        today=desk.tools.clock.today(),
    )


@router.get("/listings/corridors/{corridor_id}")
def show_corridor(desk: Reading, corridor_id: str) -> Response:
    """Show everything a corridor ever said, the latest first."""
    history = desk.tools.store.corridor_history(corridor_id)
    latest = next((one.content for one in reversed(history) if one.content), None)
    if latest is None:
        raise NotFoundError
    return desk.page(
        "listings/corridor.html",
        corridor=latest,
        history=history[::-1],
        statuses=w.CORRIDORS,
        visas=w.VISAS,
        visa_kind=visa_kind,
    )


@router.get("/listings/new")
def show_new(desk: Writing) -> Response:
    """Ask for a listing."""
    form = desk.form("listing")
    form.values.setdefault("kind", [Kind.JOB.value])
    return _form_page(desk, form, None)


def _form_page(desk: Desk, form: Form, stored: StoredListing | None, status: int = 200) -> Response:
    return desk.page(
        "listings/form.html",
        status,
        form=form,
        stored=stored,
        fields=w.FIELDS,
        kinds=w.KINDS,
        periods=w.PERIODS,
        visas=w.VISAS,
        countries=countries(desk.language),
        currencies=currencies(desk.language),
    )


@router.post("/listings/new")
def take_new(desk: Writing) -> Response:
    """Store a listing; it can be matched at once."""
    form = desk.form("listing", f"{PATH}/new")
    listing = listing_of(desk, form, None)
    if listing is None:
        return _form_page(desk, form, None, _INVALID)
    stored = N_("The listing is saved. It can be matched from now on.")
    return desk.once(form, lambda: _put(desk, listing, _SOURCE, uuid4().hex), stored)


def _put(
    desk: Desk, listing: Listing, source: str, external_id: str, version: int | None = None
) -> str:
    put = Put(
        organisation_id=desk.me.organisation_id,
        source=source,
        external_id=external_id,
        content=listing,
        if_version=version,
    )
    return f"{PATH}/{put_listing(desk.tools, put).record.id}"


@router.get("/listings/{listing_id}")
def show_one(desk: Reading, listing_id: str) -> Response:
    """Show all that is known of a listing, and what is not."""
    stored = seen_listing(desk.tools, desk.me.organisation_id, listing_id)
    listing, today = stored.content, desk.tools.clock.today()
    ends = listing.valid_through
    return desk.page(
        "listings/show.html",
        stored=stored,
        listing=listing,
        lines=_lines(desk, listing),
        fields=w.FIELDS,
        kinds=w.KINDS,
        visas=w.VISAS,
        visa=visa_kind(listing.visa_class),
        occupation=desk.tools.taxonomy.title(listing.isco08) if listing.isco08 else None,
        closed=ends is not None and ends < today,
        barred=_barred(desk, listing),
        may_seek=listing.kind in RANKED and desk.may(Scope.MATCH, Scope.RETURNEES_READ),
        may_write=_mine(desk, stored) and desk.may(Scope.LISTINGS_WRITE),
        token=Form("", PATH).token,
    )


def _mine(desk: Desk, stored: StoredListing) -> bool:
    return stored.organisation_id == desk.me.organisation_id


def _lines(desk: Desk, listing: Listing) -> list[tuple[str, str, bool]]:
    """Return pay, fee, cost, length and last day in words: (label, value, whether known)."""
    phrases = desk.tools.phrases
    code = desk.language.code if desk.language.code in phrases.languages else "en"
    unknown = {phrases.say(code, name).own for name in ("unknown", "fee_unknown")}
    found = lines_worded(phrases, code, listing)
    return [(one.label.own, one.value.own, one.value.own not in unknown) for one in found]


def _barred(desk: Desk, listing: Listing) -> list[StoredCorridor]:
    """Return what is recorded today of people's way to a listing's country."""
    if listing.kind is not Kind.JOB:
        return []
    today, kind = desk.tools.clock.today(), visa_kind(listing.visa_class)
    return [
        one
        for one in desk.tools.store.corridors_to(listing.country)
        if one.content.holds_on(today)
        and one.content.is_about(listing.country, kind)
        and one.content.status.value == "closed"
    ]


@router.get("/listings/{listing_id}/edit")
def show_edit(desk: Writing, listing_id: str) -> Response:
    """Show the form of a listing of this organisation."""
    stored = _own(desk, listing_id)
    form = desk.form(f"listing:{listing_id}")
    if form.draft is None:
        form.values = values_of(stored.content) | {"version": [str(stored.version)]}
    return _form_page(desk, form, stored)


def _own(desk: Desk, listing_id: str) -> StoredListing:
    stored = desk.tools.store.listing(listing_id)
    if not _mine(desk, stored):
        raise NotFoundError
    return stored


@router.post("/listings/{listing_id}/edit")
def take_edit(desk: Writing, listing_id: str) -> Response:
    """Change a listing, unless somebody else has changed it meanwhile."""
    stored = _own(desk, listing_id)
    form = desk.form(f"listing:{listing_id}", f"{PATH}/{listing_id}/edit")
    listing = listing_of(desk, form, stored.content)
    if listing is None:
        return _form_page(desk, form, stored, _INVALID)
    sent = form.text("version")
    version = int(sent) if sent.isdecimal() else stored.version
    try:
        return desk.once(
            form,
            lambda: _put(desk, listing, stored.source, stored.external_id, version),
            N_("The listing is changed."),
        )
    except PreconditionFailedError:
        words = N_(
            "Somebody changed this listing while you typed. Compare it with yours below; "
            "saving again writes yours."
        )
        form.refuse("", desk.text(words))
        stored = _own(desk, listing_id)
        form.values["version"] = [str(stored.version)]
        return _form_page(desk, form, stored, _CHANGED)


@router.post("/listings/{listing_id}/close")
def close(desk: Writing, listing_id: str) -> Response:
    """Let it end with yesterday: nobody is shown it any more, and it can be opened again."""
    stored = _own(desk, listing_id)
    ends = desk.tools.clock.today() - timedelta(days=1)
    listing = replace(stored.content, valid_through=ends)
    return desk.once(
        Form("", PATH),
        lambda: _put(desk, listing, stored.source, stored.external_id, stored.version),
        N_("The listing is closed. Nobody is shown it any more."),
    )

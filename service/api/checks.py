"""What no model alone can know of a body: today's date, the taxonomy, what a caller may state."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from service.api.common import require_occupations
from service.api.fields import not_past
from service.api.listing_models import ListingIn
from service.api.returnee_models import ReturneeIn
from service.domain.errors import FieldProblem, ForbiddenError, InvalidInputError
from service.domain.listing import Listing
from service.domain.person import Contact, Profile
from service.ports import Tools
from service.web.problems import plainly
from service.web.suggest import known_names, nearest_name

M = TypeVar("M", bound=BaseModel)


def check_listing(tools: Tools, body: ListingIn, *, may_be_past: bool = False) -> None:
    """Refuse a listing that has closed, or whose occupation there is not.

    may_be_past: a file may hold what has closed meanwhile; the rules show it to nobody.
    """
    wrong = not_past(body.valid_through, tools.clock.today())
    if wrong is not None and not may_be_past:
        problem = FieldProblem("/valid_through", wrong)
        raise InvalidInputError(f"/valid_through: {wrong}", code="expired", problems=(problem,))
    require_occupations(tools, [("/isco08", body.isco08)])


def check_person(
    tools: Tools,
    body: ReturneeIn,
    said: Collection[str],
    *,
    restricted: bool,
    may_be_past: bool = False,
) -> None:
    """Refuse a person without words, and what the sender may not state or has ended.

    said: the fields that were sent. restricted: whether the sender may state a return category.
    may_be_past: a file may hold a consent that has ended; nobody is matched by it.
    """
    if "return_category" in said and not restricted:
        message = 'return_category needs a key with the scope "restricted".'
        raise ForbiddenError(message, problems=(FieldProblem("/return_category", message),))
    if not (body.text or body.skills or body.experiences):
        problem = FieldProblem("/text", "Say what the person can do: text, skills or experiences.")
        raise InvalidInputError(problem.detail, problems=(problem,))
    wrong = not_past(body.consent.until, tools.clock.today()) if "consent" in said else None
    if wrong is not None and not may_be_past:
        problem = FieldProblem("/consent/until", wrong)
        raise InvalidInputError(f"/consent/until: {wrong}", code="expired", problems=(problem,))
    if body.birth_year is not None and body.birth_year > tools.clock.today().year:
        problem = FieldProblem("/birth_year", "This year has not come yet.")
        raise InvalidInputError(f"/birth_year: {problem.detail}", problems=(problem,))
    require_occupations(tools, body.occupations())


class Contract:
    """Implements `service.usecases.import_records.Contract` by the models of the API."""

    def listing(self, tools: Tools, body: Mapping[str, Any]) -> Listing:
        """See the protocol."""
        model = _validated(ListingIn, body)
        check_listing(tools, model, may_be_past=True)
        return model.to_domain()

    def person(
        self, tools: Tools, body: Mapping[str, Any], *, restricted: bool
    ) -> tuple[Profile, Contact]:
        """See the protocol."""
        model = _validated(ReturneeIn, body)
        try:
            check_person(
                tools, model, model.model_fields_set, restricted=restricted, may_be_past=True
            )
        except ForbiddenError as error:
            # In a file this is one row's trouble, not the whole request's.
            raise InvalidInputError(error.detail, problems=error.problems) from error
        return model.to_domain(), model.contact()


def _validated(model: type[M], body: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        problems = tuple(_problem(model, dict(one)) for one in error.errors(include_url=False))
        raise InvalidInputError(problems[0].detail, problems=problems) from error


def _problem(model: type[BaseModel], one: dict[str, Any]) -> FieldProblem:
    pointer = "".join(f"/{part}" for part in one["loc"])
    if one["type"] == "extra_forbidden":
        known = known_names(model, one["loc"][:-1], lambda _: False)
        near = nearest_name(str(one["loc"][-1]), known)
        return FieldProblem(pointer, f"There is no such field.{near}")
    return FieldProblem(pointer, plainly(one))

"""The nearest known name to one that is not known."""

import types
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from pydantic.fields import FieldInfo
from rapidfuzz import process
from rapidfuzz.distance import OSA

_EDITS: Final = 3

SCOPE: Final = "x-scope"
"""Key in a field's schema that names the scope a caller needs to know of it."""


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return ' Did you mean "…"?' for a name within 3 edits, else ''.

    An edit adds, drops, changes or swaps letters. A name is only near when more of it
    stays than changes: "xyz" is not near "fee".
    """
    choices = [one for one in known if one]
    found = process.extractOne(name, choices, scorer=OSA.distance, score_cutoff=_EDITS)
    if found is None or found[1] * 2 > max(len(name), len(found[0])):
        return ""
    return f' Did you mean "{found[0]}"?'


def known_names(
    model: Any,  # noqa: ANN401 - a type form
    path: Sequence[str | int],
    may: Callable[[str], bool],
) -> list[str]:
    """Return the field names of the model that `path` leads to inside `model`, or [].

    Fields of a scope that `may` does not grant are left out.
    """
    here = model_in(model)
    for part in path:
        if here is None:
            return []
        if isinstance(part, str):
            field = here.model_fields.get(part)
            here = model_in(field.annotation) if field is not None else None
    if here is None:
        return []
    return [
        field.alias or name for name, field in here.model_fields.items() if _known_to(field, may)
    ]


def _known_to(field: FieldInfo, may: Callable[[str], bool]) -> bool:
    extra = field.json_schema_extra
    scope = extra.get(SCOPE) if isinstance(extra, dict) else None
    return scope is None or may(str(scope))


def alternative(form: Any, tag: str | int) -> Any:  # noqa: ANN401 - type forms
    """Return the one of a union's forms that carries this tag, None where none does."""
    if get_origin(form) not in {Annotated, Union, types.UnionType}:
        return None
    inner = [one for one in get_args(form) if get_origin(one) is not None]
    if any(isinstance(one, Tag) and one.tag == tag for one in get_args(form)):
        return get_args(form)[0]
    return next((found for one in inner if (found := alternative(one, tag)) is not None), None)


def model_in(form: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type form
    """Return the first pydantic model inside a type such as list[X] | None."""
    if isinstance(form, type) and issubclass(form, BaseModel):
        return form
    if get_origin(form) in {Annotated, Union, types.UnionType, list, tuple}:
        return next((found for one in get_args(form) if (found := model_in(one))), None)
    return None

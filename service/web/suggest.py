"""The nearest known name to one that is not known."""

import types
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel
from rapidfuzz import process
from rapidfuzz.distance import OSA

_EDITS: Final = 3


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


def known_names(model: Any, path: Sequence[str | int]) -> list[str]:  # noqa: ANN401 - a type form
    """Return the field names of the model that `path` leads to inside `model`, or []."""
    here = _model_in(model)
    for part in path:
        if here is None:
            return []
        if isinstance(part, str):
            field = here.model_fields.get(part)
            here = _model_in(field.annotation) if field is not None else None
    return list(here.model_fields) if here is not None else []


def _model_in(form: Any) -> type[BaseModel] | None:  # noqa: ANN401 - a type form
    """Return the first pydantic model inside a type such as list[X] | None."""
    if isinstance(form, type) and issubclass(form, BaseModel):
        return form
    if get_origin(form) in {Annotated, Union, types.UnionType, list, tuple}:
        return next((found for one in get_args(form) if (found := _model_in(one))), None)
    return None

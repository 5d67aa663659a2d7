"""A batch of match requests on the wire, and a line of its answer."""

from typing import Annotated

from pydantic import Field

from service.api.fields import Model
from service.api.match_models import AnswerOut, MatchIn


class MatchBatchIn(Model):
    """Several ad-hoc questions, answered one after the other in their order."""

    items: Annotated[list[MatchIn], Field(min_length=1, max_length=1000)]


class BatchLineOut(Model):
    """One line of the answer to a batch: either the answer or what is wrong with the question."""

    index: Annotated[int, Field(description="Which of the questions, from 0.")]
    status: int
    answer: AnswerOut | None = None
    code: str | None = None
    detail: str | None = None

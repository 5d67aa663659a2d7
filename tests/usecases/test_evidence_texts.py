"""Evidence is judged on the same clean words the model was taught with."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.domain.listing import Kind
from service.domain.person import Profile
from service.domain.request import MatchRequest
from service.matching.evidence import Answered, Asked, EvidenceScorer, PersonWords
from service.ports import Tools
from service.usecases.find_matches import match_profile


class Recorder(EvidenceScorer):
    """Finds nothing met, and remembers the texts it was asked about."""

    seen: list[str] = []

    def answered(self, heard: PersonWords, asked: Sequence[Asked]) -> list[Answered]:
        """Remember the texts."""
        del heard
        self.seen.extend(text for one in asked for text in one.texts)
        return [
            Answered(
                nearest=np.zeros(k, dtype=np.int64),
                cosine=np.zeros(k, dtype=np.float32),
                chance=np.zeros(k - 1, dtype=np.float32),
            )
            for k in (len(one.texts) for one in asked)
        ]


def test_requirements_are_neutral_before_they_are_judged(sample_tools: Tools) -> None:
    """A listing that asks for a salesman is judged as one that asks for a salesperson."""
    recorder = Recorder(np.zeros(1, dtype=np.float32), bias=0.0, met=1.0)
    tools = replace(sample_tools, evidence=recorder)
    request = MatchRequest(profile=Profile(text="salesman in a shop, sold to customers"), limit=50)
    answer = match_profile(tools, request)
    titles = {
        match.listing.content.title
        for matches in answer.routes.values()
        for match in matches
        if match.listing.content.kind is not Kind.ENTERPRISE
    }
    changed = {one for one in titles if tools.neutral.words(one) != one}
    assert changed
    assert changed.isdisjoint(recorder.seen)
    assert {tools.neutral.words(one) for one in changed} <= set(recorder.seen)

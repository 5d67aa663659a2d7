"""Measure what is lost where people speak their own language: the same people, said again."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from service.ports import Encoder, ProgressBar, Tools
from service.skills.letters import words
from service.usecases.evaluate import Board, Floats, bootstrap_interval, homeward_scores, judge
from service.usecases.gold import GoldPerson


@dataclass(frozen=True, slots=True)
class LanguageQuality:
    """nDCG@10 of some people in a language, beside their English words and a plain encoder."""

    language: str
    people: int
    ndcg: float
    low: float
    high: float
    english: float
    share: float
    """Of what the English words reach."""
    plain: float
    """A plain encoder's whole-text cosine on the words as spoken."""
    recognised: float
    """Share of the texts whose language was told right."""


def read_spoken(folder: Path) -> dict[str, dict[str, str]]:
    """Return person → words, by language, of data/gold/spoken_*.jsonl."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("spoken_*.jsonl")):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        found[path.stem.removeprefix("spoken_")] = {one["person"]: one["text"] for one in lines}
    return found


def languages_quality(  # noqa: PLR0913, PLR0917 - what is measured, over whom, against what
    tools: Tools,
    folder: Path,
    people: Sequence[GoldPerson],
    board: Board,
    plain_encoder: Encoder,
    bar: ProgressBar,
    only: Collection[str] = (),
) -> list[LanguageQuality]:
    """Rank for the people of a split who were said again, in every language there is or `only`."""
    spoken = {
        language: texts
        for language, texts in read_spoken(folder).items()
        if not only or language in only
    }
    wanted = {name for texts in spoken.values() for name in texts}
    some = [one for one in people if one.id in wanted]
    bar.start("Languages", len(some) * (len(spoken) + 1))
    english = _ndcg(homeward_scores(tools, some, board, bar), some, board)
    documents = plain_encoder.encode(board.texts())
    found = []
    for language, texts in spoken.items():
        here = [at for at, one in enumerate(some) if one.id in texts]
        told = [_said_again(some[at], texts[some[at].id]) for at in here]
        ndcg = _ndcg(homeward_scores(tools, told, board, bar), told, board)
        queries = plain_encoder.encode([one.profile.text or "" for one in told])
        plain = _ndcg((queries @ documents.T).astype(np.float64), told, board)
        low, high = bootstrap_interval(ndcg)
        recognised = [tools.interpreter.language(one.profile.text or "") for one in told]
        found.append(
            LanguageQuality(
                language=language,
                people=len(told),
                ndcg=float(ndcg.mean()),
                low=low,
                high=high,
                english=float(english[here].mean()),
                share=float(ndcg.mean() / english[here].mean()),
                plain=float(plain.mean()),
                recognised=float(np.mean([one == language for one in recognised])),
            )
        )
    return found


def _said_again(person: GoldPerson, text: str) -> GoldPerson:
    return replace(person, profile=replace(person.profile, text=text))


def _ndcg(scores: Floats, people: Sequence[GoldPerson], board: Board) -> Floats:
    return judge("", scores, people, board).values("ndcg")


@dataclass(frozen=True, slots=True)
class UnderstoodQuality:
    """Of some labelled phrases: read right, not read, and wrong while sure.

    language: its code, "all" of them, or those of all that were "never looked at" by whoever
    improves the reading.
    """

    language: str
    phrases: int
    right: float
    unread: float
    wrong_and_sure: float


_SURE = 0.8


def understood_quality(tools: Tools, folder: Path) -> list[UnderstoodQuality]:
    """Hold glosses against data/gold/understood.jsonl.

    Right: one of the words that a correct English reading must hold stands in it, and none
    that would show a wrong one.
    """
    lines = (folder / "understood.jsonl").read_text(encoding="utf-8").splitlines()
    verdicts: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    for raw in map(json.loads, lines):
        language = tools.interpreter.language(raw["text"]) or raw["lang"]
        gloss = tools.interpreter.gloss(language, raw["text"])
        said = f" {' '.join(words(gloss.english))} "
        right = any(f" {word} " in said for word in raw["any"])
        right &= not any(f" {word} " in said for word in raw["not"])
        unread = not gloss.english
        verdict = (right, unread, not right and gloss.sure >= _SURE)
        for group in (raw["lang"], "all", *(() if raw["looked_at"] else ("never looked at",))):
            verdicts[group].append(verdict)
    return [
        UnderstoodQuality(language, len(some), *(float(x) for x in np.mean(some, axis=0)))
        for language, some in verdicts.items()
    ]

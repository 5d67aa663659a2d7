"""How a person's words were read, phrase by phrase, in the officer's language."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from service.console.question import Question
from service.domain.match import Answer, Phrase
from service.ports import Tools
from service.skills.phrasebook import ENGLISH
from service.usecases.correct_match import Names, called, trade_named, trade_names, trades_near

_SURE: Final = 0.75
_LIKELY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Chip:
    """One phrase. sure: well, likely, guess, none, denied or aside. near: (value, words) to pick.

    undo: the position of the correction that it comes from, None for the person's own.
    """

    at: int
    text: str
    means: Markup | None
    sure: str
    near: tuple[tuple[str, str], ...]
    undo: int | None
    was: str | None = None


def chips_of(tools: Tools, question: Question, answer: Answer, language: str) -> tuple[Chip, ...]:
    """Return every phrase of an answer. language: a phrasebook's."""
    phrases = answer.understood.phrases
    names, near = trade_names(tools), trades_near(tools, phrases)
    put = {one.instead: at for at, one in enumerate(question.corrections) if one.instead}
    found = []
    for at, (phrase, codes) in enumerate(zip(phrases, near, strict=True)):
        undo = put.get(phrase.text) if phrase.origin == "skill" else None
        words = phrase.means or phrase.text
        trades = [name for code in codes if (name := trade_named(names, code, words))]
        picks = {name: said for name in trades if (said := called(tools, name, language))}
        found.append(
            Chip(
                at=at,
                text=phrase.text,
                means=_meaning(tools, names, phrase, language),
                sure=_how_sure(phrase),
                near=tuple(picks.items()),
                undo=undo,
                was=None if undo is None else question.corrections[undo].phrase,
            )
        )
    return tuple(found)


def _meaning(tools: Tools, names: Names, phrase: Phrase, language: str) -> Markup | None:
    """Return what a phrase was taken to mean: its trade in the officer's words, else in English."""
    if phrase.means is None:
        return None
    if language != ENGLISH and phrase.isco08:
        trade = trade_named(names, phrase.isco08, f"{phrase.means} {phrase.text}")
        own = called(tools, trade, language) if trade else None
        if own is not None:
            return Markup("<bdi>{}</bdi>").format(own)
    return Markup('<bdi lang="en">{}</bdi>').format(phrase.means)


def _how_sure(phrase: Phrase) -> str:
    if phrase.denied:
        return "denied"
    if not phrase.work:
        return "aside"
    if phrase.means is None:
        return "none"
    if phrase.confidence >= _SURE:
        return "well"
    return "likely" if phrase.confidence >= _LIKELY else "guess"

"""What the encoder is taught besides pairs: to rank, to find evidence, to tell work from life.

All three are close to the service's own sums, so that what is learned is what is used: a
listing's score is made of whole-text and late-interaction cosines, evidence is the best phrase's
cosine with a requirement, and the reader is a linear model over a phrase beside its sentence.
Unlike in the service, phrases lean to their whole sentence here and spelling stays as it is.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from models.boards import BoardPerson, LabelledClause, TrainingBoard
from models.worktuned.pairs import Pair
from service.domain.text import visible
from service.skills.neutral import Neutraliser
from service.skills.reader import CONTEXT
from service.skills.requirements import requirement_texts, whole_text

Encode = Callable[[Sequence[str]], torch.Tensor]
"""Texts to unit vectors with gradients, (n, d)."""

_TOP = 3


@dataclass(frozen=True, slots=True)
class ListingTexts:
    """A listing as the encoder reads it. requirements: the title first."""

    whole: str
    requirements: tuple[str, ...]
    group: str


@dataclass(frozen=True, slots=True)
class BoardTexts:
    """One board, ready to be learned from."""

    asked: dict[str, ListingTexts]
    people: tuple[BoardPerson, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A person's words as the encoder gets them: clause by clause, and the work as one text."""

    phrases: tuple[str, ...]
    sentences: tuple[str, ...]
    whole: str


class Tasks(nn.Module):
    """The losses over boards and sentences; holds the few weights that only they use."""

    def __init__(self, neutral: Neutraliser, width: int) -> None:
        """Start with weights near those of a plain sum of cosines."""
        super().__init__()
        self.neutral = neutral
        self.mix = nn.Parameter(torch.tensor([6.0, 3.0, 3.0, 6.0]))
        self.met = nn.Parameter(torch.tensor([12.0, -6.0]))
        self.reader = nn.Linear(2 * width, 1)
        nn.init.zeros_(self.reader.weight)
        nn.init.constant_(self.reader.bias, 1.0)

    def said(self, text: str) -> str:
        """Return a person's words as the encoder gets them."""
        return self.neutral.person(visible(text))

    def on_board(
        self,
        encode: Encode,
        board: BoardTexts,
        people: Sequence[BoardPerson],
        shown: Sequence[str],
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the losses of ranking, of evidence and of reading, for some of a board.

        shown: ids of the listings that take part; a person's evidence is learned from those.
        """
        asked = [board.asked[name] for name in shown]
        spoken = [self.spoken(person) for person in people]
        short = {one for some in spoken for one in (*some.phrases, *some.sentences)}
        short |= {one for listing in asked for one in listing.requirements}
        vectors = _looked_up(encode, short)
        wholes = encode([*(one.whole for one in spoken), *(one.whole for one in asked)])
        requirements = [vectors(one.requirements) for one in asked]
        ranked, met, read = [], [], []
        for row, (person, some) in enumerate(zip(people, spoken, strict=True)):
            phrases, sentences = vectors(some.phrases), vectors(some.sentences)
            working = torch.tensor([one.work for one in person.clauses])
            chances = self.read(phrases, sentences)
            read.append(functional.binary_cross_entropy_with_logits(chances, working.float()))
            if not working.any():
                continue
            leaning = in_context(phrases[working], sentences[working])
            similar = [leaning @ one.T for one in requirements]
            whole = wholes[len(people) :] @ wholes[row]
            met += self._met(similar, [person.evidence.get(name) for name in shown])
            gains = torch.tensor([2.0 ** person.grades.get(name, 0) - 1 for name in shown])
            if gains.any():
                ranked.append(self._ranked(similar, whole, gains / gains.sum()))
        return _mean(ranked), _mean(met), _mean(read)

    def spoken(self, person: BoardPerson) -> Spoken:
        """Return a person's words as the encoder gets them."""
        phrases = tuple(self.said(one.clause.phrase) for one in person.clauses)
        sentences = tuple(self.said(one.clause.sentence) for one in person.clauses)
        work = (p for p, one in zip(phrases, person.clauses, strict=True) if one.work)
        # By full stops, though the service joins by commas: what is learned here about wholes draws
        # everyone near the listings that suit many, and does so for texts of this shape alone.
        return Spoken(phrases, sentences, ". ".join(work))

    def _met(
        self, similar: Sequence[torch.Tensor], labels: Sequence[tuple[bool, ...] | None]
    ) -> list[torch.Tensor]:
        """Return a loss for each listing with labels. similar: (phrases, title and asked) each."""
        return [
            functional.binary_cross_entropy_with_logits(
                self.met[0] * one.max(dim=0).values[1:] + self.met[1], torch.tensor(met).float()
            )
            for one, met in zip(similar, labels, strict=True)
            if met
        ]

    def _ranked(
        self, similar: Sequence[torch.Tensor], whole: torch.Tensor, wanted: torch.Tensor
    ) -> torch.Tensor:
        """Return the listwise loss: the divergence of wanted shares from the scores' softmax."""
        scores = []
        for one, cosine in zip(similar, whole, strict=True):
            best = one.max(dim=0).values
            top = one.max(dim=1).values.topk(min(_TOP, len(one))).values.mean()
            rest = best[1:].mean() if len(best) > 1 else best[0]
            scores.append(self.mix @ torch.stack([cosine, rest, best[0], top]))
        logits = torch.stack(scores).log_softmax(dim=0)
        entropy = -(wanted * wanted.clamp_min(1e-9).log()).sum()
        return -(wanted * logits).sum() - entropy

    def read(self, phrases: torch.Tensor, sentences: torch.Tensor) -> torch.Tensor:
        """Return a logit for each phrase being about work, (n,)."""
        found: torch.Tensor = self.reader(torch.cat([phrases, sentences], dim=1)).squeeze(1)
        return found

    def on_sentences(self, encode: Encode, some: Sequence[LabelledClause]) -> torch.Tensor:
        """Return the loss of reading phrases in their sentences."""
        phrases = [self.said(one.clause.phrase) for one in some]
        sentences = [self.said(one.clause.sentence) for one in some]
        vectors = _looked_up(encode, {*phrases, *sentences})
        working = torch.tensor([float(one.work) for one in some])
        chances = self.read(vectors(phrases), vectors(sentences))
        return functional.binary_cross_entropy_with_logits(chances, working)


def tables(boards: Sequence[TrainingBoard], neutral: Neutraliser) -> list[BoardTexts]:
    """Return the boards with their listings' texts as the service would encode them."""
    return [
        BoardTexts(
            {
                name: ListingTexts(
                    neutral.words(whole_text(listing)),
                    tuple(neutral.words(one) for one in requirement_texts(listing)),
                    f"isco:{listing.isco08 or name}",
                )
                for name, listing in board.listings.items()
            },
            board.people,
        )
        for board in boards
    ]


def drawn(
    table: BoardTexts, people: int, most: int, rng: random.Random
) -> tuple[list[BoardPerson], list[str]]:
    """Draw people of a board and the listings to show them: graded, labelled, then any."""
    some = rng.sample(table.people, people)
    wanted: dict[str, None] = {}
    for person in some:
        strong = [name for name, grade in person.grades.items() if grade > 1]
        weak = [name for name, grade in person.grades.items() if grade == 1]
        wanted.update(dict.fromkeys(rng.sample(strong, min(4, len(strong)))))
        wanted.update(dict.fromkeys(person.evidence))
        wanted.update(dict.fromkeys(rng.sample(weak, min(2, len(weak)))))
    others = [name for name in table.asked if name not in wanted]
    rng.shuffle(others)
    return some, [*wanted, *others][: max(most, len(wanted))]


def quoted(boards: Sequence[BoardTexts], neutral: Neutraliser, rng: random.Random) -> list[Pair]:
    """Pairs of a person's own words ↔ the requirement they meet; beside it one they do not."""
    pairs = []
    for table in boards:
        for person in table.people:
            for name, quotes in person.quotes.items():
                listing = table.asked[name]
                unmet = [
                    asked
                    for listing_id, labels in person.evidence.items()
                    for asked, met in zip(
                        table.asked[listing_id].requirements[1:], labels, strict=True
                    )
                    if not met
                ]
                pairs += [
                    Pair(
                        neutral.person(visible(quote)),
                        asked,
                        rng.choice(unmet) if unmet else None,
                        listing.group,
                    )
                    for quote, asked in zip(quotes, listing.requirements[1:], strict=True)
                    if quote
                ]
    return pairs


def in_context(phrases: torch.Tensor, sentences: torch.Tensor) -> torch.Tensor:
    """Return phrase vectors that lean to their sentences, as the service makes them."""
    return functional.normalize(phrases + CONTEXT * sentences, dim=1)


def _looked_up(encode: Encode, texts: set[str]) -> Callable[[Sequence[str]], torch.Tensor]:
    """Encode each text once; return what gives some of their vectors, (n, d)."""
    at = {text: row for row, text in enumerate(sorted(texts))}
    vectors = encode(list(at))
    return lambda wanted: vectors[[at[one] for one in wanted]]


def _mean(losses: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.stack(list(losses)).mean() if losses else torch.zeros(())

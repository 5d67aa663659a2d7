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

from models.boards import Board, BoardPerson, Heard
from models.worktuned.pairs import Pair
from service.domain.text import visible
from service.skills.neutral import Neutraliser
from service.skills.reader import CONTEXT
from service.skills.requirements import requirement_texts, whole_text

Encode = Callable[[Sequence[str]], torch.Tensor]
"""Texts to unit vectors with gradients, (n, d)."""

_TOP = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A listing as the encoder reads it. requirements: the title first."""

    whole: str
    requirements: tuple[str, ...]
    group: str


@dataclass(frozen=True, slots=True)
class Table:
    """One board, ready to be learned from."""

    asked: dict[str, Asked]
    people: tuple[BoardPerson, ...]


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
        self, encode: Encode, table: Table, people: Sequence[BoardPerson], shown: Sequence[str]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the losses of ranking, of evidence and of reading, for some of a board.

        shown: ids of the listings that take part; a person's evidence is learned from those.
        """
        words = [[self.said(one.said.phrase) for one in person.heard] for person in people]
        sentences = [[self.said(one.said.sentence) for one in person.heard] for person in people]
        wholes = [
            ", ".join(w for w, one in zip(line, person.heard, strict=True) if one.work)
            for line, person in zip(words, people, strict=True)
        ]
        asked = [table.asked[name] for name in shown]
        texts = sorted(
            {one for line in (*words, *sentences) for one in line}
            | {one for listing in asked for one in listing.requirements}
        )
        at = {text: row for row, text in enumerate(texts)}
        short = encode(texts)
        long = encode([*wholes, *(one.whole for one in asked)])
        ranked, met, read = [], [], []
        for row, person in enumerate(people):
            phrase_rows = [at[one] for one in words[row]]
            chances = self.read(short[phrase_rows], short[[at[one] for one in sentences[row]]])
            working = torch.tensor([one.work for one in person.heard])
            read.append(functional.binary_cross_entropy_with_logits(chances, working.float()))
            if not working.any():
                continue
            phrases = in_context(
                short[torch.tensor(phrase_rows)[working]],
                short[torch.tensor([at[one] for one in sentences[row]])[working]],
            )
            scores = []
            for column, (name, listing) in enumerate(zip(shown, asked, strict=True)):
                similar = phrases @ short[[at[one] for one in listing.requirements]].T
                best = similar.max(dim=0).values
                top = similar.max(dim=1).values.topk(min(_TOP, len(phrases))).values.mean()
                rest = best[1:].mean() if len(best) > 1 else best[0]
                whole = long[row] @ long[len(people) + column]
                scores.append(self.mix @ torch.stack([whole, rest, best[0], top]))
                labels = person.evidence.get(name)
                if labels is not None and len(labels) == len(best) - 1:
                    met.append(
                        functional.binary_cross_entropy_with_logits(
                            self.met[0] * best[1:] + self.met[1], torch.tensor(labels).float()
                        )
                    )
            gains = torch.tensor([2.0 ** person.grades.get(name, 0) - 1 for name in shown])
            if gains.any():
                wanted = gains / gains.sum()
                entropy = -(wanted * wanted.clamp_min(1e-9).log()).sum()
                logits = torch.stack(scores).log_softmax(dim=0)
                ranked.append(-(wanted * logits).sum() - entropy)
        return _mean(ranked), _mean(met), _mean(read)

    def read(self, phrases: torch.Tensor, sentences: torch.Tensor) -> torch.Tensor:
        """Return a logit for each phrase being about work, (n,)."""
        found: torch.Tensor = self.reader(torch.cat([phrases, sentences], dim=1)).squeeze(1)
        return found

    def on_sentences(self, encode: Encode, some: Sequence[Heard]) -> torch.Tensor:
        """Return the loss of reading phrases in their sentences."""
        texts = [self.said(one.said.phrase) for one in some]
        texts += [self.said(one.said.sentence) for one in some]
        unique = sorted(set(texts))
        at = {text: row for row, text in enumerate(unique)}
        vectors = encode(unique)[[at[one] for one in texts]]
        working = torch.tensor([float(one.work) for one in some])
        chances = self.read(vectors[: len(some)], vectors[len(some) :])
        return functional.binary_cross_entropy_with_logits(chances, working)


def tables(boards: Sequence[Board], neutral: Neutraliser) -> list[Table]:
    """Return the boards with their listings' texts as the service would encode them."""
    return [
        Table(
            {
                name: Asked(
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
    table: Table, people: int, most: int, rng: random.Random
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


def quoted(boards: Sequence[Table], neutral: Neutraliser, rng: random.Random) -> list[Pair]:
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


def _mean(losses: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.stack(list(losses)).mean() if losses else torch.zeros(())

"""Builds the bridge from other languages to English: python -m models.bridge.train.

Some minutes on two cores. First single words: which word of a form or a sentence means what, by
aligning data/lexicon/work, data/parallel and, where --corpora is there, Tatoeba and FLORES with
their English (words*.csv.gz). Then vectors of subwords that put any of the languages into the space
of the bundled encoder (subwords.npy, int8), taught by the same forms and sentences, by Tatoeba but
not by FLORES, and by English words of work as they sound. The gold set is never read. Seeds are
fixed.
"""

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from torch.nn import functional
from tqdm import tqdm

from models.boards import read_boards
from models.bridge.align import Pair, aligned
from service.ports import Encoder
from service.settings import Settings, bundled
from service.skills.letters import words
from service.skills.lexicon import EVERYDAY, LANGUAGES, plain_words
from service.skills.segment import phrases
from service.skills.subwords import APART, BUCKETS, BUCKETS_APART, Table, features
from service.wiring import build_encoder

_HERE = Path(__file__).parent
CORPORA = Path("../shared/corpora")
Corpora = Annotated[
    Path, typer.Option(help="Folder with tatoeba/ and flores/; without them, less.")
]
SMALL = frozenset(
    """a an the of to and or in on for with by at from as is are be been am i it its that this my me
    we he she they them his her our who which there here was were had have has do does did m s re ve
    ll d t don didn""".split()  # noqa: SIM905 - thirty words in two lines, not in thirty
)
_ENDINGS = ("ies", "ing", "ed", "es", "s")
_LEAST_BARE = 3
_SPOKEN = 3
"""What a spoken sentence counts for beside a form of the lexicon."""
_SECOND_SHARE, _SECOND_LEAST = 0.6, 0.2
_OFTEN, _VAGUE = 12, 0.35
"""A word that stands in so many texts and still means nothing much is a little word: no meaning."""
_FILES = {
    "words.csv.gz": tuple(code for code in LANGUAGES if code not in APART),
    "words_by_sa.csv.gz": tuple(APART),
}
"""What is learned from FLORES has to stay under its licence, in files of its own."""
_HELD_OUT = 10
"""Every tenth sentence of Tatoeba and of FLORES is left for measuring."""
_LONGEST, _LONGEST_APART = 160, 240


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number that changes the subword vectors."""

    seed: int = 20261122
    epochs: int = 5
    batch: int = 512
    learning_rate: float = 3e-3
    spread: float = 0.01
    scale: float = 20.0
    near: float = 2.0
    apart: float = 0.5
    spoken: float = 4.0
    """What a spoken sentence is drawn for beside a form of the lexicon."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text of a language, what it says in English, and how often it is drawn."""

    text: str
    code: str
    english: str
    weight: float = 1.0


def forms_of(code: str) -> Iterator[tuple[str, str]]:
    """Yield every form of a language's lexicon with its English."""
    folder = bundled("data", "lexicon", "work")
    with (folder / "concepts.csv").open(encoding="utf-8", newline="") as file:
        english = {row["id"]: row["english"] for row in csv.DictReader(file)}
    with (folder / f"words_{code}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for form in (*row["native"].split("|"), *row["latin"].split("|")):
                if form:
                    yield form, english[row["id"]]


def everyday_in(code: str) -> Iterator[tuple[str, str]]:
    """Yield the plain words of every day with their English."""
    for concept, some in plain_words(bundled("data", "lexicon", "work"), code):
        if concept.kind == EVERYDAY:
            yield from ((form, concept.english) for form in some)


def spoken_in(code: str) -> Iterator[tuple[str, str]]:
    """Yield the sentences of data/parallel with their English."""
    path = bundled("data", "parallel", f"pairs_{code}.jsonl")
    for line in path.read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        yield raw["text"], raw["en"]


def general_in(code: str, corpora: Path) -> Iterator[tuple[str, str]]:
    """Yield nine in ten of the sentences that Tatoeba or FLORES has in a language, with English."""
    for source in ("tatoeba", "flores"):
        path = corpora / source / f"en-{code}.tsv.gz"
        if path.is_file():
            with gzip.open(path, "rt", encoding="utf-8") as file:
                for number, line in enumerate(file):
                    if number % _HELD_OUT:
                        english, text, *_ = line.rstrip("\n").split("\t")
                        yield text, english


def meanings(
    code: str, spoken: Iterable[tuple[str, str]], general: Iterable[tuple[str, str]] = ()
) -> dict[str, tuple[str, float]]:
    """Return what each word of a language means and how sure that is; "" for little words.

    spoken: sentences of work with their English, beside the forms of the lexicon. general: others.
    """
    forms = (*forms_of(code), *everyday_in(code))
    texts = [(words(text), _content(english)) for text, english in forms]
    for text, english in spoken:
        texts += [(words(text), _content(english))] * _SPOKEN
    texts += [(words(text), _content(english)) for text, english in general]
    usual = Counter(word for _, english in texts for word in english)
    shown: dict[str, str] = {}
    for word, _ in usual.most_common():
        shown.setdefault(_bare(word), word)
    # Washed, washes and washing are one meaning: apart, each would seem unlikely.
    pairs: list[Pair] = [(foreign, [_bare(one) for one in english]) for foreign, english in texts]
    seen = Counter(word for foreign, _ in pairs for word in set(foreign))
    found = {}
    for word, chances in aligned(pairs).items():
        (english, sure), *rest = sorted(chances.items(), key=lambda one: -one[1])[:2]
        english = shown[english]
        if rest and rest[0][1] > max(_SECOND_SHARE * sure, _SECOND_LEAST):
            english, sure = f"{english} {shown[rest[0][0]]}", sure + rest[0][1]
        if seen[word] >= _OFTEN and sure < _VAGUE:
            english, sure = "", 0.0
        found[word] = (english, sure * seen[word] / (seen[word] + 1))
    return found


def write_words(folder: Path, corpora: Path) -> None:
    """Align every language and write what was learned, by what may be done with it."""
    for name, codes in _FILES.items():
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(("lang", "word", "english", "sure"))
        total = 0
        for code in tqdm(codes, name):
            rows = sorted(meanings(code, spoken_in(code), general_in(code, corpora)).items())
            total += len(rows)
            writer.writerows((code, word, english, f"{sure:.3f}") for word, (english, sure) in rows)
        # No time stamp: the same data gives the same bytes.
        (folder / name).write_bytes(gzip.compress(lines.getvalue().encode(), mtime=0))
        print(f"{total} words in {folder / name}")


def examples(corpora: Path, recipe: Recipe) -> list[Example]:
    """Gather everything the usual table of subwords is taught with."""
    found = []
    for code in LANGUAGES:
        found += [Example(text, code, english) for text, english in forms_of(code)]
        found += [Example(text, code, english, recipe.spoken) for text, english in spoken_in(code)]
    for code in LANGUAGES:
        if code not in APART:
            found += [
                Example(text, code, english)
                for text, english in general_in(code, corpora)
                if len(english) < _LONGEST
            ]
    # English as it sounds: a loanword in another script sounds the same.
    return found + [Example(text, "en", text) for text in sorted(set(_english()))]


def examples_apart(corpora: Path, usual: Sequence[Example]) -> list[Example]:
    """Gather what the table of `APART` is taught with: of the usual examples theirs, and FLORES."""
    found = [one for one in usual if one.code in APART]
    return found + [
        Example(text, code, english)
        for code in APART
        for text, english in general_in(code, corpora)
        if len(english) < _LONGEST_APART
    ]


def _english() -> Iterator[str]:
    training = bundled("data", "training")
    for path in sorted(training.glob("said_asks_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            yield from (raw["asks"], raw["title"], *phrases(raw["said"]))
    for board in read_boards(training):
        for person in board.people:
            yield from (one.clause.phrase for one in person.clauses)
    with bundled("data", "lexicon", "work_words.csv").open(encoding="utf-8", newline="") as file:
        yield from (row["word"] for row in csv.DictReader(file))
    with bundled("data", "lexicon", "work", "concepts.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            yield from (row["english"], *filter(None, row["also"].split("|")))


def taught(
    encoder: Encoder,
    some: Sequence[Example],
    recipe: Recipe,
    buckets: int,
    beside: Table | None = None,
) -> torch.Tensor:
    """Return a table of subword vectors, (buckets, d); beside: what they are to be added to."""
    english = sorted({one.english for one in some})
    at = {text: row for row, text in enumerate(english)}
    blocks = [english[row : row + 2048] for row in range(0, len(english), 2048)]
    targets = torch.tensor(np.vstack([encoder.encode(one) for one in tqdm(blocks, "English")]))
    rows = [features(one.text, one.code, buckets) or [0] for one in tqdm(some, "features")]
    wanted = torch.tensor([at[one.english] for one in some])
    known = None
    if beside is not None:
        sums = [beside.sums([one.text], one.code)[0] for one in tqdm(some, "known")]
        known = torch.tensor(np.array(sums))
    weight = np.array([one.weight for one in some])
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    table = torch.nn.EmbeddingBag(buckets, targets.shape[1], mode="sum", sparse=True)
    torch.nn.init.normal_(table.weight, std=recipe.spread)
    optimiser = torch.optim.SparseAdam(table.parameters(), lr=recipe.learning_rate)
    steps = recipe.epochs * len(some) // recipe.batch
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda at: max(0.05, 1 - at / steps))
    for _ in tqdm(range(steps), "subwords"):
        drawn = rng.choice(len(some), recipe.batch, p=weight / weight.sum())
        starts = np.cumsum([0, *(len(rows[one]) for one in drawn[:-1])])
        flat = torch.tensor([row for one in drawn for row in rows[one]])
        found = table(flat, torch.tensor(starts))
        if known is not None:
            found = found + known[drawn]
        vectors = functional.normalize(found, dim=1)
        loss = _loss(vectors, targets[wanted[drawn]], wanted[drawn], recipe)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return table.weight.detach()


def _loss(
    vectors: torch.Tensor, targets: torch.Tensor, wanted: torch.Tensor, recipe: Recipe
) -> torch.Tensor:
    """Near to what it says in English, and nearer to that than to what others say."""
    near = (1 - (vectors * targets).sum(dim=1)).mean()
    same = wanted[:, None] == wanted[None, :]
    same.fill_diagonal_(fill_value=False)
    scores = (vectors @ targets.T * recipe.scale).masked_fill(same, -1e4)
    apart = functional.cross_entropy(scores, torch.arange(len(vectors)))
    return recipe.near * near + recipe.apart * apart


def write_table(folder: Path, behind: str, table: torch.Tensor) -> None:
    """Write a table in bytes, each row with a scale of its own."""
    rows = table.numpy()
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-9) / 127
    np.save(folder / f"subwords{behind}.npy", np.rint(rows / scales[:, None]).astype(np.int8))
    np.save(folder / f"scales{behind}.npy", scales.astype(np.float16))


def main(
    *,
    out: Annotated[Path, typer.Option(help="Folder the bridge goes to.")] = _HERE / "artifact",
    corpora: Corpora = CORPORA,
) -> None:
    """Learn words, then subword vectors; write both."""
    recipe = Recipe()
    write_words(out, corpora)
    encoder = build_encoder(Settings())
    some = examples(corpora, recipe)
    apart = examples_apart(corpora, some)
    write_table(out, "", taught(encoder, some, recipe, BUCKETS))
    for name in set(APART.values()):
        more = taught(encoder, apart, recipe, BUCKETS_APART, beside=Table.read(out))
        write_table(out, f"_{name}", more)
    content = {
        "encoder": asdict(encoder.model),
        "recipe": asdict(recipe),
        "examples": dict(Counter(one.code for one in some)),
        "examples_apart": dict(Counter(one.code for one in apart)),
    }
    (out / "bridge.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{len(some)} examples; written to {out}")


def _content(text: str) -> list[str]:
    return [word for word in words(text) if word not in SMALL]


def _bare(word: str) -> str:
    """Return an English word without the endings that leave its meaning."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_BARE:
            word = word.removesuffix(ending)
            break
    return word.removesuffix("e")


if __name__ == "__main__":
    typer.run(main)

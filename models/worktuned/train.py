"""Fine-tunes all-MiniLM-L6-v2: python -m models.worktuned.train [--minutes 50] [--out ...].

Several tasks at once, each in the shape of what the service does: pairs of what people say
and listings ask (contrastive, with hard negatives and without false ones: pairs of one
occupation never oppose each other), ranking boards, finding evidence, telling work from the
rest of life. The general model's vectors of everyday sentences are kept by distillation, and
the result is averaged with where it started. Stops on the gold dev split. Seeds are fixed.
"""

import copy
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from sentence_transformers import SentenceTransformer
from torch.nn import functional
from tqdm import tqdm

from models.boards import labelled_clauses, read_boards
from models.minilm.source import locate
from models.worktuned.dev import DevSet
from models.worktuned.pairs import (
    Pair,
    esco_titles,
    general_sentences,
    onet_histories,
    said_and_asked,
)
from models.worktuned.tasks import Encode, Tasks, drawn, quoted, tables
from service.skills.neutral import Neutraliser

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number that changes the result."""

    seed: int = 20261122
    batch: int = 32
    learning_rate: float = 5e-5
    heads_learning_rate: float = 1e-2
    warmup: float = 0.06
    scale: float = 20.0
    keep: float = 20.0
    """Weight of the distillation loss (mean squared distance of unit vectors)."""
    said_share: float = 0.35
    quoted_share: float = 0.2
    onet_share: float = 0.1
    people: int = 2
    shown: int = 12
    phrases: int = 24
    ranking: float = 1.0
    evidence: float = 1.0
    reading: float = 0.7
    max_tokens: int = 64


def encode(model: SentenceTransformer, texts: Sequence[str], longest: int) -> torch.Tensor:
    """Return unit vectors with gradients, shape (len(texts), d)."""
    tokens = model.tokenizer(
        list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt"
    )
    vectors = model({name: tokens[name] for name in ("input_ids", "attention_mask")})
    return functional.normalize(vectors["sentence_embedding"], dim=1)


def contrastive(to_vectors: Encode, batch: Sequence[Pair], recipe: Recipe) -> torch.Tensor:
    """InfoNCE both ways over positives and hard negatives, false negatives masked."""
    negatives = [pair.negative for pair in batch if pair.negative]
    n = len(batch)
    # Apart, because what people say is three times as long as what is asked: padded
    # together, most of the work would go into padding.
    anchors = to_vectors([pair.anchor for pair in batch])
    others = to_vectors([pair.positive for pair in batch] + negatives)
    scores = anchors @ others.T * recipe.scale
    same = torch.tensor([[a.group == b.group for b in batch] for a in batch])
    same &= ~torch.eye(n, dtype=torch.bool)
    mask = torch.zeros_like(scores, dtype=torch.bool)
    mask[:, :n] = same
    target = torch.arange(n)
    forward = functional.cross_entropy(scores.masked_fill(mask, -1e4), target)
    back = functional.cross_entropy(scores[:, :n].T.masked_fill(same.T, -1e4), target)
    return forward + 0.5 * back


def batches(
    sources: list[list[Pair]], shares: list[float], recipe: Recipe, rng: random.Random
) -> Iterator[list[Pair]]:
    """Yield batches without end, each from one source, chosen by its share."""
    orders: list[list[Pair]] = [[] for _ in sources]
    while True:
        at = rng.choices(range(len(sources)), shares)[0]
        if len(orders[at]) < recipe.batch:
            orders[at] = list(sources[at])
            rng.shuffle(orders[at])
        batch, orders[at] = orders[at][: recipe.batch], orders[at][recipe.batch :]
        yield batch


class Lesson:
    """Everything a step draws from, and its loss."""

    def __init__(
        self, model: SentenceTransformer, corpora: Path, recipe: Recipe, rng: random.Random
    ) -> None:
        """Read all data; encode the everyday sentences with the model as it is."""
        self.model, self.recipe, self.rng = model, recipe, rng
        neutral = Neutraliser.read(_ROOT / "data" / "lexicon")
        self.tasks = Tasks(neutral, 384)
        self.boards = tables(read_boards(_ROOT / "data" / "training"), neutral)
        self.labelled = labelled_clauses(_ROOT / "data" / "lexicon")
        self.sources = [
            said_and_asked(_ROOT / "data" / "training", rng),
            quoted(self.boards, neutral, rng),
            onet_histories(corpora / "onet", rng),
            esco_titles(corpora / "esco", rng, most=40_000),
        ]
        named = [recipe.said_share, recipe.quoted_share, recipe.onet_share]
        self.feed = batches(self.sources, [*named, 1 - sum(named)], recipe, rng)
        self.general = general_sentences(corpora / "tatoeba", 8000, rng)
        with torch.no_grad():
            kept = model.encode(self.general, normalize_embeddings=True, batch_size=128)
        self.kept = torch.tensor(kept)

    def losses(self) -> dict[str, torch.Tensor]:
        """Draw one step and return its losses, weighted, by name."""
        recipe, rng = self.recipe, self.rng
        vectors = partial(encode, self.model, longest=recipe.max_tokens)
        table = rng.choices(self.boards, [len(one.people) for one in self.boards])[0]
        people, shown = drawn(table, recipe.people, recipe.shown, rng)
        ranked, met, read = self.tasks.on_board(vectors, table, people, shown)
        some = rng.sample(self.labelled, recipe.phrases)
        rows = rng.sample(range(len(self.general)), 8)
        drift = functional.mse_loss(
            vectors([self.general[row] for row in rows]), self.kept[rows], reduction="sum"
        )
        return {
            "pairs": contrastive(vectors, next(self.feed), recipe),
            "ranking": recipe.ranking * ranked,
            "evidence": recipe.evidence * met,
            "reading": recipe.reading * (read + self.tasks.on_sentences(vectors, some)),
            "drift": recipe.keep * drift / len(rows) / 20,
        }


def averaged(start: dict[str, Any], trained: dict[str, Any], share: float) -> dict[str, Any]:
    """Return weights on the way from `start` to `trained`."""
    return {
        name: start[name] + share * (weights - start[name])
        if weights.is_floating_point()
        else weights
        for name, weights in trained.items()
    }


def main(
    *,
    minutes: Annotated[float, typer.Option(help="Most training time.")] = 75.0,
    corpora: Annotated[Path, typer.Option(help="Folder with onet/, esco/ and tatoeba/.")] = (
        _ROOT.parent / "shared" / "corpora"
    ),
    out: Annotated[Path, typer.Option(help="Where the checkpoint goes.")] = (
        _ROOT / "models" / "cache" / "worktuned"
    ),
    steps: Annotated[int, typer.Option(help="Steps to plan the schedule for.")] = 900,
    look: Annotated[int, typer.Option(help="Steps between looks at gold dev.")] = 150,
) -> None:
    """Fine-tune and save the best checkpoint on gold dev."""
    recipe = Recipe()
    rng = random.Random(recipe.seed)  # noqa: S311 - no secret hangs on it
    torch.manual_seed(recipe.seed)
    model = SentenceTransformer(str(locate(None, None, None).folder), device="cpu")
    start = copy.deepcopy(model.state_dict())
    lesson = Lesson(model, corpora, recipe, rng)
    dev = DevSet.read(_ROOT / "data")
    print(
        f"pairs: {[len(x) for x in lesson.sources]}, boards: {len(lesson.boards)}, "
        f"phrases: {len(lesson.labelled)}, dev before: {dev.ndcg(model):.4f}",
        flush=True,
    )
    # The word table stays as it is: words no pair holds keep their place among those it does.
    for name, weights in model.named_parameters():
        weights.requires_grad_("word_embeddings" not in name)
    learning = [weights for weights in model.parameters() if weights.requires_grad]
    optimiser = torch.optim.AdamW(
        [
            {"params": learning, "lr": recipe.learning_rate, "weight_decay": 0.01},
            {"params": lesson.tasks.parameters(), "lr": recipe.heads_learning_rate},
        ],
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min((step + 1) / (recipe.warmup * steps), max(0.02, 1 - step / steps)),
    )
    began, best, log = time.monotonic(), -1.0, []
    for step in tqdm(range(steps), mininterval=30):
        model.train()
        losses = lesson.losses()
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        over = time.monotonic() - began > minutes * 60
        if (step + 1) % look == 0 or over or step + 1 == steps:
            trained = copy.deepcopy(model.state_dict())
            for share in (1.0, 0.8):
                model.load_state_dict(averaged(start, trained, share))
                found = dev.ndcg(model)
                now = {name: round(loss.item(), 3) for name, loss in losses.items()}
                log.append({"step": step + 1, "share": share, "dev": found, **now})
                print(log[-1], flush=True)
                if found > best:
                    best = found
                    model.save(str(out))
                    (out / "training.json").write_text(
                        json.dumps({"recipe": asdict(recipe), "log": log}, indent=1)
                    )
            model.load_state_dict(trained)
        if over:
            break
    print(f"best dev {best:.4f}, saved in {out}")


if __name__ == "__main__":
    typer.run(main)

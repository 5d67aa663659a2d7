"""Fine-tunes all-MiniLM-L6-v2: python -m models.worktuned.train [--minutes 50] [--out ...].

Contrastive learning over pairs in the shape of the task, with hard negatives and without
false ones (pairs of one occupation never oppose each other); the general model's vectors of
everyday sentences are kept by distillation; the result is averaged with where it started.
Stops on the gold dev split. Seeds are fixed.
"""

import copy
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from sentence_transformers import SentenceTransformer
from torch.nn import functional
from tqdm import tqdm

from models.minilm.source import locate
from models.worktuned.dev import DevSet
from models.worktuned.pairs import (
    Pair,
    esco_titles,
    general_sentences,
    onet_histories,
    said_and_asked,
)

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number that changes the result."""

    seed: int = 20261122
    batch: int = 32
    learning_rate: float = 5e-5
    warmup: float = 0.06
    scale: float = 20.0
    keep: float = 20.0
    """Weight of the distillation loss (mean squared distance of unit vectors)."""
    said_share: float = 0.55
    onet_share: float = 0.2
    max_tokens: int = 48


def encode(model: SentenceTransformer, texts: Sequence[str], longest: int) -> torch.Tensor:
    """Return unit vectors with gradients, shape (len(texts), d)."""
    tokens = model.tokenizer(
        list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt"
    )
    vectors = model({name: tokens[name] for name in ("input_ids", "attention_mask")})
    return functional.normalize(vectors["sentence_embedding"], dim=1)


def contrastive(model: SentenceTransformer, batch: Sequence[Pair], recipe: Recipe) -> torch.Tensor:
    """InfoNCE both ways over positives and hard negatives, false negatives masked."""
    negatives = [pair.negative for pair in batch if pair.negative]
    n = len(batch)
    # Apart, because what people say is three times as long as what is asked: padded
    # together, most of the work would go into padding.
    anchors = encode(model, [pair.anchor for pair in batch], recipe.max_tokens)
    others = encode(model, [pair.positive for pair in batch] + negatives, recipe.max_tokens)
    scores = anchors @ others.T * recipe.scale
    same = torch.tensor([[a.group == b.group for b in batch] for a in batch])
    same &= ~torch.eye(n, dtype=torch.bool)
    mask = torch.zeros_like(scores, dtype=torch.bool)
    mask[:, :n] = same
    target = torch.arange(n)
    forward = functional.cross_entropy(scores.masked_fill(mask, -1e4), target)
    back = functional.cross_entropy(scores[:, :n].T.masked_fill(same.T, -1e4), target)
    return forward + 0.5 * back


def batches(sources: list[list[Pair]], shares: list[float], recipe: Recipe, rng: random.Random):  # noqa: ANN201
    """Yield batches without end, each from one source, chosen by its share."""
    orders: list[list[Pair]] = [[] for _ in sources]
    while True:
        at = rng.choices(range(len(sources)), shares)[0]
        if len(orders[at]) < recipe.batch:
            orders[at] = list(sources[at])
            rng.shuffle(orders[at])
        batch, orders[at] = orders[at][: recipe.batch], orders[at][recipe.batch :]
        yield batch


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
) -> None:
    """Fine-tune and save the best checkpoint on gold dev."""
    recipe = Recipe()
    rng = random.Random(recipe.seed)  # noqa: S311 - no secret hangs on it
    torch.manual_seed(recipe.seed)
    np.random.default_rng(recipe.seed)
    model = SentenceTransformer(str(locate(None, None, None).folder), device="cpu")
    start = copy.deepcopy(model.state_dict())
    sources = [
        said_and_asked(_ROOT / "data" / "training", rng),
        onet_histories(corpora / "onet", rng),
        esco_titles(corpora / "esco", rng, most=16_000),
    ]
    general = general_sentences(corpora / "tatoeba", 8000, rng)
    with torch.no_grad():
        kept = torch.tensor(model.encode(general, normalize_embeddings=True, batch_size=128))
    dev = DevSet.read(_ROOT / "data")
    print(f"pairs: {[len(x) for x in sources]}, dev before: {dev.ndcg(model):.4f}", flush=True)
    # The word table stays as it is: words no pair holds keep their place among those it does.
    learning = [
        weights.requires_grad_("word_embeddings" not in name)
        for name, weights in model.named_parameters()
    ]
    learning = [weights for weights in learning if weights.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=recipe.learning_rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min(step / (recipe.warmup * steps), max(0.02, 1 - step / steps)),
    )
    shares = [recipe.said_share, recipe.onet_share, 1 - recipe.said_share - recipe.onet_share]
    feed = batches(sources, shares, recipe, rng)
    began, best, log = time.monotonic(), -1.0, []
    for step in tqdm(range(steps), mininterval=30):
        model.train()
        rows = rng.sample(range(len(general)), 8)
        loss = contrastive(model, next(feed), recipe)
        drift = functional.mse_loss(
            encode(model, [general[row] for row in rows], recipe.max_tokens),
            kept[rows],
            reduction="sum",
        ) / len(rows)
        (loss + recipe.keep * drift / 20).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad()
        over = time.monotonic() - began > minutes * 60
        if (step + 1) % 150 == 0 or over or step + 1 == steps:
            trained = copy.deepcopy(model.state_dict())
            for share in (1.0, 0.7):
                model.load_state_dict(
                    {
                        k: start[k] + share * (trained[k] - start[k])
                        if trained[k].is_floating_point()
                        else trained[k]
                        for k in trained
                    }
                )
                found = dev.ndcg(model)
                log.append(
                    {
                        "step": step + 1,
                        "share": share,
                        "dev": found,
                        "loss": loss.item(),
                        "drift": drift.item(),
                    }
                )
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

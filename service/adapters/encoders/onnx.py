"""Encoder on ONNX Runtime: loads in well under a second and never imports torch."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from service.domain.embedding import ModelIdentity, Vectors

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
MANIFEST_FILE = "manifest.json"

Ints = npt.NDArray[np.int64]

# Padded tokens in one run of the graph. Larger batches push the activations out of the
# processor's cache: 8192 measured a quarter slower than 1024.
_BATCH_TOKENS = 1024
# What a run costs beside its tokens, in tokens' time: between 10 and 40 all measured alike.
_RUN_TOKENS = 20
# Texts tokenised at a time, so that the memory of a bulk import stays flat.
_CHUNK_TEXTS = 8192
# The matrix products are small; more threads than this only wait for each other.
_MOST_THREADS = 4


class ArtifactError(ValueError):
    """The folder does not hold a complete, unaltered encoder artifact."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What manifest.json says about an artifact.

    files: sha256 by file name; max_tokens: longest input, special tokens included;
    tokens of a longer text beyond it are dropped.
    """

    model: ModelIdentity
    max_tokens: int
    files: dict[str, str]


class OnnxEncoder:
    """Turns texts into unit vectors with an artifact of models/minilm/build.py.

    The graph takes token ids and gives unit vectors: pooling and normalisation are inside it.
    Safe to call from several threads: session and tokenizer are never changed after loading.
    """

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        """Load the artifact in folder `path`; `threads` run one batch (None: up to 4).

        Raises ArtifactError when a file is missing or is not the one the manifest names.
        """
        manifest = read_manifest(path)
        contents = {name: _read_checked(path / name, sha) for name, sha in manifest.files.items()}
        self._model = manifest.model
        self._tokenizer = Tokenizer.from_str(contents[TOKENIZER_FILE].decode("utf-8"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(manifest.max_tokens)
        self._special = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        self._session = onnxruntime.InferenceSession(
            contents[MODEL_FILE], _options(threads), providers=["CPUExecutionProvider"]
        )

    @property
    def model(self) -> ModelIdentity:
        """Identity from the manifest."""
        return self._model

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text, in order: float32, shape (len(texts), dimensions).

        A text without tokens (empty, only spaces) gives a row of zeros. A text's vector does
        not depend on the other texts of the call; the model card has the measurement.
        """
        vectors = np.zeros((len(texts), self._model.dimensions), dtype=np.float32)
        for start in range(0, len(texts), _CHUNK_TEXTS):
            chunk = [_encodable(text) for text in texts[start : start + _CHUNK_TEXTS]]
            ids = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(chunk)]
            for rows in _batches([len(row) for row in ids], self._special):
                vectors[start + rows] = self._run([ids[row] for row in rows])
        return vectors

    def _run(self, ids: list[list[int]]) -> Vectors:
        """Return the unit vectors of one batch, padded on the right to its longest row."""
        tokens = np.zeros((len(ids), max(map(len, ids))), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, row_ids in enumerate(ids):
            tokens[row, : len(row_ids)] = row_ids
            mask[row, : len(row_ids)] = 1
        feed = {
            "input_ids": tokens,
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(tokens),
        }
        vectors: Vectors = self._session.run(["embedding"], feed)[0]
        return vectors


def read_manifest(folder: Path) -> Manifest:
    """Read and check folder/manifest.json. Raises ArtifactError saying what is wrong."""
    path = folder / MANIFEST_FILE
    if not path.is_file():
        message = f"no encoder artifact in {folder}: {MANIFEST_FILE} is missing"
        raise ArtifactError(message)
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        manifest = Manifest(
            model=ModelIdentity(
                id=str(raw["model"]["id"]),
                revision=str(raw["model"]["revision"]),
                dimensions=int(raw["model"]["dimensions"]),
            ),
            max_tokens=int(raw["settings"]["max_tokens"]),
            files={name: str(raw["files"][name]) for name in (MODEL_FILE, TOKENIZER_FILE)},
        )
    except (KeyError, TypeError, ValueError) as error:
        message = f"{path} is not an encoder manifest: {type(error).__name__} {error}"
        raise ArtifactError(message) from error
    return manifest


def _read_checked(path: Path, sha256: str) -> bytes:
    """Return the file's bytes. Raises ArtifactError when they are not those of `sha256`."""
    if not path.is_file():
        message = f"the encoder artifact lacks {path}"
        raise ArtifactError(message)
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        # Typical causes: an interrupted copy, or a Git LFS pointer in place of the file.
        message = f"{path} has sha256 {found[:12]}, its manifest says {sha256[:12]}"
        raise ArtifactError(message)
    return content


def _options(threads: int | None) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or min(_MOST_THREADS, os.cpu_count() or 1)
    # A thread that spins while it waits for the next piece takes the core from whoever has work:
    # other requests, or on a busy machine this one's own second half.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # What stands in the graph is what runs: of normalisations that stand apart the runtime would
    # make its own fused one, which takes nine times as long and a quarter of the whole.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    return options


def _encodable(text: str) -> str:
    """Return the text with lone surrogates replaced: JSON may carry them, UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _batches(lengths: list[int], special: int) -> Iterator[Ints]:
    """Yield row numbers of texts that run together, so that all runs together cost least.

    A run is padded to its longest text, and costs something of its own: a sentence of forty
    tokens beside twenty phrases of six would make five tokens' work of each two. Which lengths
    run together is the cheapest way to cut their order in pieces. A row that has nothing but
    special tokens is left out: it stays zero.
    """
    order = np.argsort(lengths, kind="stable")
    order = order[np.asarray(lengths)[order] > special]
    if not len(order):
        return
    distinct, counts = np.unique(np.asarray(lengths)[order], return_counts=True)
    for start, end, longest in _pieces(distinct.tolist(), np.cumsum(counts).tolist()):
        most = max(_BATCH_TOKENS // longest, 1)
        for first in range(start, end, most):
            yield order[first : min(first + most, end)]


def _pieces(distinct: list[int], until: list[int]) -> list[tuple[int, int, int]]:
    """Cut texts in the order of their lengths: (first, end, longest) of each piece.

    distinct: lengths, ascending; until: how many texts are of that length or shorter.
    """
    costs, cuts = [0.0], [0]
    for end, longest in enumerate(distinct, start=1):
        tried = []
        for start in range(end):
            tokens = (until[end - 1] - (until[start - 1] if start else 0)) * longest
            runs = -(-tokens // _BATCH_TOKENS)
            tried.append((costs[start] + tokens + runs * _RUN_TOKENS, start))
        cost, start = min(tried)
        costs.append(cost)
        cuts.append(start)
    pieces, end = [], len(distinct)
    while end:
        start = cuts[end]
        pieces.append((until[start - 1] if start else 0, until[end - 1], distinct[end - 1]))
        end = start
    return pieces[::-1]

"""Writes an artifact folder: graph, tokenizer and the manifest that names both."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import onnx
from tokenizers import Tokenizer

from models.minilm.calibrate import calibrate
from models.minilm.graph import EncoderGraph
from models.minilm.products import Range
from models.minilm.quantise import Precision
from models.minilm.source import Floats, Source, load_weights
from service.adapters.encoders.onnx import MANIFEST_FILE, MODEL_FILE, TOKENIZER_FILE


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that an artifact is made of, read and calibrated once for every precision."""

    source: Source
    weights: dict[str, Floats]
    tokenizer: Tokenizer
    ranges: dict[str, Range]


def prepare(source: Source) -> Recipe:
    """Read the checkpoint and calibrate it."""
    weights = load_weights(source)
    tokenizer = Tokenizer.from_file(str(source.folder / TOKENIZER_FILE))
    # The checkpoint's own padding and truncation are dropped: the encoder pads to the longest
    # text of a batch and truncates at the manifest's max_tokens.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Recipe(source, weights, tokenizer, calibrate(source, weights, tokenizer))


def write_artifact(recipe: Recipe, precision: Precision, folder: Path) -> Path:
    """Write model.onnx, tokenizer.json and manifest.json into `folder`; return it.

    The same weights and versions give the same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sizes = recipe.source.architecture
    graph = EncoderGraph(recipe.weights, sizes, precision, recipe.ranges)
    onnx.save(graph.build(), folder / MODEL_FILE)
    recipe.tokenizer.save(str(folder / TOKENIZER_FILE), pretty=False)
    _write_manifest(recipe.source, precision, folder)
    return folder


def _write_manifest(source: Source, precision: Precision, folder: Path) -> None:
    files = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in (MODEL_FILE, TOKENIZER_FILE)
    }
    settings = {
        "max_tokens": source.max_tokens,
        "normalised": True,
        "pooling": "mean",
        "precision": precision.name,
    }
    identity = json.dumps({"files": files, "settings": settings}, sort_keys=True)
    manifest = {
        "model": {
            "id": source.model_id,
            "revision": hashlib.sha256(identity.encode()).hexdigest()[:12],
            "dimensions": source.architecture.hidden_size,
            "languages": ["en"],
            "licence": source.licence,
        },
        "source": {
            "origin": source.origin,
            "published": source.published,
            "weights_sha256": source.weights_sha256,
        },
        "settings": settings,
        "files": files,
    }
    text = json.dumps(manifest, indent=2) + "\n"
    (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")

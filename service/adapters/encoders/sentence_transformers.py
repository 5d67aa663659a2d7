"""Encoder on sentence-transformers: any model by name or path. Slower to import and to run."""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from service.domain.embedding import ModelIdentity, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BATCH_TEXTS = 64


class SentenceTransformersEncoder:
    """Turns texts into unit vectors with a sentence-transformers model.

    Safe to call from several threads, which take turns: the fast tokenizers of transformers
    fail with "Already borrowed" when two threads set truncation at the same time.
    """

    def __init__(self, name_or_path: str) -> None:
        """Load a model by its published name or from a folder. Raises ImportError, OSError.

        ImportError when the library is not installed; OSError when the model is not found.
        """
        self._encoder = _load(name_or_path)
        self._lock = threading.Lock()
        path = Path(name_or_path)
        self._model = ModelIdentity(
            id=path.resolve().name if path.is_dir() else name_or_path,
            revision=_revision(self._encoder),
            # Counted: the method that tells it has another name in version 6 than in 5.
            dimensions=len(self._encoder.encode("a", show_progress_bar=False)),
        )

    @property
    def model(self) -> ModelIdentity:
        """Name of the model (of the folder, for a path) and hash of its weights and settings."""
        return self._model

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text, in order: float32, shape (len(texts), dimensions).

        A text without tokens (empty, only spaces) gives a row of zeros.
        """
        vectors = np.zeros((len(texts), self._model.dimensions), dtype=np.float32)
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        with self._lock:
            rows = [row for row, text in enumerate(clean) if self._has_tokens(text)]
            if rows:
                vectors[rows] = self._encoder.encode(
                    [clean[row] for row in rows],
                    batch_size=_BATCH_TEXTS,
                    normalize_embeddings=True,
                    convert_to_numpy=True,
                    show_progress_bar=False,
                )
        return vectors

    def _has_tokens(self, text: str) -> bool:
        # Any letter or digit makes a token, so hardly any text is tokenised twice.
        if any(character.isalnum() for character in text):
            return True
        return bool(text.strip()) and bool(_plain_tokens(self._encoder.tokenizer, text))


def _load(name_or_path: str) -> "SentenceTransformer":
    try:
        # Here and not above: importing it takes seconds, and the server runs without it.
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    except ImportError as error:
        message = 'sentence-transformers is not installed: pip install "homeward[models]"'
        raise ImportError(message) from error
    return SentenceTransformer(name_or_path)


def _plain_tokens(tokenizer: Any, text: str) -> list[int]:  # noqa: ANN401 - two libraries' classes
    if callable(tokenizer):
        ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    else:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def _revision(encoder: "SentenceTransformer") -> str:
    """Hash what the vectors depend on: weights, tokenizer, longest input, layers, prompts."""
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        digest.update(name.encode())
        # Reading the memory as bytes also serves number types that numpy does not know.
        plain = tensor.detach().cpu().contiguous().flatten()
        digest.update(plain.view(dtype=_byte_type()).numpy().tobytes())
    tokenizer: Any = encoder.tokenizer
    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    vocabulary = sorted(backend.get_vocab().items()) if hasattr(backend, "get_vocab") else []
    settings = (
        vocabulary,
        [type(layer).__name__ for layer in encoder],
        encoder.max_seq_length,
        encoder.prompts,
        encoder.default_prompt_name,
    )
    digest.update(repr(settings).encode())
    return digest.hexdigest()[:12]


def _byte_type() -> Any:  # noqa: ANN401 - torch must not be imported to name its type
    import torch  # noqa: PLC0415

    return torch.uint8

"""An encoder that remembers: for words that repeat, such as certificates listings ask for."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from service.domain.embedding import ModelIdentity, Vectors
from service.ports import Encoder


class CachedEncoder:
    """Implements `service.ports.Encoder` over another; keeps the latest texts' vectors.

    Never give what a person said to one that lives longer than the words do anyway: they are not
    kept anywhere but in their record.
    """

    def __init__(self, encoder: Encoder, most: int = 8192) -> None:
        """Remember up to `most` texts, about 1.5 kB each."""
        self._encoder = encoder
        self._most = most
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def model(self) -> ModelIdentity:
        """Identity of the encoder behind."""
        return self._encoder.model

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See the port."""
        with self._lock:
            found = {text: self._known[text] for text in texts if text in self._known}
            for text in found:
                self._known.move_to_end(text)
        new = [text for text in dict.fromkeys(texts) if text not in found]
        # Copies: a row that is kept must not keep with it all that was encoded beside it.
        found.update(zip(new, map(np.copy, self._encoder.encode(new)), strict=True))
        with self._lock:
            self._known.update((text, found[text]) for text in new)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        if not texts:
            return np.zeros((0, self.model.dimensions), dtype=np.float32)
        return np.stack([found[text] for text in texts])

"""Whether the models that were trained beside an encoder can read another's vectors."""

import json
from pathlib import Path
from typing import Final

from service.domain.embedding import ModelIdentity
from service.domain.errors import StorageError

_TRAINED: Final = ("reader/reader", "evidence/evidence", "ranker/ranker", "bridge/artifact/bridge")


def require_fitting(model: ModelIdentity, folder: Path, named: str, usual: str) -> None:
    """Refuse an encoder, as HOMEWARD_ENCODER names it, that the models in a folder cannot read.

    usual: the name of the one they were trained for; vectors of another need only be as long.
    """
    for name in _TRAINED:
        path = folder / f"{name}.json"
        made_for = json.loads(path.read_text(encoding="utf-8"))["encoder"]
        same_width = made_for["dimensions"] == model.dimensions
        if same_width and (named != usual or made_for["revision"] == model.revision):
            continue
        message = (
            f'HOMEWARD_ENCODER is "{named}", but the bundled {path.stem} was trained '
            f"for another: train it again with python -m models.{path.stem}.train."
        )
        raise StorageError(message, code="encoder_unavailable")

"""Builds the whole bridge: python -m models.bridge --corpora FOLDER. Ten minutes on two cores."""

from pathlib import Path
from typing import Annotated

import typer

from models.bridge import guesses, senses, train


def main(
    *,
    corpora: Annotated[
        Path, typer.Option(help="Folder with tatoeba/ and flores/; without them, less.")
    ],
) -> None:
    """Learn words and subword vectors, then what a guess is worth, then which meaning is meant."""
    train.main(corpora=corpora)
    guesses.main()
    senses.main()


if __name__ == "__main__":
    typer.run(main)

"""The characters of a text file: which encoding it has, and its lines within bounds."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from service.domain.errors import UnreadableFileError

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_PIECE: Final = 1 << 20
_SAMPLE: Final = 1 << 16
_MULTIBYTE: Final = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_HIGH_RUN: Final = re.compile(rb"[\x80-\xff]{3,}")
_IN_RUNS: Final = 0.2
"""Share of the bytes above 127 that stand three in a row or more. In western text such letters
stand alone among plain ones; in any other script they stand together."""
_ARABIC: Final = 0.7
_ALEF: Final = 0.05
"""Least share of its commonest letter. Cyrillic encodings have a rare letter in that place."""
_SAVE: Final = 'Save it again as "CSV UTF-8".'


@dataclass(slots=True)
class _Found:
    """What the bytes of a file say about its encoding."""

    whole: bool = False
    first_bad: int = 0
    sample: bytearray = field(default_factory=bytearray)


def encoding_of(path: Path) -> tuple[str, str | None]:
    """Return a text file's codec, and a note where it had to be worked out.

    Raises:
        UnreadableFileError: NUL bytes, two encodings in one file, or one that is not known.
    """
    with path.open("rb") as file:
        head = file.read(4)
        if head[:2] in _UTF16:
            return "utf-16", None
        file.seek(0)
        found = _look(file)
    if not found.first_bad:
        return ("utf-8-sig" if head.startswith(_UTF8_MARK) else "utf-8"), None
    sample = bytes(found.sample)
    mostly = 2 * len(_MULTIBYTE.findall(sample)) >= len(_HIGH.findall(_MULTIBYTE.sub(b"", sample)))
    if found.whole or mostly or head.startswith(_UTF8_MARK):
        raise UnreadableFileError(
            f"Line {found.first_bad} has letters in another encoding than the rest of the file, "
            f"which is UTF-8. Correct that line, or write the file anew in UTF-8.",
            code="file_encoding_mixed",
        )
    codec, name = _legacy(sample)
    return codec, f"Read as {name}, because the file is not UTF-8. If letters look wrong: {_SAVE}"


def _look(file: IO[bytes]) -> _Found:
    """Go once through the bytes, a bounded line at a time."""
    found, number = _Found(), 0
    while line := file.readline(_PIECE):
        number += 1
        # A piece of an overlong line may end inside a letter: take in the rest of it.
        if len(line) == _PIECE and not line.endswith(b"\n"):
            while not _ends_whole(line) and (more := file.read(1)):
                line += more
        if line.isascii():
            if b"\0" in line:
                raise _nul(number)
            continue
        if b"\0" in line:
            raise _nul(number)
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            found.first_bad = found.first_bad or number
            if len(found.sample) < _SAMPLE:
                found.sample += line[:_SAMPLE]
        else:
            # A byte order mark alone says nothing about the rest.
            found.whole = found.whole or not line.removeprefix(_UTF8_MARK).isascii()
    return found


def _ends_whole(line: bytes) -> bool:
    tail = line[-4:]
    for back in range(1, len(tail) + 1):
        byte = tail[-back]
        if byte < 0x80:  # noqa: PLR2004 - plain
            return True
        if byte >= 0xC0:  # noqa: PLR2004 - the first byte of a letter
            return back >= (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4)  # noqa: PLR2004
    return True


def _nul(number: int) -> UnreadableFileError:
    return UnreadableFileError(
        f"Line {number} holds NUL bytes: this is not a text file, or it is UTF-16 without its "
        f"mark. {_SAVE}"
    )


def _legacy(sample: bytes) -> tuple[str, str]:
    """Return codec and name of the one-byte encoding that the lines in `sample` are in."""
    high = _HIGH.findall(sample)
    runs = sum(len(run) for run in _HIGH_RUN.findall(sample))
    western = "cp1252"
    if runs <= _IN_RUNS * len(high) and _decodes(sample, western):
        return western, "Windows-1252 (western European)"
    if _decodes(sample, "cp1256"):
        letters = b"".join(high).decode("cp1256")
        arabic = sum("\u0600" <= letter <= "\u06ff" for letter in letters)
        alef = letters.count("\u0627")
        if arabic >= _ARABIC * len(letters) and alef >= _ALEF * len(letters):
            return "cp1256", "Windows-1256 (Arabic, Urdu)"
    raise UnreadableFileError(
        f"The letters of this file are in an encoding that cannot be told for certain. {_SAVE}",
        code="file_encoding_unknown",
    )


def _decodes(sample: bytes, codec: str) -> bool:
    try:
        sample.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def lines(stream: IO[str], most: int) -> Iterator[str]:
    """Yield the lines of a text stream with their ends.

    Raises:
        UnreadableFileError: a line of more than `most` characters, NUL, or undecodable bytes.
    """
    number = 0
    try:
        while line := stream.readline(most + 1):
            number += 1
            if len(line) > most:
                raise UnreadableFileError(
                    f"Line {number} has more than {most:,} characters. A file has one record a "
                    f"line; is the right file chosen?"
                )
            if "\0" in line:
                raise _nul(number)
            yield line
    except UnicodeError as error:
        raise UnreadableFileError(
            f"After line {number} there are bytes that are no text. {_SAVE}",
            code="file_encoding_mixed",
        ) from error


def read_text(path: Path, most: int) -> tuple[str, str | None]:
    """Return a whole text file of at most `most` bytes, and a note about its encoding."""
    if path.stat().st_size > most:
        raise UnreadableFileError(
            f"JSON in one piece and web pages may have {most // 2**20} MB at most. Split the "
            f"file, or send JSON Lines: one object a line.",
            code="file_too_large",
        )
    codec, note = encoding_of(path)
    try:
        text = path.read_bytes().decode(codec)
    except UnicodeError as error:
        raise UnreadableFileError(
            f"This file has bytes that are no text. {_SAVE}", code="file_encoding_mixed"
        ) from error
    if "\0" in text:
        raise _nul(text[: text.index("\0")].count("\n") + 1)
    return text, note

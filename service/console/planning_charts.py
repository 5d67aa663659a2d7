"""Bars, drawn on the server: the geometry only; the page writes the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 640
_ROW: Final = 52
_BAR: Final = 14
_TEXT: Final = 23
_ABOVE: Final = 12
_BELOW: Final = 14
"""More room above and below the letters of Nastaliq, which hang far under their line."""
_VALUE: Final = 90
"""Room for the number behind the longest bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. label, value: words. x, y, width: of the rectangle. faint: drawn as an outline.

    text_y: the line that the label stands on.
    """

    label: str
    value: str
    y: int
    x: float
    width: float
    text_x: float
    value_x: float
    text_y: int
    faint: bool = False

    @property
    def value_y(self) -> int:
        """The line that the number stands on."""
        return self.y + _BAR - 2


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars below each other. summary: what a picture says in one sentence."""

    bars: tuple[Bar, ...]
    summary: str
    row: int = _ROW

    @property
    def box(self) -> str:
        """The SVG's viewBox."""
        return f"0 0 {WIDTH} {max(1, len(self.bars)) * self.row}"

    @property
    def thick(self) -> int:
        """How high a bar is."""
        return _BAR


def bars(rows: Sequence[tuple[str, float, str, bool]], summary: str, *, rtl: bool) -> Chart:
    """Return (label, amount, amount in words, faint) as bars, from the side one reads from."""
    most = max((amount for _, amount, _, _ in rows), default=0) or 1
    made = []
    above, below = (_ABOVE, _BELOW) if rtl else (0, 0)
    row = _ROW + above + below
    for at, (label, amount, value, faint) in enumerate(rows):
        width = round((WIDTH - _VALUE) * amount / most, 1)
        made.append(
            Bar(
                label=label,
                value=value,
                y=at * row + above + _TEXT + 6 + below,
                text_y=at * row + above + _TEXT - 3,
                x=WIDTH - width if rtl else 0,
                width=width,
                text_x=WIDTH if rtl else 0,
                value_x=WIDTH - width - 8 if rtl else width + 8,
                faint=faint,
            )
        )
    return Chart(tuple(made), summary, row)

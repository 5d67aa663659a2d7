"""What an installation may set about guidance; the contract's defaults stand here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guidance:
    """Settings of what is added to an answer.

    age_hint: whether age adds options at all. age_from: the age from which options that use
    experience are added, and below which retraining is. diversity: how strongly an overseas
    answer is spread over countries, 0 (not at all) to 1.
    """

    age_hint: bool = True
    age_from: int = 45
    diversity: float = 0.2

"""What one currency is worth in another, on a stated day: to compare wages, never to pay by."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Units of each currency for one US dollar, and when and where they were read.

    Compared by identity, so that what is worked out with them can be kept.
    """

    per_dollar: Mapping[str, float]
    as_of: date
    source: str

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read currency,per_usd,as_of,source rows; ValueError where a rate is no rate."""
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if not rows:
            raise ValueError(f"{path} holds no rates")
        rates = {row["currency"]: float(row["per_usd"]) for row in rows}
        wrong = [currency for currency, rate in rates.items() if not rate > 0]
        if wrong:
            raise ValueError(f"{path}: the rate of {wrong[0]} is not above 0")
        oldest = min(rows, key=lambda row: row["as_of"])
        return cls(rates, date.fromisoformat(oldest["as_of"]), oldest["source"])

    def converted(self, amount: float, currency: str, into: str) -> float | None:
        """Return an amount in another currency, None where a rate is not known."""
        if currency == into:
            return amount
        if currency not in self.per_dollar or into not in self.per_dollar:
            return None
        return amount / self.per_dollar[currency] * self.per_dollar[into]

    def everywhere(self, amount: float, currency: str) -> dict[str, float]:
        """Return an amount in every currency it can be compared with, its own among them."""
        if currency not in self.per_dollar:
            return {currency: amount}
        dollars = amount / self.per_dollar[currency]
        # Its own currency to the last bit: a floor of 1,000 is not 1,000.0000000001.
        return {code: dollars * rate for code, rate in self.per_dollar.items()} | {currency: amount}

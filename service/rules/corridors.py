"""The register of corridors that ships with Homeward; officers keep it from there."""

import csv
from datetime import date
from pathlib import Path

from service.domain.corridor import Corridor, CorridorStatus


def read_corridors(path: Path) -> list[Corridor]:
    """Read data/rules/corridors.csv."""

    def day(value: str) -> date | None:
        return date.fromisoformat(value) if value else None

    with path.open(encoding="utf-8", newline="") as file:
        return [
            Corridor(
                origin=row["origin"],
                destination=row["destination"],
                status=CorridorStatus(row["status"]),
                visa_class=row["visa_class"] or None,
                starts=day(row["from"]),
                ends=day(row["to"]),
                reason=row["reason"],
                source=row["source"],
                last_verified=day(row["last_verified"]),
            )
            for row in csv.DictReader(file)
        ]

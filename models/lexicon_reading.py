"""How a second reader understands the lexicon of work: python -m models.lexicon_reading.

data/lexicon/work/second_reading.csv: a hundred forms of each language, said in English by a reader
who saw the form alone, and then held against the concept.
"""

import csv
from collections import Counter

from service.settings import bundled

VERDICTS = ("same", "near", "wrong", "unknown")


def report() -> list[str]:
    """Return a Markdown table of the verdicts by language."""
    path = bundled("data", "lexicon", "work", "second_reading.csv")
    with path.open(encoding="utf-8", newline="") as file:
        counts = Counter((row["lang"], row["verdict"]) for row in csv.DictReader(file))
    lines = ["| language | " + " | ".join(VERDICTS) + " |", "|---|" + "---:|" * len(VERDICTS)]
    for code in sorted({code for code, _ in counts}):
        cells = (str(counts[code, verdict]) for verdict in VERDICTS)
        lines.append(f"| {code} | " + " | ".join(cells) + " |")
    total = (str(sum(counts[key] for key in counts if key[1] == verdict)) for verdict in VERDICTS)
    return [*lines, "| all | " + " | ".join(total) + " |"]


if __name__ == "__main__":
    print("\n".join(report()))

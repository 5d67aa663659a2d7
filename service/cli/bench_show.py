"""The figures of `homeward bench` as tables, on the terminal and in the README."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from service.cli.terminal import out, put_between

TITLES: Final = {
    "ad-hoc": "Homeward, ad-hoc match",
    "ad-hoc, short": "the same, five words",
    "stored": "Homeward, stored person",
    "stored, again": "the same, asked again",
    "txtai": "txtai, plain search",
    "txtai, short": "the same, five words",
    "nothing": "empty FastAPI answer",
    "encoder": "bare encoder",
    "search": "bare search of the index",
    "sklearn": "scikit-learn, exact",
    "faiss": "faiss, exact",
    "pgvector": "pgvector alone",
}
Rows = list[list[str]]


def _tables(result: Mapping[str, Any]) -> list[tuple[str, Rows]]:
    """Return each table's title and rows, the first of them its head."""
    rows = result["rows"]
    sizes = [f"{row['listings']:,} listings" for row in rows]
    times = [["p50 / p99, ms", *sizes]]
    times += [
        [title, *(_pair(row["times"].get(name)) for row in rows)]
        for name, title in TITLES.items()
        if any(name in row["times"] for row in rows)
    ]
    ranked = [row["ranked"] for row in rows]
    times.append(["ranking alone, p50", *(f"{one['ranking_p50_ms']:.1f}" for one in ranked)])
    ratios = [["ratio (middle half)", *sizes]]
    names = dict.fromkeys(name for row in rows for name in row["ratios"])
    ratios += [[name, *(_spread(row["ratios"].get(name)) for row in rows)] for name in names]
    ratios.append(["whole answer / ranking alone", *(_spread(one["ratio"]) for one in ranked)])
    return [("Times", times), ("Ratios", ratios), *_more_tables(rows, sizes)]


def _more_tables(rows: Sequence[Mapping[str, Any]], sizes: list[str]) -> list[tuple[str, Rows]]:
    many = [["requests a second", *sizes]]
    for name, title in TITLES.items():
        known = [row["throughput"][name] for row in rows if name in row["throughput"]]
        many += [
            [f"{title}, {clients} at once", *(_rate(row, name, clients) for row in rows)]
            for clients in (known[0] if known else ())
        ]
    rest = [["", *sizes]]
    for name, title in (
        ("ready_s", "restart to ready, s"),
        ("fresh_s", "new listing to answer, s"),
        ("memory_mib", "memory, MiB"),
        ("memory_own_mib", "of it not mapped from files, MiB"),
        ("txtai_ready_s", "txtai, start to ready, s"),
        ("txtai_memory_mib", "txtai, memory, MiB"),
    ):
        rest.append([title, *("" if row[name] is None else f"{row[name]:,.2f}" for row in rows)])
    for name, title in (("all", "all"), ("country", "one country"), ("few", "one in a hundred")):
        rest.append([f"recall@50, {title}", *(f"{row['recall'][name]:.4f}" for row in rows)])
    for name, title in (("all", "all"), ("country", "one country"), ("few", "one in a hundred")):
        known = [row["recall"].get(f"pgvector, {name}") for row in rows]
        if any(one is not None for one in known):
            shown = ("" if one is None else f"{one:.4f}" for one in known)
            rest.append([f"recall@50 in PostgreSQL, {title}", *shown])
    return [("Clients at once", many), ("Others", rest)]


def _pair(times: Sequence[float] | None) -> str:
    return "" if times is None else f"{times[0]:,.2f} / {times[1]:,.2f}"


def _spread(one: Mapping[str, float] | None) -> str:
    return "" if one is None else f"{one['median']:.2f} ({one['low']:.2f} to {one['high']:.2f})"


def _rate(row: Mapping[str, Any], name: str, clients: int) -> str:
    known = row["throughput"].get(name)
    return "" if known is None else f"{known[clients]:,.1f}"


def _bulk(result: Mapping[str, Any]) -> str:
    said = f"Encoding in bulk: {_spread(result['phrases_per_s'])} phrases a second"
    if result["over_torch"] is not None:
        said += f", {_spread(result['over_torch'])} times sentence-transformers on torch"
    return f"{said}. One run on {result['machine']}."


def show(result: Mapping[str, Any]) -> None:
    """Print the tables."""
    for title, (head, *rows) in _tables(result):
        table = Table(*head, title=title)
        for row in rows:
            table.add_row(*row)
        out.print(table)
    out.print(_bulk(result))


def write_readme(path: Path, result: Mapping[str, Any]) -> None:
    """Put the tables between the marks in a file."""
    lines = []
    for _, (head, *rows) in _tables(result):
        lines += [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
        lines += [f"| {' | '.join(row)} |" for row in rows]
        lines.append("")
    put_between(path, "bench", "\n".join([*lines, _bulk(result)]))

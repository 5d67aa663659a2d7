"""The figures of `homeward bench` as tables, on the terminal and in the README, and as a plot."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.table import Table

from service.cli.terminal import out, put_between

_TITLES: Final = {
    "ad-hoc": "Homeward, ad-hoc match",
    "ad-hoc, short": "the same, five words",
    "stored": "Homeward, stored person",
    "txtai": "txtai, plain search",
    "txtai, short": "the same, five words",
    "nothing": "empty FastAPI answer",
    "encoder": "bare encoder",
    "search": "bare search of the index",
    "sklearn": "scikit-learn, exact",
    "faiss": "faiss, exact",
}
_OURS, _LIGHT, _OTHERS, _FLOOR = "#0b6e4f", "#7cc4a8", "#9a6b1f", "#9aa5b1"
_LINES: Final = {"ad-hoc": _OURS, "stored": _LIGHT, "txtai": _OTHERS, "search": _FLOOR}

Rows = list[list[str]]


def _tables(result: Mapping[str, Any]) -> list[tuple[str, Rows]]:
    """Return each table's title and rows, the first of them its head."""
    rows = result["rows"]
    sizes = [f"{row['listings']:,} listings" for row in rows]
    times = [["p50 / p99, ms", *sizes]]
    times += [
        [title, *(_pair(row["times"].get(name)) for row in rows)]
        for name, title in _TITLES.items()
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
    for name, title in _TITLES.items():
        known = [row["throughput"][name] for row in rows if name in row["throughput"]]
        many += [
            [f"{title}, {clients} clients", *(_rate(row, name, clients) for row in rows)]
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


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Draw how p50 grows with the listings, and throughput at the size txtai was last measured."""
    # Text as text, and no date: the same figures give the same file.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "homeward", "font.size": 10}):
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        _growth(left, result["rows"])
        _crowd(right, result["rows"])
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _growth(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    for name, colour in _LINES.items():
        points = [(row["listings"], row["times"][name][0]) for row in rows if name in row["times"]]
        if points:
            axes.plot(*zip(*points, strict=True), "o-", color=colour, label=_TITLES[name])
    axes.set(xscale="log", yscale="log", xlabel="listings", ylabel="p50, ms")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _crowd(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    row = next((one for one in reversed(rows) if "txtai" in one["throughput"]), rows[-1])
    shown = [name for name in ("ad-hoc", "stored", "txtai") if name in row["throughput"]]
    for at, name in enumerate(shown):
        counts = row["throughput"][name]
        places = [place + (at - 1) * 0.27 for place in range(len(counts))]
        bars = axes.bar(places, counts.values(), 0.25, color=_LINES[name], label=_TITLES[name])
        axes.bar_label(bars, fmt="%.0f", fontsize=8)
    axes.set_xticks(range(len(counts)), [f"{clients} clients" for clients in counts])
    axes.set(ylabel="requests a second", title=f"{row['listings']:,} listings")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)

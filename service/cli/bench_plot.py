"""The figures of `homeward bench` as a plot; apart, because matplotlib takes long to import."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from service.cli.bench_show import TITLES

_OURS, _LIGHT, _OTHERS, _FLOOR = "#0b6e4f", "#7cc4a8", "#9a6b1f", "#9aa5b1"
_LINES: Final = {"ad-hoc": _OURS, "stored": _LIGHT, "txtai": _OTHERS, "search": _FLOOR}


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
            axes.plot(*zip(*points, strict=True), "o-", color=colour, label=TITLES[name])
    axes.set(xscale="log", yscale="log", xlabel="listings", ylabel="p50, ms")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _crowd(axes: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    row = next((one for one in reversed(rows) if "txtai" in one["throughput"]), rows[-1])
    shown = [name for name in ("ad-hoc", "stored", "txtai") if name in row["throughput"]]
    for at, name in enumerate(shown):
        counts = row["throughput"][name]
        places = [place + (at - 1) * 0.27 for place in range(len(counts))]
        bars = axes.bar(places, counts.values(), 0.25, color=_LINES[name], label=TITLES[name])
        axes.bar_label(bars, fmt="%.0f", fontsize=8)
    axes.set_xticks(range(len(counts)), [f"{clients} at once" for clients in counts])
    axes.set(ylabel="requests a second", title=f"{row['listings']:,} listings")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)

"""The figures of `homeward evaluate` as one page of plots that opens without a network."""

import io
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from service.cli.evaluate_show import TITLES

_OURS, _LIGHT, _OTHERS = "#0b6e4f", "#7cc4a8", "#9aa5b1"
_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem;
  color: #1f2933; background: #fff; }
figure { margin: 2rem 0; } figcaption { max-width: 46rem; } svg { max-width: 100%; height: auto; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2.5rem 0 0; }
"""


def write_page(result: Mapping[str, Any], path: Path) -> None:
    """Draw everything that was measured into one HTML file with the plots inside."""
    gain, fit, proof = result["gain_over_best"], result["calibration"], result["evidence"]
    parts = [
        _figure(
            "The ranking beside what could be assembled from parts",
            _systems(result["systems"]),
            f"Mean nDCG@10 with 95% intervals over people. Homeward stands {gain['gain']:+.1%} "
            f"over {result['best_baseline']}, the best baseline ({gain['low']:+.1%} to "
            f"{gain['high']:+.1%}). Channels are parts of Homeward ranking alone.",
        ),
        _figure(
            "Is a score the chance of a referral?",
            _calibration(fit["bins"]),
            f"Shown matches by score, against the share an officer would refer. On the line, 0.7 "
            f"means seven of ten. Mean distance {fit['error']:.3f} over {fit['pairs']:,} matches; "
            "a dot is as large as its matches are many.",
        ),
        _figure(
            "What must not matter: twins answered alike",
            _twins(result["twins"]),
            "Share of pairs of texts that get the same listings in the same order though a name, "
            "a gender, or a sentence about something else than work differs: the first ten of "
            "every route, the ten best overall, and the ten nearest by a plain encoder.",
        ),
        _figure(
            "By route",
            _bars(result["by_route"], "ndcg"),
            "nDCG@10 within each route, 95% intervals.",
        ),
        _figure(
            "By trade family, gender and home country",
            _groups(result),
            "nDCG@10, 95% intervals; families have few people, so most differences mean nothing.",
        ),
    ]
    body = "\n".join(parts)
    path.write_text(
        f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Homeward: gold {result["split"]}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>
<body><h1>Homeward on gold {result["split"]}, {result["people"]} people</h1>
<p>Evidence: of the requirements said to be met {proof["precision"]:.0%} are, and
{proof["recall"]:.0%} of those that are met were found ({proof["pairs"]} labels).</p>
{body}
</body></html>
""",
        encoding="utf-8",
    )


def _figure(title: str, drawing: Figure, caption: str) -> str:
    file = io.StringIO()
    # Text stays text: it can be searched, and a screen reader reads it.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "homeward"}):
        drawing.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :].replace("<svg", '<svg role="img"', 1)
    return (
        f"<h2>{escape(title)}</h2><figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _canvas(rows: int) -> tuple[Figure, Axes]:
    drawing = Figure(figsize=(9, 0.9 + 0.34 * rows))
    axes = drawing.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return drawing, axes


def _intervals(
    axes: Axes, names: Sequence[str], found: Sequence[Mapping[str, float]], colours: Sequence[str]
) -> None:
    means = [one["mean"] for one in found]
    low = [max(0.0, one["mean"] - one["low"]) for one in found]
    high = [max(0.0, one["high"] - one["mean"]) for one in found]
    axes.barh(range(len(names)), means, color=colours, xerr=(low, high), ecolor="#52606d")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)


def _systems(systems: Mapping[str, Any]) -> Figure:
    names = sorted(systems, key=lambda name: -systems[name]["ndcg"]["mean"])
    drawing, axes = _canvas(len(names))
    colours = [_OURS if name == "Homeward" else _OTHERS for name in names]
    _intervals(axes, names, [systems[name]["ndcg"] for name in names], colours)
    axes.set_xlabel(TITLES["ndcg"])
    return drawing


def _bars(found: Mapping[str, Any], measure: str) -> Figure:
    drawing, axes = _canvas(len(found))
    _intervals(axes, list(found), [one[measure] for one in found.values()], [_OURS] * len(found))
    axes.set_xlabel(TITLES[measure])
    return drawing


def _groups(result: Mapping[str, Any]) -> Figure:
    rows = [
        (f"{name} ({one['people']})", one)
        for group in ("by_gender", "by_country", "by_family")
        for name, one in result[group].items()
    ]
    drawing, axes = _canvas(len(rows))
    _intervals(axes, [name for name, _ in rows], [one for _, one in rows], [_OURS] * len(rows))
    axes.set_xlabel(f"{TITLES['ndcg']} (people)")
    return drawing


def _calibration(bins: Sequence[Sequence[float]]) -> Figure:
    drawing = Figure(figsize=(5, 5))
    axes = drawing.add_subplot()
    axes.plot((0, 1), (0, 1), color=_OTHERS, linestyle="--")
    most = max(count for _, _, count in bins)
    sizes = [20 + 380 * count / most for _, _, count in bins]
    axes.scatter([one[0] for one in bins], [one[1] for one in bins], s=sizes, color=_OURS)
    axes.set_xlabel("score")
    axes.set_ylabel("share an officer would refer")
    return drawing


def _twins(twins: Sequence[Mapping[str, Any]]) -> Figure:
    drawing, axes = _canvas(2 * len(twins))
    places = range(len(twins))
    for shift, measure, colour in (
        (-0.27, "same", _OURS),
        (0, "same_best_ten", _LIGHT),
        (0.27, "plain", _OTHERS),
    ):
        widths = [one[measure] for one in twins]
        axes.barh([place + shift for place in places], widths, 0.27, color=colour)
    axes.set_yticks(list(places), [f"{one['change']} ({one['pairs']})" for one in twins])
    axes.axvline(0.95, color="#52606d", linestyle=":")
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.legend(("95%", "every route", "best ten", "plain encoder"), loc="lower right")
    axes.set_xlabel("same ten in the same order")
    return drawing

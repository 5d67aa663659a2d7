"""homeward bench-import: a file taken in, beside the bare encoder over the texts it needs."""

import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from service.api.checks import Contract
from service.api.listing_models import ListingIn
from service.cli.bench_listings import distinct_jobs
from service.cli.bench_people_command import people_lines
from service.cli.terminal import fail, log_to_stderr, out, put_between
from service.domain.access import Caller, Scope
from service.domain.batch import BatchState
from service.domain.embedding import ModelIdentity, Vectors
from service.domain.errors import HomewardError, UnreadableFileError
from service.domain.imported import FileFormat, ImportKind
from service.ports import Encoder, Tools
from service.settings import Settings
from service.usecases.import_records import run_imports
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_organisation
from service.usecases.submit_import import Upload, submit_import
from service.wiring import open_tools

_WARM_UP: Final = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of record: medians over the rounds, but `ratio_least` and `ratio_most`.

    rows and texts are those of a round. import_s: from the queued file to records that can be
    found. encoder_s: the bare encoder over the distinct texts that the import had encoded.
    processor_ratio: the same ratio in processor time, which other work on the machine moves less.
    """

    kind: str
    rows: int
    texts: int
    import_s: float
    encoder_s: float
    ratio: float
    ratio_least: float
    ratio_most: float
    processor_ratio: float


class _Recording:
    """Implements `service.ports.Encoder` over another; notes each text it is asked for."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.asked: dict[str, None] = {}

    @property
    def model(self) -> ModelIdentity:
        return self.encoder.model

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked |= dict.fromkeys(texts)
        return self.encoder.encode(texts)


def bench_import(
    onet: Annotated[Path, typer.Option(help="Folder with O*NET's titles and tasks.")],
    rows: Annotated[int, typer.Option(min=1, help="Rows of each file.")] = 1000,
    rounds: Annotated[int, typer.Option(min=1, help="Files of each kind.")] = 5,
    write_json: Annotated[Path | None, typer.Option("--json", help="Write figures here.")] = None,
    readme: Annotated[Path | None, typer.Option(help="Put the table into this file.")] = None,
) -> None:
    """Measure imports of listings and people against the bare encoder, in turns in one process."""
    log_to_stderr("ERROR")
    wanted = _WARM_UP + rows * rounds
    lines = {
        ImportKind.LISTINGS: listing_lines(onet, wanted),
        ImportKind.RETURNEES: list(dict.fromkeys(people_lines(onet))),
    }
    try:
        found = [_measure(kind, some[:wanted], rows) for kind, some in lines.items()]
    except HomewardError as error:
        fail(error)
    table = Table(*asdict(found[0]), title="Imports")
    for one in found:
        table.add_row(*_cells(one))
    out.print(table)
    if write_json is not None:
        write_json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    if readme is not None:
        text = [f"{platform.machine()}, {rounds} files of {rows} rows each.", ""]
        text += [f"| {' | '.join(asdict(found[0]))} |", "|---|" + "---:|" * 8]
        text += [f"| {' | '.join(_cells(one))} |" for one in found]
        put_between(readme, "bench-import", "\n".join(text))


def _cells(one: Measured) -> list[str]:
    return [
        value if isinstance(value, str) else f"{value:,.{2 if isinstance(value, float) else 0}f}"
        for value in asdict(one).values()
    ]


def listing_lines(onet: Path, wanted: int) -> list[str]:
    """Return lines of JSON, a distinct job in each."""
    known = ListingIn.model_fields
    return [
        json.dumps(
            {name: said for name, said in asdict(job).items() if said and name in known}
            | {"external_id": str(at)}
        )
        for at, job in enumerate(distinct_jobs(onet)[:wanted])
    ]


def _measure(kind: ImportKind, lines: Sequence[str], rows: int) -> Measured:
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as place:
        settings = Settings(data_dir=Path(place) / "data", key_file=Path(place) / "keys.json")
        with open_tools(settings) as tools:
            ensure_first_organisation(tools)
            # What is read once for each process, such as the lexicon, is no import's own.
            one_round(tools, kind, lines[:_WARM_UP])
            starts = range(_WARM_UP, len(lines), rows)
            turns = [one_round(tools, kind, lines[at : at + rows]) for at in starts]
    ratios = [one.import_s / one.encoder_s for one in turns]
    return Measured(
        kind=kind.value,
        rows=rows,
        texts=round(statistics.median(one.texts for one in turns)),
        import_s=statistics.median(one.import_s for one in turns),
        encoder_s=statistics.median(one.encoder_s for one in turns),
        ratio=statistics.median(ratios),
        ratio_least=min(ratios),
        ratio_most=max(ratios),
        processor_ratio=statistics.median(one.processor_ratio for one in turns),
    )


@dataclass(frozen=True, slots=True)
class _Turn:
    texts: int
    import_s: float
    encoder_s: float
    processor_ratio: float


def one_round(tools: Tools, kind: ImportKind, lines: Sequence[str]) -> _Turn:
    """Take a file in, then encode what it needed once more, with nothing else."""
    recording = _Recording(tools.encoder)
    content = "\n".join(lines).encode()
    upload = Upload(content=content, kind=kind, format=FileFormat.JSONL, source="bench")
    caller = Caller("bench", FIRST_ORGANISATION, frozenset({Scope.ADMIN}))
    batch = submit_import(tools, upload, caller).batch
    import_s, import_cpu_s = _timed(
        lambda: run_imports(replace(tools, encoder=recording), Contract())
    )
    progress = tools.store.batch(FIRST_ORGANISATION, batch.id).progress
    if progress.state is not BatchState.DONE:
        raise UnreadableFileError(progress.detail or "The import did not end.")
    texts = list(recording.asked)
    encoder_s, encoder_cpu_s = _timed(lambda: tools.encoder.encode(texts))
    return _Turn(len(texts), import_s, encoder_s, import_cpu_s / encoder_cpu_s)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that work takes, and those of the processor."""
    started, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - busy

"""homeward bench at a tiny size: that it measures what it says, never how fast."""

import gzip
import json
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli import app, bench_command, bench_txtai, bench_within
from service.cli.bench_import_command import listing_lines, one_round
from service.cli.bench_server import Spread, percentile
from service.cli.bench_turns import Timed, in_turns
from service.cli.bench_within import people_words
from service.domain.imported import ImportKind
from service.ports import Tools
from service.usecases.manage_keys import ensure_first_organisation

_TITLES = ("Pipe Welder", "Brick Mason", "Pastry Cook", "Tower Crane Operator", "Ward Aide")
_TASKS = ("Join pipes with an arc.", "Lay bricks in a line.", "Bake bread.", "Lift loads.")


@pytest.fixture
def onet(tmp_path: Path) -> Path:
    """A folder with a few titles and tasks, laid out as O*NET's are."""
    folder = tmp_path / "onet"
    folder.mkdir()
    titles = "".join(f"47-{at}\t{title}\n" for at, title in enumerate(_TITLES))
    tasks = "".join(f"47-{at}\t{task}\n" for at in range(len(_TITLES)) for task in _TASKS)
    for name, column, rows in (
        ("Alternate_Titles", "Alternate Title", titles),
        ("Task_Statements", "Task", tasks),
    ):
        with gzip.open(folder / f"{name}.txt.gz", "wt", encoding="utf-8") as file:
            file.write(f"O*NET-SOC Code\t{column}\n{rows}")
    return folder


def test_bench_measures_every_row_at_a_tiny_size(
    onet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run gives times, ratios, throughput, memory and recall, a table and a plot."""
    monkeypatch.setattr(bench_txtai, "installed", lambda: False)
    monkeypatch.setattr(bench_command, "CLIENTS", (1, 2))
    monkeypatch.setattr(bench_within, "_BULK_TEXTS", 8)
    # Torch takes ten seconds to import; its row is left out as where it is not installed.
    monkeypatch.setattr(bench_within, "_torch", lambda: None)
    # What the third says first holds no work, and is refused.
    words = [*people_words()[:2], ("We are five ladies who sew quilts and bags.", "BD")]
    for module in (bench_command, bench_within):
        monkeypatch.setattr(module, "people_words", lambda: words)
    # The sample takes half a minute to read; here the titles are enough.
    monkeypatch.setattr(bench_command, "load_sample", lambda *_: (0, 0))
    readme, figures, plot = tmp_path / "README.md", tmp_path / "figures.json", tmp_path / "plot.svg"
    readme.write_text("<!-- bench:begin -->\n<!-- bench:end -->\n", encoding="utf-8")
    options = {"--onet": onet, "--sizes": 12, "--requests": 10, "--seconds": 0.1}
    options |= {"--json": figures, "--readme": readme, "--plot": plot}
    ran = CliRunner().invoke(app, ["bench", *(str(x) for pair in options.items() for x in pair)])
    assert ran.exit_code == 0, ran.output
    assert "txtai is not installed" in ran.output
    (row,) = json.loads(figures.read_text(encoding="utf-8"))["rows"]
    assert row["listings"] == 12
    assert {"ad-hoc", "stored", "nothing", "search", "sklearn", "faiss"} <= row["times"].keys()
    assert "stored, again" in row["times"].keys() & row["throughput"].keys()
    assert not any(name.startswith("txtai") for name in row["times"])
    assert all(0 < p50 <= p99 for p50, p99 in row["times"].values())
    assert row["throughput"]["ad-hoc"].keys() == {"1", "2"}
    assert row["recall"] == {"all": 1.0, "country": 1.0, "few": 1.0}
    assert row["ready_s"] > 0
    assert row["fresh_s"] > 0
    assert "| Homeward, ad-hoc match |" in readme.read_text(encoding="utf-8")
    assert plot.read_text(encoding="utf-8").startswith("<?xml")


def test_more_than_the_sample_needs_titles() -> None:
    """A size without O*NET's files is refused before anything is measured."""
    ran = CliRunner().invoke(app, ["bench", "--sizes", "100"])
    assert ran.exit_code == 2


def test_turns_compare_block_by_block() -> None:
    """A ratio is that of the medians of blocks taken in turns."""
    slow = Timed("slow", iter(()), [[4.0, 4.0, 9.0], [8.0, 8.0, 8.0]])
    quick = Timed("quick", iter(()), [[2.0, 2.0, 2.0], [2.0, 1.0, 2.0]])
    assert slow.over_that(quick) == Spread(3.0, 2.0, 4.0)
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0


def test_turns_time_every_call_after_a_warm_up() -> None:
    """Each is called as often as was asked, and first some times unseen."""
    called: list[str] = []
    both = [Timed(name, iter([partial(called.append, name)] * 100)) for name in ("a", "b")]
    in_turns(both, 20)
    assert [len(one.times) for one in both] == [20, 20]
    assert called[:20] == ["a"] * 10 + ["b"] * 10
    assert called[20:40] == ["a"] * 10 + ["b"] * 10


def test_an_import_is_measured_beside_the_texts_it_needs(onet: Path, tools: Tools) -> None:
    """A title, its tasks and both as one, each once, however many rows say them."""
    ensure_first_organisation(tools)
    turn = one_round(tools, ImportKind.LISTINGS, listing_lines(onet, 3))
    assert 3 + 3 < turn.texts <= 3 + 3 + len(_TASKS)
    assert min(turn.import_s, turn.encoder_s, turn.processor_ratio) > 0

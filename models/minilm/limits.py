"""What an artifact must keep to before it may ship."""

from models.minilm.measure import Measurement, Reference
from models.minilm.timing import Speed

MOST_LOSS = 0.5
"""Points (hundredths) of MRR, MAP or nDCG@10 that it may lose against fp32 on any benchmark."""
MOST_MEGABYTES = 35
MOST_LOAD_SECONDS = 1.0
LEAST_ALONE_COSINE = 0.999
"""Between a text's vector made alone and made in a batch, for the worst probe."""


def losses(measurement: Measurement, reference: Reference) -> dict[str, float]:
    """Return the points lost against fp32, by benchmark and measure; negative is a gain."""
    lost = {}
    pairs = zip(reference.benchmarks, measurement.ranked, reference.ranked, strict=True)
    for benchmark, found, exact in pairs:
        lost[f"{benchmark.name} MRR"] = 100 * (exact.mrr - found.mrr)
        lost[f"{benchmark.name} MAP"] = 100 * (exact.map - found.map)
        lost[f"{benchmark.name} nDCG@10"] = 100 * (exact.ndcg10 - found.ndcg10)
    return lost


def broken(measurement: Measurement, speed: Speed, reference: Reference) -> list[str]:
    """Return in words every limit that the artifact breaks; empty when it may ship."""
    found = [
        f"{name} falls by {lost:.2f} points (limit {MOST_LOSS})"
        for name, lost in losses(measurement, reference).items()
        if lost > MOST_LOSS
    ]
    if measurement.megabytes > MOST_MEGABYTES:
        found.append(f"{measurement.megabytes:.1f} MB (limit {MOST_MEGABYTES})")
    if speed.load_s > MOST_LOAD_SECONDS:
        found.append(f"loads in {speed.load_s:.2f} s (limit {MOST_LOAD_SECONDS})")
    if measurement.alone.least < LEAST_ALONE_COSINE:
        found.append(
            f"cosine {measurement.alone.least:.4f} between a text alone and in a batch"
            f" (limit {LEAST_ALONE_COSINE})"
        )
    return found

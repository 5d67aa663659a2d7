"""The first pathways of people whose best job is a stretch hold a training that truly helps.

The table is hand-judged, and the weights were set on it: a gate, not a claim.
"""

from service.ports import Tools
from service.settings import bundled
from service.usecases.measure_pathways import pathway_quality
from tests.quality.test_gold_dev import NoBar


def test_a_training_that_helps_is_among_the_first_three(sample_tools: Tools) -> None:
    """For eight in ten of those for whom the sample holds one."""
    found = pathway_quality(sample_tools, bundled("data"), NoBar())
    assert found.people == 32
    assert found.helped >= 26, found.missed

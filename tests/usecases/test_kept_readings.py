"""A reading is kept under all it rests on, not under the encoder alone."""

from service.ports import Tools


def test_a_reading_knows_more_than_its_encoder(sample_tools: Tools) -> None:
    """New word lists or a new reader make another revision; width and name stay."""
    reading, encoder = sample_tools.reading, sample_tools.encoder.model
    assert (reading.id, reading.dimensions) == (encoder.id, encoder.dimensions)
    assert reading.revision != encoder.revision

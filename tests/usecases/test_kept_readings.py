"""A reading is kept under all it rests on, not under the encoder alone."""

from service.domain.person import Profile
from service.domain.records import Put
from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.register_person import read_again
from tests.contracts.examples import reading


def test_a_reading_knows_more_than_its_encoder(sample_tools: Tools) -> None:
    """New word lists or a new reader make another revision; width and name stay."""
    reading, encoder = sample_tools.reading, sample_tools.encoder.model
    assert (reading.id, reading.dimensions) == (encoder.id, encoder.dimensions)
    assert reading.revision != encoder.revision


def test_words_that_cannot_be_read_any_more_keep_nobody_waiting(tools: Tools) -> None:
    """Read to nothing once, they leave the line to those behind them."""
    for text in ("Ελληνικά λόγια", "I lay bricks and plaster walls"):
        put = Put(organisation_id=FIRST_ORGANISATION, content=Profile(text=text))
        tools.store.put_person(put, None, reading("read by an older release"))
    assert read_again(tools, 1) == 1
    assert read_again(tools, 1) == 1
    assert read_again(tools, 1) == 0
    people = tools.store.page_of_people(FIRST_ORGANISATION, after=0, limit=9, where={}).items
    reads = tools.store.readings([one.id for one in people], tools.reading)
    assert [len(reads[one.id].vectors) > 1 for one in people] == [False, True]

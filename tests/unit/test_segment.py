"""Free words cut into phrases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.skills.segment import MOST_PHRASES, phrases


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I weld. I cut pipes", ["I weld", "I cut pipes"]),
        ("tiles, marble; granite", ["tiles", "marble", "granite"]),
        ("lay bricks and plaster walls", ["lay bricks", "plaster walls"]),
        ("cook and clean", ["cook and clean"]),
        ("masonry & plaster", ["masonry & plaster"]),
        ("cook plus clean", ["cook plus clean"]),
        ("I did A.C. work in Doha", ["I did A.C. work in Doha"]),
        ("level 2.5 welder", ["level 2.5 welder"]),
        ("25,000 bricks", ["25,000 bricks"]),
        ("pipes (steel, PPR)", ["pipes", "steel", "PPR"]),
        ("mason - Dubai - 8 years", ["mason", "Dubai", "8 years"]),
        ("ready-mix concrete", ["ready-mix concrete"]),
        ("আমি রান্না করি। আমি ঘর পরিষ্কার করি", ["আমি রান্না করি", "আমি ঘর পরিষ্কার করি"]),
        ("রান্না এবং পরিষ্কার", ["রান্না এবং পরিষ্কার"]),
        ("بجلی کا کام۔ پلمبنگ، ویلڈنگ", ["بجلی کا کام", "پلمبنگ", "ویلڈنگ"]),  # noqa: RUF001
        ("घर सफा गर्ने र खाना पकाउने", ["घर सफा गर्ने", "खाना पकाउने"]),
        ("ගේ අතුගානවා සහ කෑම උයනවා", ["ගේ අතුගානවා", "කෑම උයනවා"]),
        ("வீடு துடைப்பேன் மற்றும் சமையல் செய்வேன்", ["வீடு துடைப்பேன்", "சமையல் செய்வேன்"]),
        ("كنت سائق شاحنة وأعرف صيانة المحرك", ["كنت سائق شاحنة", "أعرف صيانة المحرك"]),
        ("تنظيف البيت والاهتمام بالأطفال", ["تنظيف البيت", "الاهتمام بالأطفال"]),
        ("الطبخ والتنظيف", ["الطبخ والتنظيف"]),
        ("أعيش مع أمي ووالدي المسن", ["أعيش مع أمي ووالدي المسن"]),
        ("كنت أعيش مع والدي المسن", ["كنت أعيش مع والدي المسن"]),
        ("- mason\n- mason\n* painter", ["mason", "painter"]),
        ("12 345 !!! ...", []),
        ("", []),
    ],
)
def test_phrases_of(text: str, expected: list[str]) -> None:
    """Punctuation of every script cuts, conjunctions cut where both sides say something."""
    assert phrases(text) == expected


SCRAPS = (
    *("weld", "I", "and", "&", "plus", "aur", "A.C.", "5", " ", "  ", ".", ",", "\n", "\t", "("),
    *("এবং", "রাজ", "\u09df", "য়", "লেপ", "ঘর", "।", "او", "\u200d", "-", "\u2013"),
)
mixed = st.lists(st.sampled_from(SCRAPS), max_size=60).map("".join)


@given(st.one_of(mixed, st.text(max_size=200)))
def test_every_phrase_is_the_persons_own_words(text: str) -> None:
    """Each phrase stands in the text letter for letter, once, in order, with a letter in it."""
    found = phrases(text)
    assert len(found) == len(set(found)) <= MOST_PHRASES
    assert all(phrase in text and phrase == phrase.strip() for phrase in found)
    assert all(any(letter.isalpha() for letter in phrase) for phrase in found)


def test_endless_text_is_cut_into_readable_runs() -> None:
    """What nobody punctuated comes in runs of 24 words; the rest beyond 40 phrases is left."""
    text = " ".join(f"word{number}" for number in range(5000))
    found = phrases(text)
    assert len(found) == MOST_PHRASES
    assert {len(phrase.split()) for phrase in found} == {24}
    assert " ".join(found) == text[: len(" ".join(found))]

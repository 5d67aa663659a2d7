"""What sheets say: in every language, about everything, and never what would tell."""

import ast
import string
from datetime import date

import pytest

from service.domain.listing import WagePeriod
from service.domain.match import Bridge, Flag, MissingKind, Phrase, Severity, Tier
from service.domain.said import Country, Currency, Fact, Money, Tongue
from service.rules import flags
from service.settings import bundled
from service.skills.discretion import Discretion
from service.skills.interpret import Interpreter
from service.skills.neutral import Neutraliser
from service.skills.spelling import Speller
from service.skills.wording import written
from service.usecases.word_referral import LABELS, flag_worded
from tests.unit.sheets import BOOK, DAY, FLAGS, NOTES

LANGUAGES = {"bn", "en", "hi", "ur", "ne", "ar", "ta", "si", "ml", "tl", "id"}


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _flag_codes() -> set[str]:
    """Return every code that rules/flags.py gives."""
    with open(flags.__file__, encoding="utf-8") as file:  # noqa: PTH123 - a module's own path
        tree = ast.parse(file.read())
    return {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "Flag"
        and isinstance(node.args[0], ast.Constant)
    }


def test_no_language_lacks_a_phrase() -> None:
    """All eleven say everything English says, with the same facts in it, in words of their own."""
    assert set(BOOK.languages) == LANGUAGES
    english = BOOK.phrases["en"]
    for language, phrases in BOOK.phrases.items():
        assert list(phrases) == list(english), language
        for key, text in phrases.items():
            assert text == text.strip() != "", (language, key)
            assert _places(text) == _places(english[key]), (language, key)
        same = {key for key in english if phrases[key] == english[key] and language != "en"}
        assert same <= {"employer", "range"}, language


def test_everything_an_answer_can_hold_has_words() -> None:
    """Tiers, gaps, bridges, periods, headings and every flag there is."""
    keys = {*LABELS, *Tier, *Bridge, *WagePeriod, *_flag_codes()}
    keys |= {f"gap_{kind}" for kind in MissingKind if kind is not MissingKind.EXPERIENCE}
    assert not [key for key in keys if not BOOK.knows(key)]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_flag_is_said_in_full(language: str) -> None:
    """With its facts, and without a place left open."""
    known: dict[str, dict[str, Fact]] = FLAGS | NOTES
    for code in _flag_codes():
        said = flag_worded(BOOK, language, Flag(code, Severity.INFO, "", known.get(code, {})))
        assert "{" not in said.own + said.english
        assert (said.own == said.english) is (language == "en"), code


@pytest.mark.parametrize(
    ("fact", "language", "expected"),
    [
        (Money(25_000, "BDT"), "bn", "২৫,০০০ বাংলাদেশী টাকা"),  # noqa: RUF001 - digits of their own
        (Money(25_000, "BDT"), "en", "25,000 BDT"),
        (Money(9.5, "GBP"), "en", "9.5 GBP"),
        (1_250, "ne", "१,२५०"),
        (1_250.5, "ar", "١\u066c٢٥٠\u066b٥"),  # noqa: RUF001 - digits of their own
        (1_250.5, "id", "1.250,5"),
        (date(2027, 3, 4), "hi", "4 मार्च 2027"),
        (date(2027, 3, 4), "bn", "৪ মার্চ ২০২৭"),  # noqa: RUF001 - digits of their own
        (Country("SA"), "ur", "سعودی عرب"),
        (Country("SA"), "tl", "Saudi Arabia"),
        (Tongue("ko", "A2"), "en", "Korean A2"),
        (Currency("SAR"), "en", "SAR"),
    ],
)
def test_facts_are_written_as_each_language_does(fact: Fact, language: str, expected: str) -> None:
    """Digits are people's own where they use their own."""
    assert written(fact, language) == expected


def test_a_listings_words_keep_their_direction() -> None:
    """In a line read from the right they are set apart; elsewhere nothing is added."""
    assert BOOK.say("ur", "course", what="NVQ 3 (RPL)").own.endswith("\u2068NVQ 3 (RPL)\u2069")
    assert BOOK.say("bn", "course", what="NVQ 3 (RPL)").own.endswith("NVQ 3 (RPL)")


def test_a_trade_has_its_name_where_one_is_written_down() -> None:
    """Only where the title is the trade and nothing more."""
    assert BOOK.trade("bn", "Mason") == "রাজমিস্ত্রি"
    assert BOOK.trade("bn", "Mason (night shift)") is None
    assert BOOK.trade("en", "Mason") is None
    assert both_days() == ("২২ নভেম্বর ২০২৬", "22 November 2026")


def both_days() -> tuple[str, str]:
    """Return the day of the sheets as two languages write it."""
    return written(DAY, "bn"), written(DAY, "en")


@pytest.fixture(scope="module")
def speller() -> Speller:
    """What is wired."""
    return Speller.read(bundled("data", "lexicon"))


@pytest.fixture(scope="module")
def discretion(speller: Speller) -> Discretion:
    """What is wired."""
    return Discretion.read(bundled("data", "sheet", "telling_words.csv"), speller.work.words)


@pytest.fixture(scope="module")
def readers(speller: Speller) -> tuple[Interpreter, Neutraliser]:
    """What words are read with."""
    lexicon = bundled("data", "lexicon")
    bridge = bundled("models", "bridge", "artifact")
    interpreter = Interpreter.read(lexicon / "work", bridge, speller.work.words)
    return interpreter, Neutraliser.read(lexicon)


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("Mason, night shift", False),
        ("Care worker for people with disabilities", False),
        ("Iron worker", False),
        ("Shelter for abused women", True),
        ("Course for SURVIVORS of trafficking", True),
        ("Sewing for women back from abroad", True),
        ("নির্যাতিত নারীদের সেবা", True),
        ("पीड़ित महिलाओं का केंद्र", True),
        ("مركز ضحايا العنف", True),
        ("Rumah aman untuk korban", True),
        (None, False),
    ],
)
def test_listings_and_offices_must_not_tell(
    discretion: Discretion,
    text: str | None,
    tells: bool,  # noqa: FBT001 - the expectation
) -> None:
    """What a listing is called may say what happened to whoever is sent there."""
    assert discretion.tells(text) is tells


@pytest.mark.parametrize(
    ("said", "language", "quoted"),
    [
        ("I lay bricks and plaster walls", "en", True),
        ("lay bricks", "en", True),
        ("I cleaned the house of Rahima", "en", False),
        ("I cleaned until madam hit me", "en", False),
        ("I nursed the sick while pregnant", "en", False),
        ("I cook for the church", "en", False),
        ("রাজমিস্ত্রির কাজ করি", "bn", True),
        ("রান্না করতাম, ম্যাডাম মারধর করত", "bn", False),
    ],
)
def test_only_words_about_work_are_quoted(
    discretion: Discretion,
    readers: tuple[Interpreter, Neutraliser],
    said: str,
    language: str,
    quoted: bool,  # noqa: FBT001 - the expectation
) -> None:
    """A phrase is quoted where every word of it is known and none tells."""
    assert discretion.may_quote(Phrase(said), language, *readers) is quoted

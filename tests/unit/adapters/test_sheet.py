"""The printed sheet: one page whatever is on it, its text readable by machines, nothing dropped."""

import re
import time
import unicodedata
from collections.abc import Iterable, Iterator

import pypdfium2
import pytest

from service.adapters.print.letters import drawable, kept_in_order, shortened
from service.adapters.print.typst import TypstPrinter
from service.domain.referral import Referral
from tests.unit.sheets import BOOK, referral

LANGUAGES = BOOK.languages
WORDS = {
    "bn": "নির্মাণকাজের অভিজ্ঞতাসম্পন্ন প্রশিক্ষিত কর্মীদের ",
    "hi": "निर्माण कार्य में प्रशिक्षित श्रमिकों के लिए ",
    "ur": "تعمیراتی کام میں تربیت یافتہ مزدوروں کے لیے ",
    "ne": "निर्माण काममा तालिम प्राप्त श्रमिकहरूका लागि ",
    "ar": "للعمال المدربين على أعمال البناء والتشييد ",
    "ta": "கட்டுமானப் பணியில் பயிற்சி பெற்ற தொழிலாளர்களுக்கு ",
    "si": "ඉදිකිරීම් කටයුතුවල පුහුණු ශ්‍රමිකයන් සඳහා ",
    "ml": "നിർമ്മാണത്തൊഴിലിൽ പരിശീലനം നേടിയ തൊഴിലാളികൾക്ക് ",
}
MIXED = "W" * 300 + " 建設作業員 ช่างก่ออิฐ \U0001f477 https://example.example/" + "a" * 200
_SIGNS = ".,:;?!()\u061f\u060c\u06d4\u061b"
_MARKS = re.compile("[-\\s\x02\u200b\u2066-\u2069]+")


@pytest.fixture(scope="module")
def printer() -> TypstPrinter:
    """The printer as it is wired."""
    return TypstPrinter()


def text_of(pdf: bytes) -> str:
    """Return the text layer without white space, of the one page there must be."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        assert len(document) == 1
        width, height = document[0].get_size()
        assert (round(width), round(height)) == (595, 842)
        return plain(document[0].get_textpage().get_text_bounded())
    finally:
        document.close()


def plain(text: str) -> str:
    """Return a text for comparing: NFC, without white space, hyphens and marks of direction.

    pdfium gives a hyphen at the end of a line as U+0002.
    """
    return _MARKS.sub("", unicodedata.normalize("NFC", text))


def said(sheet: Referral) -> Iterator[str]:
    """Yield all that stands on a sheet in the person's language, without what is set beside it."""
    used = ("title", "name", "date", "why", "you_said", "missing", "mind", "ask", "notes", "office")
    yield from (sheet.labels[key].own for key in used)
    yield sheet.day_worded.own
    for one in sheet.options:
        yield from (one.heading.own, one.place.own, one.fit.own)
        yield from (part.own for line in one.lines for part in (line.label, line.value))
        # The fourth is "ask us for more" where the page is full.
        yield from (gap.what.own for gap in one.gaps[:3])
    yield from (one.text.own for one in (*sheet.warnings, *sheet.asks))


def pieces(sheet: Referral, texts: Iterable[str]) -> list[str]:
    """Return what to look for: texts, or their words where lines are read from the right.

    In such lines pdfium turns the order of words round that are read from the left, and signs at
    their ends.
    """
    if not sheet.right_to_left:
        return list(texts)
    return [word.strip(_SIGNS) for one in texts for word in one.split()]


def share_read(sheet: Referral, layer: str) -> float:
    """Return which share of a sheet's letters stands in its text layer word for word."""
    parts = [plain(one) for one in pieces(sheet, said(sheet))]
    return sum(len(one) for one in parts if one in layer) / sum(len(one) for one in parts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_layer_says_what_is_seen(printer: TypstPrinter, language: str) -> None:
    """Copied, searched or read aloud, an everyday sheet gives the very letters it was set from."""
    sheet = referral(language, options=1)
    started = time.perf_counter()
    pdf = printer.pdf(sheet)
    took = time.perf_counter() - started
    share = share_read(sheet, text_of(pdf))
    print(f"{language}: {share:.4f} of the letters, {1000 * took:.0f} ms, {len(pdf):,} bytes")  # noqa: T201 - the report
    # Of Arabic script pdfium gives some words with a vowel sign in another order (README).
    assert share >= (0.94 if sheet.right_to_left else 0.99)


@pytest.mark.parametrize(
    ("language", "long"),
    [*((one, "words") for one in LANGUAGES), *((one, "mixed") for one in ("en", "bn", "ur"))],
)
def test_it_is_one_page_and_no_warning_is_lost(
    printer: TypstPrinter, language: str, long: str
) -> None:
    """Every text as long as may be, every warning for every option, words without an end."""
    words = WORDS.get(language, "trained construction workers with long experience ") * 40
    sheet = referral(language, long=words[:290].strip() if long == "words" else MIXED)
    layer = text_of(printer.pdf(sheet))
    for one in (*sheet.warnings, *sheet.asks):
        parts = [plain(one) for one in pieces(sheet, (one.text.own, one.text.english))]
        read = [part for part in parts if part in layer]
        assert len(read) >= (0.9 if sheet.right_to_left else 1) * len(parts), one.code
    if not sheet.right_to_left:
        assert plain(sheet.reference) in layer


def test_a_text_is_cut_between_words_only() -> None:
    """What is left is a beginning in whole words; a word too long for it is not there at all."""
    text = "lay bricks and plaster walls"
    for letters in range(40):
        cut = shortened(text, letters)
        assert cut == text or text.startswith(cut.removesuffix("\u2026"))
        assert set(cut.removesuffix("\u2026").split()) <= set(text.split())
        assert len(cut) <= max(letters, 0) + 1
    assert shortened("W" * 50, 20) == "\u2026"
    assert shortened("\u2068lay bricks\u2069 and more", 6) == "\u2068lay\u2069\u2026"


def test_letters_no_font_draws_are_written_in_latin() -> None:
    """Or left out, where they are pictures; a long word may break and loses nothing."""
    assert drawable("建設 👷 mason") == "JianShe mason"
    assert drawable("x" * 60).replace("\u200b", "") == "x" * 60
    assert kept_in_order("+880 1711").strip("\u2066\u2069") == "+880 1711"
    assert kept_in_order("تنخواہ 5") == "تنخواہ 5"


def test_it_is_tagged_and_says_its_language_and_title(printer: TypstPrinter) -> None:
    """PDF/UA-1, for who has it read aloud; and nobody's name in what describes it."""
    sheet = referral("bn", options=1)
    pdf = printer.pdf(sheet)
    assert b"/Lang(bn" in pdf
    assert b"/StructTreeRoot" in pdf
    assert b"pdfuaid:part" in pdf
    document = pypdfium2.PdfDocument(pdf)
    try:
        described = document.get_metadata_dict()
    finally:
        document.close()
    assert described["Title"] == sheet.labels["title"].own
    assert not described["Author"]

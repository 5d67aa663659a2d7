"""CSV as people save it, and every way in which it is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.adapters.files import read_rows
from service.domain.errors import UnreadableFileError
from service.domain.imported import FileFormat, Limits, Opened, RawRow

_LIMITS = Limits()


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Opened]:
    """Write bytes or text to a file and open it as CSV."""

    def _open(content: str | bytes, limits: Limits = _LIMITS) -> Opened:
        path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_rows(path, FileFormat.CSV, limits=limits)

    return _open


Open = Callable[..., Opened]


def _refused(opened: Open, content: str | bytes, code: str, limits: Limits = _LIMITS) -> str:
    with pytest.raises(UnreadableFileError) as caught:
        list(opened(content, limits))
    assert caught.value.code == code
    return caught.value.detail


def test_a_plain_table(opened: Open) -> None:
    """Cells and headers are trimmed, empty cells left out, rows numbered by line."""
    file = opened(" Job Title ,Country,Wage\nMason , BD,\n\nCook,QA,1200\n")
    assert file.columns == ("Job Title", "Country", "Wage")
    assert list(file) == [
        RawRow(2, {"Job Title": "Mason", "Country": "BD"}),
        RawRow(4, {"Job Title": "Cook", "Country": "QA", "Wage": "1200"}),
    ]


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    ],
)
def test_unicode_encodings(opened: Open, encode: Callable[[str], bytes]) -> None:
    """UTF-8 with and without its mark, and UTF-16 with it."""
    file = opened(encode("নাম,জেলা\nআশা,ঢাকা\n"))
    assert file.columns == ("নাম", "জেলা")
    assert [row.values for row in file] == [{"নাম": "আশা", "জেলা": "ঢাকা"}]


def test_older_encodings_are_read_and_said(opened: Open) -> None:
    """Western and Arabic Windows encodings are told apart; a note says what was taken."""
    file = opened("title,employer\nCook,Café “Señor”\n".encode("cp1252"))
    assert [row.values["employer"] for row in file] == ["Café “Señor”"]
    assert "Windows-1252" in file.notes[0]
    file = opened("الاسم,المدينة\nعائشة,جدة\nخديجة,الرياض\n".encode("cp1256"))  # noqa: RUF001 - Arabic
    assert file.columns == ("الاسم", "المدينة")
    assert "Windows-1256" in file.notes[0]


def test_two_encodings_in_one_file(opened: Open) -> None:
    """The first line that does not fit is named; nothing is guessed."""
    content = "title,employer\nCook,ঢাকা হোটেল\n".encode() + "Baker,Café\n".encode("cp1252")
    assert "Line 3" in _refused(opened, content, "file_encoding_mixed")
    one_line = "title,employer\nCook,ঢাকা ".encode() + "é\n".encode("cp1252")
    assert "Line 2" in _refused(opened, one_line, "file_encoding_mixed")


def test_an_encoding_nobody_can_tell(opened: Open) -> None:
    """Encodings of Cyrillic and of Chinese are not guessed."""
    for codec in ("koi8-r", "cp1251"):
        text = "title,жизнь\nмайстер,щуцьк\n".encode(codec)  # noqa: RUF001 - Cyrillic
        _refused(opened, text, "file_encoding_unknown")
    _refused(opened, "title,城市\n厨师,北京的饭店\n".encode("gb18030"), "file_encoding_unknown")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_each_separator(opened: Open, mark: str) -> None:
    """Found from the lines, however many of the others stand inside cells."""
    rows = [["title", "pay", "note"], ["Mason", '"1,500; or | more"', "ok"], ["Cook", "9", "b, c"]]
    if mark == ",":
        rows[2][2] = '"b, c"'
    file = opened("\n".join(mark.join(row) for row in rows))
    assert file.columns == ("title", "pay", "note")
    assert [row.values["pay"] for row in file] == ["1,500; or | more", "9"]


def test_the_separator_a_spreadsheet_says(opened: Open) -> None:
    """A first line sep=; is obeyed, and counted as a line."""
    file = opened("sep=;\ntitle;pay\nMason;1,5\n")
    assert list(file) == [RawRow(3, {"title": "Mason", "pay": "1,5"})]


@pytest.mark.parametrize(
    "content",
    [
        '"title,country,pay"\n"Mason,BD,1500"\n',
        "title|country\nMason,BD\nCook,QA\nBaker,OM\n",
        "title,pay\nMason,1,5,0,0\nCook,2,0,0,0\nBaker,3,5,0,0\nGuard,1,2,3,4\n",
    ],
)
def test_no_clear_separator(opened: Open, content: str) -> None:
    """Lines that do not agree with their header are not cut up on a guess."""
    _refused(opened, content, "file_delimiter_unclear")


def test_one_column_is_a_table(opened: Open) -> None:
    """Free words without any separator in the header."""
    file = opened("text\nI weld pipes, and cook\nI sew\n")
    assert [row.values["text"] for row in file][-1] == "I sew"


def test_quoted_cells(opened: Open) -> None:
    """Line breaks, quotes and separators inside quotes belong to the cell."""
    file = opened('title,skills\n"Mason","brick;\nplaster, ""fine"""\nCook,rice\n')
    assert list(file) == [
        RawRow(2, {"title": "Mason", "skills": 'brick;\nplaster, "fine"'}),
        RawRow(4, {"title": "Cook", "skills": "rice"}),
    ]


def test_a_space_in_front_of_a_quote(opened: Open) -> None:
    """Tables written by hand have one; the quotes still are no part of the cell."""
    (row,) = opened('name, phone\n"A", "017, 018"\n')
    assert row.values == {"name": "A", "phone": "017, 018"}


def test_a_quote_in_the_wrong_place(opened: Open) -> None:
    """Costs its own row where it closes, and is refused where it would swallow the rest."""
    rows = list(opened('title,size\n"5" pipe fitter,a\nCook,b\nMason,c\n'))
    assert [row.number for row in rows] == [2, 3, 4]
    assert rows[0].problem is not None
    assert rows[1].problem is None
    detail = _refused(opened, 'title,pay\nMason,1\nCook,"2\nBaker,3\n', "file_damaged")
    assert "line 3" in detail


def test_too_many_cells(opened: Open) -> None:
    """A row wider than the header is one bad row."""
    rows = list(opened("title,skills\nMason,a\nCook,b\nBaker,c,d\nGuard,e\n"))
    assert [row.number for row in rows if row.problem] == [4]


def test_formulas_are_no_values(opened: Open) -> None:
    """A cell that begins with = is a problem; a signed number or text kept as text is not."""
    rows = list(opened('name,phone\nA,+88017\nB,-5\nC,=1+2\nD,="0017"\nE,#REF!\n'))
    assert [row.problem.field if row.problem else None for row in rows] == [
        *(None, None, "phone", None, "phone")
    ]
    assert [row.values.get("phone") for row in rows] == ["+88017", "-5", None, "0017", None]


def test_a_title_above_the_header(opened: Open) -> None:
    """Lines with one cell above a wider table are its title, and said to be left out."""
    file = opened("Register of returnees\n\nName,District,Trade\nA,Sylhet,Cook\n")
    assert file.columns == ("Name", "District", "Trade")
    assert "Register of returnees" in file.notes[0]
    assert next(file).number == 4


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "file_empty"),
        ("\n\n  \n", "file_has_no_records"),
        ("title,country\n", "file_has_no_records"),
        ("title,,country\nMason,x,BD\n", "header_missing"),
        ("Mason,25000,3\n01711000000,25,4\n".replace("Mason", "12"), "header_missing"),
        ("=A1,country\nMason,BD\n", "header_missing"),
        ("title,Title\nMason,BD\n", "header_repeated"),
        ("title,country\nMason,\0\n", "file_damaged"),
        ("title,country\nMason,\0é\n", "file_damaged"),
        (b"\xff\xfea", "file_encoding_mixed"),
        (b"\xff\xfe" + "title,country\nMason,\0\n".encode("utf-16-le"), "file_damaged"),
        (",".join(f"c{at}" for at in range(201)) + "\n1" + "," * 200, "file_too_large"),
    ],
)
def test_refusals(opened: Open, content: str | bytes, code: str) -> None:
    """Every refusal has its own code and says something."""
    assert len(_refused(opened, content, code)) > 20


def test_empty_columns_at_the_end(opened: Open) -> None:
    """Separators behind the last column do no harm while nothing stands there."""
    file = opened("title,country,,\nMason,BD,,\nCook,QA,,x\n")
    assert file.columns == ("title", "country")
    assert [bool(row.problem) for row in file] == [False, True]


def test_limits(opened: Open) -> None:
    """Rows, bytes, cells and lines are bounded."""
    content = "title,pay\n" + "Mason,1\n" * 4
    assert len(list(opened(content, Limits(max_rows=4)))) == 4
    assert "Split" in _refused(opened, content, "file_too_large", Limits(max_rows=3))
    _refused(opened, content, "file_too_large", Limits(max_bytes=10))
    _refused(opened, content, "file_damaged", Limits(max_line=5))
    assert all(row.problem for row in opened(content, Limits(max_cell=0)))


def test_an_endless_cell(opened: Open) -> None:
    """A cell longer than the reader takes is a quote that was never closed."""
    content = 'title,pay\nMason,"' + "x\n" * 100_000
    _refused(opened, content, "file_damaged")


def test_closing_early(opened: Open) -> None:
    """A file can be left before its end; nothing comes after."""
    with opened("title,pay\nMason,1\nCook,2\n") as file:
        next(file)
    assert list(file) == []

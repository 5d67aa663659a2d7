"""JobPosting and JSON Resume as bodies of the contract."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.api.listing_models import ListingIn
from service.api.returnee_models import ReturneeIn
from service.domain.imported import ImportKind, RawRow
from service.intake.records import Drafted, to_contract

_TODAY = date(2026, 2, 1)


def _job(**said: Any) -> Drafted:  # noqa: ANN401 - any property
    values = {"@type": "JobPosting", "title": "Welder"} | said
    drafted = to_contract(ImportKind.LISTINGS, {}, RawRow(1, values), today=_TODAY)
    if not drafted.problems:
        ListingIn.model_validate({"country": "BD"} | drafted.body)
    return drafted


def _person(**said: Any) -> Drafted:  # noqa: ANN401 - any property
    drafted = to_contract(ImportKind.RETURNEES, {}, RawRow(1, said), today=_TODAY)
    ReturneeIn.model_validate(drafted.body)
    return drafted


def test_a_full_posting() -> None:
    """Everything that has a place in the contract finds it."""
    drafted = _job(
        title="Pipe welder (m/f)",
        description="<p>Weld pipes.</p><ul><li>TIG</li></ul>",
        identifier={"@type": "PropertyValue", "name": "River", "value": "W-1"},
        url="https://example.org/jobs/w-1",
        hiringOrganization={"@type": "Organization", "name": "River Works"},
        jobLocation={
            "@type": "Place",
            "address": {
                "addressLocality": "Jubail",
                "addressRegion": "Eastern",
                "addressCountry": {"@type": "Country", "name": "Saudi Arabia"},
            },
            "geo": {"latitude": 27.0, "longitude": "49.6"},
        },
        baseSalary={
            "@type": "MonetaryAmount",
            "currency": "SAR",
            "value": {"minValue": 1800, "maxValue": "2,200", "unitText": "MONTH"},
        },
        datePosted="2026-01-10",
        validThrough="2026-03-31T23:59:00+03:00",
        skills=["TIG welding", {"@type": "DefinedTerm", "name": "Blueprints"}],
        qualifications="Trade test",
        responsibilities=["Weld", "Check"],
        educationRequirements={"credentialCategory": "high school"},
        experienceRequirements={"monthsOfExperience": 30},
        occupationalCategory=["51-4121.00 Welders", "7212 Welders and flame cutters"],
        employmentType="FULL_TIME",
        totalJobOpenings=12,
        industry="Oil and gas",
    )
    assert drafted.problems == ()
    assert drafted.external_id == "W-1"
    assert drafted.body == {
        "kind": "job",
        "title": "Pipe welder (m/f)",
        "employer": "River Works",
        "description": "Weld pipes.\n- TIG\n\nResponsibilities: Weld\nCheck\n\n"
        "Qualifications: Trade test\n\nEducation: high school",
        "url": "https://example.org/jobs/w-1",
        "skills": ["TIG welding", "Blueprints"],
        "sectors": ["Oil and gas"],
        "isco08": "7212",
        "min_experience_years": 2.5,
        "posted_at": "2026-01-10T00:00:00Z",
        "valid_through": "2026-03-31",
        "positions": 12,
        "country": "SA",
        "region": "Jubail, Eastern",
        "lat": 27.0,
        "lon": 49.6,
        "wage_min": 1800,
        "wage_max": 2200,
        "wage_currency": "SAR",
        "wage_period": "month",
    }


@pytest.mark.parametrize(
    ("salary", "expected"),
    [
        (1500, (1500, 1500, None, None)),
        ("SAR 1500 - 1800 per month", (1500, 1800, "SAR", "month")),
        ({"currency": "AED", "value": 90, "unitText": "day"}, (90, 90, "AED", "day")),
        (
            {"currency": "AED", "value": {"value": "8", "unitText": "PER_HOUR"}},
            (8, 8, "AED", "hour"),
        ),
        ([{"currency": "EUR", "minValue": 10, "unitText": "HOUR"}], (10, None, "EUR", "hour")),
        (
            {"currency": "EUR", "value": {"value": 600, "unitText": "BIWEEKLY"}},
            (300, 300, "EUR", "week"),
        ),
        (
            {"currency": "EUR", "value": {"value": 36000, "unitCode": "ANN"}},
            (36000, 36000, "EUR", "year"),
        ),
        ({"currency": "EUR", "value": {"minValue": 0, "maxValue": 0}}, (None, None, None, None)),
        ({"currency": "BDT", "value": {"value": "Negotiable"}}, (None, None, None, None)),
        ({"currency": "BDT", "value": "20000-25000"}, (20000, 25000, "BDT", None)),
        ({}, (None, None, None, None)),
    ],
)
def test_pay_in_all_its_shapes(salary: object, expected: tuple[object, ...]) -> None:
    """Units that the contract lacks are converted; 0 is no pay."""
    drafted = _job(baseSalary=salary)
    found = [drafted.body.get(f"wage_{name}") for name in ("min", "max", "currency", "period")]
    assert drafted.problems == ()
    if expected[0] is None and expected[1] is None:
        assert found[:2] == [None, None]
    else:
        assert tuple(found) == expected


def test_pay_that_cannot_be_compared() -> None:
    """An unknown unit, or ends the wrong way round, is a problem."""
    wrong = {"currency": "EUR", "value": {"value": 5, "unitText": "PIECE"}}
    assert [one.field for one in _job(baseSalary=wrong).problems] == ["/baseSalary"]
    assert _job(baseSalary={"minValue": 5, "maxValue": 3}).problems
    assert _job(estimatedSalary={"currency": "EUR", "median": 5}).body["wage_min"] == 5
    assert _job(baseSalary=5, salaryCurrency="EUR").body["wage_currency"] == "EUR"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"jobLocation": "Sylhet, Bangladesh"}, {"country": "BD", "region": "Sylhet"}),
        ({"jobLocation": "Sylhet"}, {"region": "Sylhet"}),
        ({"jobLocation": {"address": "Doha, Qatar"}}, {"country": "QA", "region": "Doha"}),
        ({"jobLocation": {"name": "Kuwait"}}, {"country": "KW"}),
        ({"jobLocation": {"address": {"addressCountry": "QA"}}}, {"country": "QA"}),
        (
            {"jobLocation": [{"address": "Doha, Qatar"}, {"address": "Muscat, Oman"}]},
            {"country": "QA", "description": "Location: Doha, QA; Muscat, OM."},
        ),
        (
            {
                "jobLocationType": "TELECOMMUTE",
                "applicantLocationRequirements": [{"name": "Nepal"}, {"name": "India"}],
            },
            {
                "country": "NP",
                "description": "Location: Remote work. Open to people in Nepal, India.",
            },
        ),
        ({"jobLocation": []}, {}),
    ],
)
def test_places(said: dict[str, Any], expected: dict[str, str]) -> None:
    """Texts, objects, several of them, and work from anywhere."""
    body = _job(**said).body
    assert {
        name: body[name] for name in ("country", "region", "description") if name in body
    } == expected


def test_an_unknown_country_is_a_problem() -> None:
    """It is not left to the default of the file."""
    drafted = _job(jobLocation={"address": {"addressCountry": "Atlantis"}})
    assert [one.field for one in drafted.problems] == ["/jobLocation"]


def test_loose_properties() -> None:
    """Texts where objects are due, and codes of other systems."""
    body = _job(
        hiringOrganization="River Works",
        skills="Weld; cut",
        occupationalCategory={"codeValue": "1234", "inCodeSet": "O*NET-SOC"},
        experienceRequirements="At least 3 years",
        identifier=17,
        url="not an address",
    )
    assert body.body["employer"] == "River Works"
    assert body.body["skills"] == ["Weld", "cut"]
    assert body.body["min_experience_years"] == 3
    assert "isco08" not in body.body
    assert body.external_id == "17"
    assert [one.field for one in body.problems] == ["/url"]
    url = "https://example.org/a/b"
    assert _job(url=url).external_id == "example.org_a_b"
    assert _job().external_id is None
    assert _job(experienceRequirements="preferred").problems == ()


def test_skills_that_are_sentences_stay_in_the_description() -> None:
    """The contract's skills are short; nothing is lost."""
    body = _job(skills=["Weld", "very " * 80 + "long"]).body
    assert body["skills"] == ["Weld"]
    assert "very long" in body["description"]


def test_a_resume() -> None:
    """Work with years where both ends are said, skills, certificates and languages."""
    drafted = _person(
        basics={
            "name": "Test Person",
            "label": "Welder",
            "phone": "+880 1700 000000",
            "email": "a@example.org",
            "summary": "I weld pipes.",
            "location": {"countryCode": "BD", "city": "Savar", "region": "Dhaka"},
        },
        work=[
            {
                "name": "River Works",
                "position": "Welder",
                "location": "Doha, Qatar",
                "startDate": "2015-03",
                "endDate": "2019-09-01",
                "summary": "Pipes",
                "highlights": ["No accident"],
            },
            {"position": "Helper", "startDate": "2012", "endDate": "2014"},
            {"position": "Foreman", "startDate": "2020-01"},
        ],
        skills=[{"name": "Welding", "keywords": ["TIG", "MIG"]}, {"name": "TIG"}],
        certificates=[{"name": "6G pipe welder", "issuer": "Board"}],
        languages=[
            {"language": "Bangla", "fluency": "Native speaker"},
            {"language": "English", "fluency": "B1"},
            {"language": "Arabic", "fluency": "Fluent"},
            {"language": "Qwxyz"},
        ],
        education=[{"studyType": "SSC", "area": "Science"}],
    )
    assert [one.field for one in drafted.problems] == ["/languages/3"]
    assert drafted.body == {
        "name": "Test Person",
        "phone": "+880 1700 000000",
        "text": "Welder\n\nI weld pipes.",
        "home_country": "BD",
        "region": "Savar, Dhaka",
        "experiences": [
            {
                "title": "Welder",
                "description": "Pipes\n\nNo accident",
                "country": "QA",
                "years": 4.5,
            },
            {"title": "Helper", "years": 2.0},
            {"title": "Foreman"},
        ],
        "skills": [
            {"text": "Welding"},
            {"text": "TIG"},
            {"text": "MIG"},
            {"text": "6G pipe welder", "status": "certified", "certificate": "6G pipe welder"},
        ],
        "languages": [
            {"code": "bn", "level": "C2"},
            {"code": "en", "level": "B1"},
            {"code": "ar"},
        ],
        "education": "SSC, Science",
    }


def test_a_small_resume() -> None:
    """Work alone is a resume, too; consent is never in it."""
    assert _person(work=[{"position": "Cook"}]).body == {"experiences": [{"title": "Cook"}]}
    assert _person(basics={}).body == {}


_INNER = [
    "name",
    "value",
    "minValue",
    "maxValue",
    "unitText",
    "currency",
    "address",
    "geo",
    "addressCountry",
    "addressRegion",
    "monthsOfExperience",
    "keywords",
    "startDate",
    "endDate",
    "latitude",
    "longitude",
    "countryCode",
    "location",
    "position",
]
_OUTER = [
    "title",
    "jobLocation",
    "baseSalary",
    "skills",
    "hiringOrganization",
    "description",
    "experienceRequirements",
    "validThrough",
    "datePosted",
    "occupationalCategory",
    "url",
    "applicantLocationRequirements",
    "jobLocationType",
    "totalJobOpenings",
    "identifier",
    "work",
    "languages",
    "education",
    "certificates",
    "industry",
    "educationRequirements",
]
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_INNER), inner, max_size=4)
    ),
    max_leaves=8,
)
_PROPERTIES = st.dictionaries(st.sampled_from(_OUTER), _ANY, max_size=8)


@settings(max_examples=200)
@given(said=_PROPERTIES)
def test_any_json_is_drafted(said: dict[str, Any]) -> None:
    """Whatever a page or a file says, the answer is a draft."""
    for kind, extra in (
        (ImportKind.LISTINGS, {"@type": "JobPosting"}),
        (ImportKind.RETURNEES, {"basics": {"name": "A", "location": said.get("jobLocation")}}),
    ):
        assert to_contract(
            kind, {}, RawRow(1, said | extra), today=_TODAY, defaults={"kind": "job"}
        )


def test_a_text_that_is_escaped_between_tags() -> None:
    """Some boards put their own frame around an escaped text; neither's tags are shown."""
    drafted = _job(description="<div><p>About us</p></div>&lt;p&gt;Drive a truck.&lt;/p&gt;")
    assert drafted.body["description"] == "About us\nDrive a truck."


@pytest.mark.parametrize(
    ("locality", "expected"),
    [
        ("Doha, Qatar", {"region": "Doha", "country": "QA"}),
        ("Savar, Dhaka", {"region": "Savar, Dhaka"}),
        # The state is as likely as the country.
        ("Atlanta, Georgia", {"region": "Atlanta, Georgia"}),
    ],
)
def test_a_country_inside_the_locality(locality: str, expected: dict[str, str]) -> None:
    """Forms with one field for the place name the country in it."""
    address = {"addressLocality": locality, "addressCountry": None}
    body = _job(jobLocation={"@type": "Place", "address": address}).body
    assert {name: body[name] for name in ("region", "country") if name in body} == expected


def test_unpaid_work_is_work() -> None:
    """What somebody did as a volunteer stands among their experiences."""
    drafted = _person(
        basics={"name": "Asha"},
        work=[{"position": "Tailor"}],
        volunteer=[{"position": "Sewing teacher", "summary": "Taught girls to sew."}],
        languages=[{"name": "Nepali", "fluency": "Native speaker"}],
    )
    assert drafted.body["experiences"] == [
        {"title": "Tailor"},
        {"title": "Sewing teacher", "description": "Taught girls to sew."},
    ]
    assert drafted.body["languages"] == [{"code": "ne", "level": "C2"}]

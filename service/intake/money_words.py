"""Words and signs for money, in the languages people write in. Regular expressions."""

import re
from typing import Final

from service.domain.listing import WagePeriod

# "Tk" and "Rs" often stand against their number; a word must not go on behind them.
_CURRENCIES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (r"৳|\btk\b|\btk\.?(?=\d)|\btaka\b|টাকা", ("BDT",)),
    (r"₹|\bindian rupees?\b", ("INR",)),
    (
        r"₨|\brs\b|\brs\.?(?=\d)|\brupees?\b|রুপি|रु|रुपये|रुपैयाँ|روپے|රු|ரூ",
        ("INR", "PKR", "NPR", "LKR", "MUR"),
    ),
    (r"\bdhs?\b|\bdhs?\.?(?=\d)|\bdirhams?\b|درهم|দিরহাম|दिरहम", ("AED", "MAD")),
    (r"\bsr\b|\bsr\.?(?=\d)|\bsaudi riyals?\b", ("SAR",)),
    (r"\bqr\b|\bqr\.?(?=\d)|\bqatari riyals?\b", ("QAR",)),
    (r"\bro\b(?=\W*\d)|\bomani rials?\b", ("OMR",)),
    (r"\briy?als?\b|ريال|রিয়াল|रियाल", ("SAR", "QAR", "OMR", "YER", "IRR")),
    (r"\bkd\b", ("KWD",)),
    (r"\bjd\b", ("JOD",)),
    (r"\bdinars?\b|دينار|দিনার", ("KWD", "BHD", "JOD", "IQD", "LYD")),
    (r"\brm\b|\brm(?=\d)|\bringgit\b|রিঙ্গিত|रिंगेट", ("MYR",)),
    (r"s\$|\bsgd\b", ("SGD",)),
    (r"us\$|\busd\b", ("USD",)),
    (r"₱|\bpesos?\b", ("PHP",)),
    (r"\brp\b|\brp\.?(?=\d)|\brupiah\b", ("IDR",)),
    (r"€|\beuros?\b", ("EUR",)),
    (r"£|\bpounds?\b", ("GBP", "EGP", "LBP")),
    (r"₩|\bwon\b", ("KRW",)),
    (r"\byen\b|円", ("JPY",)),
    (r"¥", ("JPY", "CNY")),
    (r"฿|\bbaht\b", ("THB",)),
    (r"\brufiyaa\b", ("MVR",)),
    (r"\$|\bdollars?\b", ("USD", "SGD", "AUD", "CAD", "NZD", "HKD", "BND", "TWD")),
)
CURRENCIES: Final = tuple((re.compile(sign, re.IGNORECASE), of) for sign, of in _CURRENCIES)
"""Signs, and the currencies each may mean; us$ and s$ before $."""
_PERIODS: Final[tuple[tuple[WagePeriod, str], ...]] = (
    (
        WagePeriod.HOUR,
        r"\bhour(?:ly)?\b|\bhrs?\b|\bp\.?h\b|ঘণ্টা|ঘন্টা|घंटा|घण्टा|ساعة|\bjam\b|\boras\b",
    ),
    (
        WagePeriod.DAY,
        (
            r"\bday\b|\bdaily\b|\bdiem\b|দৈনিক|দিন|दैनिक|प्रतिदिन|रोज़?|یومیہ|يوم|\bhari(?:an)?\b|"
            r"\baraw\b"
        ),
    ),
    (
        WagePeriod.WEEK,
        r"\bweek(?:ly)?\b|\bwk\b|সাপ্তাহিক|সপ্তাহ|साप्ताहिक|हफ़्ता|أسبوع|\bminggu\b|\blinggo\b",
    ),
    (
        WagePeriod.YEAR,
        (
            r"\byear(?:ly)?\b|\bann(?:um|ual|ually)\b|\bp\.?\s?a\b|\blpa\b|\byr\b|বছর|বার্ষিক|"
            r"सालाना|वार्षिक|سالانہ|سنوي|\btahun(?:an)?\b|\btaon\b"
        ),
    ),
    (
        WagePeriod.MONTH,
        (
            r"\bmonth(?:ly|s)?\b|\bmo\b|\bp\.?\s?m\b|\bpcm\b|মাস|মাসিক|মাসে|माह|मासिक|महीना|महिना|"
            r"ماہانہ|شهر|\bbulan(?:an)?\b|\bbuwan\b|මාස|மாத"
        ),
    ),
)
PERIODS: Final = tuple((of, re.compile(sign, re.IGNORECASE)) for of, sign in _PERIODS)
FREE: Final = frozenset(
    {
        *("free", "free of cost", "free of charge", "no fee", "no cost", "zero", "zero cost"),
        *("gratis", "libre", "nil", "no", "বিনামূল্যে", "ফ্রি", "निःशुल्क", "निशुल्क"),
        *("मुफ्त", "مفت", "مجاني"),
    }
)
AT_MOST: Final = re.compile(
    r"\b(?:up ?to|max(?:imum)?|at most|not more than)\b|সর্বোচ্চ|अधिकतम", re.IGNORECASE
)
AT_LEAST: Final = re.compile(
    r"\b(?:from|min(?:imum)?|at least|starting|above|more than)\b|\d\s*\+\s*$|সর্বনিম্ন|"
    r"ন্যূনতম|कम से कम",
    re.IGNORECASE,
)

"""Tell what a person says they cannot do, never did, only watched or only wish to learn.

Rules, not a model: a linear model over the words of 400 labelled phrases told the two apart
in 58% of cases, because the same words deny ("never touched the crane") and claim ("never
missed a shift on the crane"). What is denied is decided by the verb behind the negation.
"""

import re
from typing import Final

_DONE: Final = (
    r"(?:do|did|done|know|knew|known|learn|learnt|learned|touch|touched|operate|operated|drive|"
    r"drove|driven|use|used|work|worked|sit|sat|try|tried|cook|cooked|weld|welded|run|ran|make|"
    r"made|read|write|speak|swim|climb|lift|carry|handle|handled|train|trained|study|studied|"
    r"pass|passed|finish|finished|get|got|have|had|fly|sew|stitch|type|hold|understand|take|took|"
    r"teach|taught|allow|allowed|give|gave|given|let|want|wish|like|go|join)"
)
_NOT: Final = (
    r"(?:do not|does not|did not|don'?t|doesn'?t|didn'?t|can ?not|can'?t|could not|couldn'?t|"
    r"am not|is not|was not|were not|wasn'?t|isn'?t|have not|haven'?t|has not|hasn'?t|never|not)"
)
_DENIALS: Final = (
    rf"\b{_NOT}\s+(?:yet |really |properly |even |ever |been |myself |to )*{_DONE}\b",
    rf"\b{_NOT} (?:qualified|certified|licensed|able)\b",
    # no driving licence
    (
        r"\b(?:no|without|lost|expired)\s+(?:\w+\s+){0,2}(?:licen[cs]e|certificate|training|"
        r"experience|diploma|degree|card|papers|ticket|idea)\b"
    ),
    r"\b(?:will not|won'?t|refuses?|refused|no more|never again|not any ?more)\b",
    # want to learn
    (
        r"\b(?:wants?|wanted|wish|wishes|hopes?|hoping|like|dream|plan|planning|ready|willing|"
        r"interested)\s+(?:to|in|of)\s+(?:learn|learning|study|train|training|become)\b"
    ),
    # only helped
    (
        r"\b(?:only|just)\s+(?:\w+\s+)?(?:help|helped|helping|helper|watch|watched|watching|saw|seen|"
        r"see|pass|passed|passing|held|hold|holding|stood|carried|cleaned)\b"
    ),
    r"\bnot for (?:work|job)\b|\b(?:nobody|no one|they never|boss never) (?:taught|trained)\b",
)
_CLAIMS_ANYWAY: Final = (
    r"\bnot (?:only|just|afraid)\b",
    (
        r"\bnever (?:miss(?:ed)?|late|fail(?:ed)?|had (?:an? )?(?:accident|complaint)|refused?|"
        r"stopp?ed|been late)\b"
    ),
    r"\bno (?:accident|complaint|problem|fear|rework|leak|defect)\b",
    r"\bwithout (?:drawing|help|supervis\w+|any ?one|looking)\b",
    r"\b(?:nobody|no one|none) (?:could|can|else|was|is)\b",
    r"\b(?:do not|don'?t|didn'?t) (?:need|fear|mind|get (?:any )?complain)\b",
)
_DENIES: Final = re.compile("|".join(_DENIALS), re.IGNORECASE)
_CLAIMS: Final = re.compile("|".join(_CLAIMS_ANYWAY), re.IGNORECASE)


def denied(phrase: str) -> bool:
    """Tell whether a phrase denies, refuses, or only wishes for what it names."""
    return bool(_DENIES.search(phrase)) and not _CLAIMS.search(phrase)


_REFUSES: Final = re.compile(
    r"\b(?:will not|won'?t|refuse to|never again|no more of|"
    r"(?:do not|don'?t|not) want "
    r"(?!(?:to )?(?:learn|study|train|know))\w+|"
    r"not (?:go|do|work|return) \w+ (?:any ?more|again))\b",
    re.IGNORECASE,
)


_SPEAKER: Final = re.compile(
    r"^(?:but |and )?(?:i|we|never|cannot|can ?not|can'?t|not)\b", re.IGNORECASE
)
_PAPERS: Final = re.compile(
    r"\b(?:certificate|licen[cs]e|papers?|diploma|training|experience|learn)\b", re.IGNORECASE
)


def refuses(phrase: str) -> bool:
    """Tell whether a phrase says that there is work its speaker will not or cannot do.

    Papers that are lacking, and what somebody else could not do, are no such thing.
    """
    if _REFUSES.search(phrase):
        return True
    return bool(denied(phrase) and _SPEAKER.search(phrase)) and not _PAPERS.search(phrase)

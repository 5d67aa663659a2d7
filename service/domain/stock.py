"""All open jobs as columns: what they pay, and where they are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """n open jobs. Compared by identity, so that what is worked out from it can be kept.

    country: (n,) place in `countries` (ISO 3166-1). occupation: (n,) ISCO-08 code as a number of
    four digits, -1 where unknown. currency: (n,) place in `currencies` (ISO 4217, "" unknown).
    wage: (n,) best pay in a month in that currency, NaN where unknown.
    """

    countries: tuple[str, ...]
    country: Numbers
    occupation: Numbers
    currencies: tuple[str, ...]
    currency: Numbers
    wage: npt.NDArray[np.float64]

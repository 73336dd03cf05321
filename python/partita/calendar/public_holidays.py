"""Public holidays of countries and their subdivisions, as the `holidays` package knows them."""

from __future__ import annotations

import datetime as dt
import warnings
from functools import cache

from partita.errors import CatalogError

_YEARS = range(1969, 2101)
"""Those that records may be of, and the years around them."""


@cache
def public_holidays(place: str) -> frozenset[dt.date]:
    """The public holidays of a country (`SE`) or subdivision (`DE-BY`), observed days included, from 1970 to 2099.

    Raises `CatalogError` for a place that is not known.

    >>> dt.date(2026, 1, 6) in public_holidays("SE"), dt.date(2026, 1, 6) in public_holidays("DE")
    (True, False)
    """
    from holidays import country_holidays  # takes a while to load, and many catalogs have no holidays

    country, _, subdivision = place.partition("-")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of some countries not all years are known, and we ask for all
            return frozenset(country_holidays(country, subdivision or None, years=_YEARS))
    except NotImplementedError:
        allowed = "a country such as SE, or a subdivision such as DE-BY, that the holidays package knows"
        raise CatalogError(f"{place!r} is not {allowed}") from None

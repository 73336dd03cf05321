"""What no part of a catalog can know of itself: references, ambiguity, and terms that contradict each other.

Each file looks at one subject and yields (path, message); all of them always run, so all problems show at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from partita.catalog.catalog import Catalog

from . import accounts as accounts
from . import agreements as agreements
from . import effect as effect
from . import exclusivity as exclusivity
from . import period as period
from . import plans as plans
from . import reference as reference
from . import remainders as remainders
from . import terms as terms
from . import usage as usage
from .scene import Found, Scene

SUBJECTS = (accounts, usage, reference, plans, agreements, period, effect, remainders, terms, exclusivity)


def check(
    catalog: Catalog, known: Mapping[str, frozenset[str] | None] | None = None, torn: frozenset[str] = frozenset()
) -> Iterator[Found]:
    """All that is wrong between the parts of a catalog.

    `known` holds more ids of each section that may be referred to: those of parts that are wrong in themselves, and
    so are not in the catalog, but whose absence is no second problem (None: any, of a section wrong as a whole);
    `torn` plans have lost charges in that way.
    """
    scene = Scene(catalog, known or {}, torn)
    for subject in SUBJECTS:
        yield from subject.problems(scene)

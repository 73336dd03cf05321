"""Loading: text stays text, files merge, Python mappings are the same catalog, and large ones are quick to check."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest

from partita.catalog import Catalog, load
from partita.catalog.agreement import FromColumn
from partita.catalog.charge import Lookup, When
from partita.catalog.check.condition import condition, overlapping, together
from partita.catalog.document import compose
from partita.errors import CatalogError, Problem

CATALOGS = Path(__file__).parent / "catalogs"


def from_text(text: str, folder: Path) -> Catalog:
    file = folder / "catalog.yaml"
    file.write_text(text, "utf-8")
    return load(file)


def problems(text: str, folder: Path) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        from_text(text, folder)
    return [str(problem) for problem in caught.value.problems]


# The example of the documentation


def test_nordtel() -> None:
    catalog = load(CATALOGS / "nordtel")
    start = catalog.plans["start"]
    assert list(catalog.plans) == ["plus", "start"]
    assert start.charges["calls-peak"].unit is not None
    assert start.charges["calls-peak"].unit.connect_fee == Decimal("0.49")
    assert start.charges["data"].graduated is not None
    assert [tier.up_to for tier in start.charges["data"].graduated.tiers] == [10737418240, 53687091200, None]
    assert [moment for moment, _ in start.charges["sms"].dated] == [dt.date(2026, 1, 1), dt.date(2026, 10, 1)]
    assert catalog.agreements["music-resale"].flows["wholesale"].percent == Decimal("0.70")
    assert catalog.agreements["content"].roles["P"] == FromColumn(column="partner_id")
    assert isinstance(catalog.agreements["content"].flows["partner"].percent, Lookup)
    assert catalog.usage["sms"].csv is not None
    assert catalog.usage["sms"].csv.null == ("", "NULL")
    assert catalog.folder == str(CATALOGS / "nordtel")


def test_all_example_catalogs_load() -> None:
    examples = [path for path in sorted(CATALOGS.iterdir()) if path.is_dir() or path.suffix == ".yaml"]
    assert len(examples) >= 2
    for path in examples:
        assert load(path).plans, path


# Scalars


def test_scalars_stay_text(tmp_path: Path) -> None:
    """What YAML 1.1 would make numbers, booleans and times of."""
    catalog = from_text(
        """
        parties: {NO: {name: 0700}, on: {name: 19:30}, "1e3": {name: 2026-10-01}, 0x10: {name: "null"}, yes: {}}
        accounts: {0700: {owner: NO, currency: NOK, territory: NO}}
        """,
        tmp_path,
    )
    assert {key: party.name for key, party in catalog.parties.items()} == {
        "NO": "0700",
        "on": "19:30",
        "1e3": "2026-10-01",
        "0x10": "null",
        "yes": None,
    }
    assert isinstance(catalog.accounts, dict)
    assert catalog.accounts["0700"].territory == "NO"


@pytest.mark.parametrize("written", ["null", "~", "", "Null", "NULL"])
def test_null(written: str, tmp_path: Path) -> None:
    assert from_text(f"parties: {{a: {{name: {written}}}}}", tmp_path).parties["a"].name is None


@pytest.mark.parametrize(
    ("written", "number"),
    [("0.10", "0.10"), ("70%", "0.70"), ("0.5%", "0.005"), ("-1.5", "-1.5"), (".5", "0.5"), ("1.0000000000000", "1")],
)
def test_numbers_are_exact(written: str, number: str, tmp_path: Path) -> None:
    text = (
        "parties: {n: {}}\nplans: {p: {seller: n, currency: SEK, charges: "
        f"{{c: {{percentage: {{rate: {written}}}}}}}}}}}"
    )
    percentage = from_text(text, tmp_path).plans["p"].charges["c"].percentage
    assert percentage is not None
    assert percentage.rate == Decimal(number)


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    """`<<` gives what is not written beside it; of several the first wins."""
    catalog = from_text(
        """
        parties: {n: &n {name: Nordtel}, m: *n}
        accounts:
          a: &base {owner: n, currency: SEK, payment_days: 10}
          b: &other {owner: m, currency: EUR, cycle_day: 5}
          c: {<<: [*base, *other], payment_days: 20}
        """,
        tmp_path,
    )
    assert catalog.parties["m"].name == "Nordtel"
    assert isinstance(catalog.accounts, dict)
    account = catalog.accounts["c"]
    assert (account.owner, account.currency, account.payment_days, account.cycle_day) == ("n", "SEK", 20, 5)


def test_aliases_cannot_explode() -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for one, two in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{two}: &{two} [{', '.join([f'*{one}'] * 10)}]\n"
    _, found = compose(text, "f.yaml")
    assert found[0].message == "more than 20000000 values, counting every alias"


# Files


def test_json_is_read_as_well(tmp_path: Path) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(
        json.dumps({"partita": 1, "parties": {"a": {"name": "Ünïtel 😀"}, "b": {"name": None}}}, indent="\t")
    )
    assert load(file).parties["a"].name == "Ünïtel 😀"


def test_files_merge_by_top_level_key(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.yaml").write_text("partita: 1\nparties: {a: {}}")
    (tmp_path / "sub" / "b.yml").write_text("partita: 1\nparties: {b: {}}\n")
    (tmp_path / "c.json").write_text('{"parties": {"c": {}}}')
    (tmp_path / ".hidden.yaml").write_text("parties: {d: {}}")
    (tmp_path / "empty.yaml").write_text("# nothing yet\n")
    assert list(load(tmp_path).parties) == ["a", "c", "b"]


def test_an_id_in_two_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("parties:\n  a: {}\n  b: {}\n")
    (tmp_path / "b.yaml").write_text("parties:\n\n\n  b: {}\nzones: [x]\n")
    (tmp_path / "c.yaml").write_text("zones: [x]\n")
    with pytest.raises(CatalogError) as caught:
        load(tmp_path)
    assert [str(problem) for problem in caught.value.problems] == [
        "b.yaml:4: parties.b: is already in a.yaml:3; an id is written once",
        "b.yaml:5: zones: a list is not a mapping",
        "c.yaml:1: zones: is already in b.yaml:5; an id is written once",
    ]


def test_syntax_errors_of_every_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("parties: {a: {}\nplans: {}\n")
    (tmp_path / "b.yaml").write_text("parties:\n  - a\n b: c\n")
    (tmp_path / "c.yaml").write_bytes(b"parties: {\xff: {}}")
    with pytest.raises(CatalogError) as caught:
        load(tmp_path)
    places = [problem.where for problem in caught.value.problems]
    assert [place and place.split(":")[0] for place in places] == ["a.yaml", "b.yaml", "c.yaml"]
    assert all(
        problem.message.startswith(("cannot be read as YAML", "is not UTF-8")) for problem in caught.value.problems
    )


def test_a_second_document(tmp_path: Path) -> None:
    assert problems("parties: {a: {}}\n---\nparties: {b: {}}\n", tmp_path) == [
        "catalog.yaml:2: a file holds one document; this begins a second"
    ]


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no such file or folder"):
        load(tmp_path / "none")
    with pytest.raises(CatalogError, match=r"no \.yaml, \.yml, \.json file in this folder"):
        load(tmp_path)


# Python mappings


def test_python_mapping() -> None:
    catalog = load(
        {
            "partita": 1,
            "parties": {"n": {}},
            "accounts": {1001: {"owner": "c", "currency": "SEK", "cycle_day": 15}},
            "subscriptions": {"s": {"account": 1001, "plans": [{"plan": "p", "from": dt.date(2026, 10, 1)}]}},
            "plans": {
                "p": {
                    "seller": "n",
                    "currency": "SEK",
                    "charges": {"c": {"unit": {"price": Decimal("0.10"), "per": 60, "connect_at_zero": True}}},
                }
            },
        },
        folder="data",
    )
    unit = catalog.plans["p"].charges["c"].unit
    assert unit is not None
    assert (unit.price, unit.per, unit.connect_at_zero) == (Decimal("0.10"), 60, True)
    assert isinstance(catalog.subscriptions, dict)
    assert catalog.subscriptions["s"].plans[0].valid_from == dt.date(2026, 10, 1)
    assert catalog.folder == "data"


def test_floats_are_refused() -> None:
    with pytest.raises(CatalogError) as caught:
        load({"parties": {"n": {"name": 0.1}}, "zones": {"z": {"prefixes": [b"46"]}}})
    assert caught.value.problems[:2] == (
        Problem(
            "parties.n.name",
            "0.1 is a binary float, which cannot hold most decimals: write it as text or as a Decimal",
        ),
        Problem(
            "zones.z.prefixes[0]", "bytes is not allowed: a value is text, int, Decimal, bool, date, mapping or list"
        ),
    )


def test_a_catalog_survives_its_own_json() -> None:
    catalog = load(CATALOGS / "nordtel")
    again = load(json.loads(catalog.model_dump_json(by_alias=True, exclude_none=True)), folder=catalog.folder)
    assert again == catalog


def test_an_imposed_price_is_the_monthly_one_while_the_agreement_is_in_force() -> None:
    """Neither what a song costs beside it, nor what the month costs later."""
    monthly = {"every": "month", "versions": [{"from": "2026-01-01", "flat": 10}, {"from": "2026-12-01", "flat": 11}]}
    songs = {"when": {"service": "music"}, "unit": {"price": "0.99"}}
    deal = {
        "model": "A.4",
        "roles": {"B": "musicco", "D": "nordtel"},
        "applies_to": {"plans": ["start"], "services": ["music"]},
        "valid": {"until": "2026-12-01"},
        "terms": {"imposed_price": 10},
        "flows": {"wholesale": {"percent": "70%"}},
    }
    plan = {"seller": "nordtel", "currency": "SEK", "charges": {"monthly": monthly, "songs": songs}}
    found = load({"parties": {"nordtel": {}, "musicco": {}}, "plans": {"start": plan}, "agreements": {"deal": deal}})
    assert found.agreements["deal"].terms.imposed_price == 10


def test_folder_is_not_a_field(tmp_path: Path) -> None:
    assert problems("folder: /data\n", tmp_path)[0].startswith("catalog.yaml:1: folder: unknown field 'folder'")


# Conditions


def test_overlaps_are_those_of_every_pair() -> None:
    """The buckets find the very pairs that trying all finds."""
    random.seed(7)
    conditions = []
    for _ in range(400):
        attributes: dict[str, object] = {}
        for name in "abcd":
            kind = random.randrange(6)
            if kind == 0:
                attributes[name] = random.sample(["1", "12", "123", "2", "21", "3"], 2)
            elif kind == 1:
                attributes[name] = {"prefix": random.sample(["1", "12", "2", "31"], 1)}
            elif kind == 2:
                attributes[name] = {"at_least": str(random.randrange(9)), "below": str(random.randrange(5, 14))}
            elif kind == 3:
                attributes[name] = {"null": "true" if random.random() < 0.5 else "false"}
        held = condition(When.model_validate({"attributes": attributes}))
        if held is not None:
            conditions.append(held)
    every = {
        pair
        for pair in combinations(range(len(conditions)), 2)
        if together(conditions[pair[0]], conditions[pair[1]]) is not None
    }
    assert 100 < len(every) < len(conditions) * len(conditions) / 2
    assert {(one, two) for one, two, _ in overlapping(conditions, limit=10**9)} == every


@pytest.mark.parametrize("test", [["z{}"], {"prefix": ["46{:05}"]}, {"at_least": "{}", "below": "{}.5"}])
def test_ten_thousand_charges_of_one_plan(test: list[str] | dict[str, str | list[str]]) -> None:
    """Deciding that none is ambiguous does not try every pair."""
    template = json.dumps({"when": {"attributes": {"x": test}}, "flat": 1})
    charges = {f"c{n}": json.loads(re.sub(r"{(:05)?}", lambda m, n=n: m[0].format(n), template)) for n in range(10_000)}
    plan = {"seller": "n", "currency": "SEK", "charges": charges}
    assert len(load({"parties": {"n": {}}, "plans": {"p": plan}}).plans["p"].charges) == 10_000

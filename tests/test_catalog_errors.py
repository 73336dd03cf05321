"""What a catalog's author is told: the path, the line and the words, for every mistake that is known.

The cases are in `catalogs/wrong.txt`, whose head says how they are written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from partita.catalog import load
from partita.errors import CatalogError, Problem

BASE = {
    "parties": "parties: {nordtel: {}, musicco: {}, filmco: {}}",
    "accounts": "accounts: {a-1: {owner: c-1, currency: SEK, zone: Europe/Stockholm, territory: SE}}",
    "zones": 'zones: {nordic: {prefixes: ["46", "47"]}}',
    "calendars": "calendars: {tariff: {bands: {peak: {days: mon-fri, from: '08:00', to: '19:00'}, off_peak: rest}}}",
    "tables": "tables: {shares: {by: [partner], columns: {share: percent}}}",
    "plans": (
        "plans: {start: {seller: nordtel, currency: SEK, charges: {monthly: {every: month, flat: 109.00}, "
        "songs: {when: {service: content}, dynamic: {amount_column: price}}}}}"
    ),
}

CHARGES = """plans:
  start:
    seller: nordtel
    currency: SEK
    calendar: tariff
    charges:"""

FLOWS = """agreements:
  deal:
    roles: {C: account_owner, D: nordtel, P: {column: partner}}
    flows:
      retail: {payer: C, payee: D, base: lines}"""


def cases() -> dict[str, tuple[str, str, str]]:
    """Name → fragment, path, message of each case of `wrong.txt`."""
    found = {}
    for block in (Path(__file__).parent / "catalogs" / "wrong.txt").read_text("utf-8").split("\n=== ")[1:]:
        written, _, told = block.partition("\n--> ")
        name, _, fragment = written.partition("\n")
        path, _, message = told.strip().partition("\n")
        found[name] = (fragment.replace("@charges", CHARGES).replace("@flows", FLOWS), path, message.strip())
    return found


CASES = cases()


def problems(text: str, folder: Path) -> tuple[str, tuple[Problem, ...]]:
    """The whole text of a case, and what is wrong with it."""
    whole = text + "\n"
    sections = {line.partition(":")[0] for line in whole.split("\n")}
    whole += "".join(f"{part}\n" for key, part in BASE.items() if key not in sections)
    file = folder / "catalog.yaml"
    file.write_text(whole, "utf-8")
    with pytest.raises(CatalogError) as caught:
        load(file)
    return whole, caught.value.problems


@pytest.mark.parametrize("case", CASES)
def test_problem_names_path_line_and_reason(case: str, tmp_path: Path) -> None:
    text, path, message = CASES[case]
    whole, found = problems(text, tmp_path)
    line = next(number for number, line in enumerate(whole.split("\n"), 1) if "#!" in line)
    told = [problem for problem in found if problem.path == path]
    assert told, [str(problem) for problem in found]
    assert message in told[0].message
    assert told[0].where == f"catalog.yaml:{line}"


def test_base_alone_is_right(tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    file.write_text("\n".join(BASE.values()), "utf-8")
    assert list(load(file).plans) == ["start"]
    assert len(CASES) > 60


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Typing errors of one charge hide neither its plan's nor other parts' problems."""
    _, found = problems(
        CHARGES.replace("seller: nordtel", "seller: nobody")
        + "\n      a: {flat: x}\n      b: {component: b, when: {zone: mars}, flat: 1}\nzones: {}\n"
        + "agreements:\n  deal: {model: A.4, roles: {B: musicco}, applies_to: {charges: [a]}}\n",
        tmp_path,
    )
    assert [(problem.path, problem.where) for problem in found] == [
        ("plans.start.seller", "catalog.yaml:3"),
        ("plans.start.charges.a.flat", "catalog.yaml:7"),
        ("plans.start.charges.b.when.zone", "catalog.yaml:8"),
        ("agreements.deal.roles.D", "catalog.yaml:11"),
        ("agreements.deal.flows.wholesale", "catalog.yaml:11"),
    ]


HIDDEN = {
    "a wrong price before bounds that fall": (
        CHARGES + "\n      a: {graduated: {tiers: [{up_to: 10, price: x}, {up_to: 5, price: 1}, {price: 1}]}}",
        ["plans.start.charges.a.graduated.tiers[0].price", "plans.start.charges.a.graduated.tiers[1].up_to"],
    ),
    "a price that is missing before blocks that are cut": (
        CHARGES + "\n      a: {unit: {steps: [{up_to: 50, increment: 20}, {price: 1}]}}",
        ["plans.start.charges.a.unit.steps[0].price", "plans.start.charges.a.unit.steps[0].up_to"],
    ),
    "a wrong bound, which tells nothing of its neighbours": (
        CHARGES + "\n      a: {graduated: {tiers: [{up_to: x, price: 1}, {up_to: 5, price: 1}, {price: 1}]}}",
        ["plans.start.charges.a.graduated.tiers[0].up_to"],
    ),
    "a wrong number beside two models": (
        CHARGES + "\n      a: {flat: x, unit: {price: 1}}",
        ["plans.start.charges.a", "plans.start.charges.a.flat"],
    ),
    "a wrong currency and payability beside too many percent": (
        FLOWS.replace("roles:", "currency: sek\n    roles:")
        + "\n      x: {payer: D, payee: P, of: retail, percent: 70%}"
        + "\n      y: {payer: D, payee: musicco, of: retail, percent: 50%}"
        + "\n      z: {payer: D, payee: musicco, of: retail, per_event: 1, recognition: both}",
        ["agreements.deal.currency", "agreements.deal.flows.y.percent", "agreements.deal.flows.z.recognition"],
    ),
    "a wrong percentage, which tells nothing of the sum": (
        FLOWS
        + "\n      x: {payer: D, payee: P, of: retail, percent: x}"
        + "\n      y: {payer: D, payee: musicco, of: retail, percent: 50%}",
        ["agreements.deal.flows.x.percent"],
    ),
    "parties that are a list, of which nothing is unknown": ("parties: [nordtel]", ["parties"]),
    "wrong numbers in rows that tie": (
        "tables:\n  shares:\n    by: [a]\n    columns: {share: percent}\n    rows:"
        "\n      - {a: b, share: x}\n      - {a: b, share: y}",
        ["tables.shares.rows[0].share", "tables.shares.rows[1]", "tables.shares.rows[1].share"],
    ),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_a_wrong_value_hides_nothing_beside_it(case: str, tmp_path: Path) -> None:
    text, paths = HIDDEN[case]
    _, found = problems(text, tmp_path)
    assert sorted(problem.path for problem in found) == paths


def test_one_line_for_each_problem(tmp_path: Path) -> None:
    _, found = problems(CASES["descending tiers"][0], tmp_path)
    assert str(CatalogError(found)) == (
        "catalog.yaml:11: plans.start.charges.data.graduated.tiers[1].up_to: 5368709120 is below the bound before it "
        "(10737418240); bounds must rise"
    )


def test_currencies_are_those_of_iso_4217(tmp_path: Path) -> None:
    _, found = problems(
        "accounts:\n  a-1: {owner: c-1, currency: KRO}\n  a-2: {owner: c-1, currency: SEK}\n"
        "  a-3: {owner: c-1, currency: XDR}\n  a-4: {owner: c-1, currency: XAU}\nbilling: {digits: {KRO: 2, XAU: 4}}",
        tmp_path,
    )
    assert [str(problem) for problem in found] == [
        "catalog.yaml:2: accounts.a-1.currency: 'KRO' is not a currency of ISO 4217, such as EUR or SEK",
        "catalog.yaml:4: accounts.a-3.currency: 'XDR' has no minor unit in ISO 4217; state its decimals in "
        "billing.digits, such as {XDR: 2}",
        "catalog.yaml:6: billing.digits.KRO: 'KRO' is not a currency of ISO 4217, such as EUR or SEK",
    ]


@pytest.mark.parametrize(
    "flows",
    {
        "by turns": """
      x: {payer: D, payee: P, of: retail, percent: 70%, when: {service: a}}
      rest: {payer: D, payee: filmco, of: retail, remainder: [x], when: {service: a}}
      other: {payer: D, payee: musicco, of: retail, remainder: [], when: {service: b}}""",
        "one after the other": """
      x: {payer: D, payee: P, of: retail, percent: 70%, valid: {until: 2026-10-01}}
      rest: {payer: D, payee: filmco, of: retail, remainder: [], valid: {from: 2026-10-01}}""",
        "beside what is measured, kept or on the record": """
      net: {payer: D, payee: musicco, of: retail, percent: 30%, payable: false}
      own: {payee: D, of: retail, percent: 10%}
      cost: {payer: D, payee: musicco, per_event: 0.10}
      x: {payer: D, payee: P, of: retail, percent: 70%}
      rest: {payer: D, payee: filmco, of: retail, remainder: [x]}""",
        "of all that is paid, on whatever road": """
      net: {of: retail, percent: 90%, payable: false}
      x: {payer: D, payee: P, of: net, percent: 70%}
      tenth: {payer: D, payee: P, of: retail, percent: 10%}
      least: {payer: D, payee: P, greater_of: [tenth, 10.00]}
      cost: {payer: D, payee: musicco, plan: start}
      half: {payer: D, payee: musicco, of: retail, minus: cost, percent: 5%}
      rest: {payer: D, payee: filmco, of: retail, minus: cost, remainder: [x, least, half]}""",
        "that is shared on": """
      x: {payer: D, payee: P, of: retail, percent: 70%}
      margin: {payee: D, of: retail, remainder: [x]}
      bonus: {payer: D, payee: filmco, of: margin, percent: 50%}
      left: {payer: P, payee: musicco, of: x, remainder: []}""",
    }.items(),
    ids=lambda case: case[0],
)
def test_remainders_that_sum_to_their_base(flows: tuple[str, str], tmp_path: Path) -> None:
    file = tmp_path / "catalog.yaml"
    file.write_text("\n".join([*BASE.values(), FLOWS + flows[1]]), "utf-8")
    assert load(file).agreements["deal"].flows


def test_an_item_that_is_refused_leaves_its_list_as_long_as_it_is_written(tmp_path: Path) -> None:
    plans = (
        "accounts: {a: {owner: ann, currency: EUR}}\n"
        "subscriptions: {s: {account: a, keys: ['1'], plans: [{plan: start, from: '2026-03-29T02:30:00'}]}}"
    )
    _, found = problems(plans, tmp_path)
    assert [problem.path for problem in found] == ["subscriptions.s.plans[0].from"]

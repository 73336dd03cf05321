"""Every kind of refusal at once: one catalog with a mistake of each kind, and each told with its path and line.

In the catalog below a comment `#! path: words of the message` stands above each line that is wrong. Nothing else may be
told.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from partita.catalog import load
from partita.cli import outcome
from partita.errors import CatalogError

WRONG = """\
parties: {nordtel: {}, musicco: {}, filmco: {}}
zones: {nordic: {prefixes: ["46", "47"]}}
tables:
  shares:
    by: [partner, territory]
    columns: {share: percent}
    rows:
      - {partner: a, territory: SE, share: 70%}
      #! tables.shares.rows[1]: ties with rows[0]
      - {partner: a, territory: SE, share: 60%}
  prices:
    by: [item]
    columns: {price: number}
    rows:
      #! tables.prices.rows[0].price: 'much': a number is a decimal
      - {item: b, price: much}
plans:
  start:
    #! plans.start.seller: unknown party 'nordtle'; did you mean 'nordtel'?
    seller: nordtle
    currency: SEK
    charges:
      monthly: {every: month, flat: 109.00}
      field:
        when: {service: field}
        #! plans.start.charges.field.unit.pric: unknown field 'pric'; did you mean 'price'?
        unit: {price: 1, pric: 60}
      decimal:
        when: {service: decimal}
        #! plans.start.charges.decimal.flat: at most 12 decimals
        flat: 1.0000000000001
      comma:
        when: {service: comma}
        #! plans.start.charges.comma.flat: '1,50': a number is a decimal
        flat: "1,50"
      gap:
        when: {service: gap}
        #! plans.start.charges.gap.graduated.tiers[1]: needs up_to
        graduated: {tiers: [{up_to: 10}, {price: 1}, {price: 2}]}
      end:
        when: {service: end}
        #! plans.start.charges.end.graduated.tiers[1].up_to: holds the rest
        graduated: {tiers: [{up_to: 10}, {up_to: 20}]}
      overlap:
        when: {service: overlap}
        graduated:
          tiers:
            - {up_to: 10, price: 2}
            #! plans.start.charges.overlap.graduated.tiers[1].up_to: 5 is below the bound before it (10)
            - {up_to: 5, price: 1}
            - {price: 0}
      voice: {when: {service: voice}, flat: 1}
      #! plans.start.charges.again: can rate the same record as 'voice'
      again: {when: {service: [voice, sms], zone: nordic}, flat: 2}
      step:
        when: {service: step}
        component: step
        unit:
          steps:
            #! plans.start.charges.step.unit.steps[0].up_to: 50 less its start 0
            - {up_to: 50, price: 1, increment: 20}
            - {price: 1}
      owner:
        when: {service: owner}
        component: owner
        versions:
          - {from: 2026-01-01, package: {size: 1, price: 1}}
          #! plans.start.charges.owner.versions[1].package.scope: is 'account'
          - {from: 2026-02-01, package: {size: 1, price: 1, scope: account}}
agreements:
  circle:
    roles: {C: account_owner, D: nordtel}
    flows:
      retail: {payer: C, payee: D, base: lines}
      #! agreements.circle.flows.x: computed from itself: x → y → x
      x: {payer: D, payee: musicco, of: y, percent: 5%}
      y: {payer: D, payee: musicco, of: x, percent: 5%}
  strangers:
    #! agreements.strangers.roles.D: unknown party 'nordtl'
    roles: {C: account_owner, D: nordtl}
    flows:
      retail: {payer: C, payee: D, base: lines}
      share:
        payer: D
        #! agreements.strangers.flows.share.payee: unknown role or party 'Q'
        payee: Q
        of: retail
        percent: 5%
  over:
    roles: {C: account_owner, D: nordtel}
    flows:
      retail: {payer: C, payee: D, base: lines}
      first: {payer: D, payee: musicco, of: retail, percent: 70%}
      second:
        payer: D
        payee: filmco
        of: retail
        #! agreements.over.flows.second.percent: together are 101 % of retail, more than 100 %
        percent: 31%
  imposed:
    model: A.4
    roles: {B: musicco, D: nordtel}
    applies_to: {plans: [start], charges: [monthly]}
    terms:
      territory: [SE]
      exclusive: true
      #! agreements.imposed.terms.imposed_price: 99.00 is imposed, but charge 'monthly'
      imposed_price: 99.00
    flows: {wholesale: {percent: 70%}}
  #! agreements.rival: 'imposed' is exclusive
  rival:
    model: A.4
    roles: {B: filmco, D: nordtel}
    applies_to: {plans: [start], charges: [monthly]}
    terms: {territory: [SE, NO]}
    flows: {wholesale: {percent: 20%}}
"""

MARK = re.compile(r" *#! (\S+): (.*)")
MISTAKES = [
    (number, *mark.groups()) for number, line in enumerate(WRONG.split("\n"), 2) if (mark := MARK.fullmatch(line))
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.yaml"
    path.write_text(WRONG, "utf-8")
    return path


def test_each_mistake_is_told_with_its_path_and_line(file: Path) -> None:
    assert len(MISTAKES) == 18
    with pytest.raises(CatalogError) as caught:
        load(file)
    told = caught.value.problems
    assert [(problem.where, problem.path) for problem in told] == [
        (f"catalog.yaml:{line}", path) for line, path, _ in MISTAKES
    ]
    for problem, (_, _, words) in zip(told, MISTAKES, strict=True):
        assert words in problem.message


def test_the_command_line_tells_them_and_leaves_with_2(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(["check", str(file)]) == 2
    told = capsys.readouterr().err
    for line, path, _ in MISTAKES:
        assert f"catalog.yaml:{line}: {path}: " in told

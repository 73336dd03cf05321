"""The committed currency table is the one that the ISO 4217 package gives, and looks as the standard says."""

import importlib.util
import re
from pathlib import Path

import pytest

GENERATOR = Path(__file__).parents[1] / "rust" / "money" / "generate_currencies.py"


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("generate_currencies", GENERATOR)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_table_is_what_the_generator_writes(generator):
    assert generator.TABLE.read_text(encoding="utf-8") == generator.render()


def test_the_committed_table_holds_every_currency_in_order(generator):
    rows = re.findall(r'^    \("([A-Z]{3})", (None|Some\(\d\))\),$', generator.TABLE.read_text(encoding="utf-8"), re.M)
    codes = [code for code, _ in rows]
    assert len(codes) > 150
    assert codes == sorted(set(codes))


@pytest.mark.parametrize(
    ("code", "digits"), [("SEK", 2), ("EUR", 2), ("JPY", 0), ("BHD", 3), ("CLF", 4), ("XAU", None), ("XXX", None)]
)
def test_digits(generator, code, digits):
    assert generator.minor_unit_digits()[code] == digits

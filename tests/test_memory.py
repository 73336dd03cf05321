"""Usage that lies in Arrow buffers is read where it lies: as it enters, a gibibyte takes no tenth of that again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ENTER = """
import sys
from pathlib import Path
import pandas as pd
import polars as pl
import pyarrow as pa
import partita

GIBIBYTE = 1 << 30
rows = 1 << 18
small = pa.table({
    "id": [f"{row:032}" for row in range(rows)],
    "time": pa.array(range(rows), pa.timestamp("us", "UTC")),
    "key": [f"{row:012}" for row in range(rows)],
    "quantity": pa.array(range(rows), pa.int64()),
    "status": pa.array(["ok"] * rows).dictionary_encode(),
})
times = GIBIBYTE // small.nbytes + 1
# The same buffers over and over, so that only copies of them take memory.
whole = pa.concat_tables([small] * times)
assert whole.nbytes >= GIBIBYTE
given = {
    "pyarrow": lambda: whole,
    "stream": lambda: pa.RecordBatchReader.from_batches(whole.schema, whole.to_batches()),
    "polars": lambda: pl.concat([pl.from_arrow(small)] * times, rechunk=False),
    "pandas": lambda: whole.to_pandas(types_mapper=pd.ArrowDtype),
}[sys.argv[1]]()
plan = {"seller": "shop", "currency": "EUR", "charges": {"calls": {"unit": {"price": "1"}}}}
mapping = {"id": "id", "quantity": "quantity", "service": {"constant": "voice"}, "where": {"status": "bad"}}
catalog = {"parties": {"shop": {}}, "plans": {"basic": plan}, "usage": {"calls": mapping}}
engine = partita.Engine(partita.load(catalog))
engine.rate(small)

def memory(name):
    return next(int(line.split()[1]) << 10 for line in Path("/proc/self/status").open() if line.startswith(name))

Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
before = memory("VmRSS")
rated = engine.rate(given)
print(rated.skipped == whole.num_rows, memory("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are measured where Linux tells them")
@pytest.mark.parametrize("kind", ["pyarrow", "stream", "polars", "pandas"])
def test_a_gibibyte_enters_without_a_copy(kind: str) -> None:
    done = subprocess.run([sys.executable, "-c", ENTER, kind], capture_output=True, text=True, check=True)
    read, risen = done.stdout.split()
    assert read == "True"
    assert int(risen) < 0.1 * (1 << 30)

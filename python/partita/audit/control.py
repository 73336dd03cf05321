"""Control totals: what the book says of a run as a whole, of its files, its cycle, and what it left beside the book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from partita.cycle.folder import read_table
from partita.cycle.rejected import NAME as REJECTED
from partita.cycle.rejected import origin_of
from partita.errors import StoreError
from partita.reference.records import is_wanted

from .differences import Difference, Findings
from .material import Material, Rows

_COUNTS = ("rows", "skipped", "rated", "rejected")
_PART = ("table", "rows", "periods")
_FOLDERS = ("part-*", "close", REJECTED)


def check_control(material: Material, findings: Findings) -> None:
    """Compare the run's row, its cycle, its parts, and where its rejects say that their records are."""
    book, run_id = material.book, material.run_id
    totals = {name: sum(file[name] for file in material.files) for name in _COUNTS}
    earlier = [row for row in book.runs() if row["number"] < material.number]
    number = earlier[-1]["number"] + 1 if earlier else 1
    run = {"run_id": run_id, **totals, "number": number, "opening": earlier[-1]["run_id"] if earlier else None}
    findings.compare("runs", ("run_id",), book.table("runs", run_id=run_id).to_pylist(), [run])
    cycle = {"run_id": run_id, "period": material.period, "state": "closed" if material.closes else "open"}
    findings.compare("cycles", ("run_id",), book.table("cycles", run_id=run_id).to_pylist(), [cycle])
    findings.compare("parts", ("path",), _stored_parts(material), list(_parts(material)), _PART)
    _check_records(material, findings)


def check_files(material: Material, findings: Findings, skipped: Counter[str] | None) -> None:
    """Compare the rows of each file with what was read of it, and with what became of them; and how many `where` left
    out, if all were looked at."""
    rejected = Counter(row["usage_file"] for row in material.rejects)
    rated = _rated(material)
    for file in material.files:
        name = file["name"]
        rows = material.rows_read.get(name, int(file["rows"]))
        left_out = file["skipped"] if skipped is None else skipped[name]
        charged = rows - left_out - file["rejected"] if rated is None else rated[name]
        expected = {"rows": rows, "skipped": left_out, "rated": charged, "rejected": rejected[name]}
        findings.compare("files", ("name",), [file], [{"name": name, **expected}])


def _rated(material: Material) -> Counter[str] | None:
    """How many records of each file have lines; None where no lines were kept."""
    if not material.has("lines"):
        return None
    found: Counter[str] = Counter()
    for path in material.parts("lines", "part-%"):
        places = read_table(path, ["usage_file", "usage_row"])
        whose = places.group_by("usage_file").aggregate([("usage_row", "count_distinct")])
        found.update(dict(zip(*(column.to_pylist() for column in whose.columns), strict=True)))
    return found


def skipped_in(material: Material, batches: Any) -> Counter[str]:
    """How many rows of some batches `where` leaves out, by file."""
    found: Counter[str] = Counter()
    for batch in batches:
        mapping = material.mappings[batch.mapping]
        found[batch.file] += sum(not is_wanted(mapping, row) for row in batch.records) if mapping.where else 0
    return found


# Beside the book ------------------------------------------------------------------------------------------------------


def _stored_parts(material: Material) -> Rows:
    """Those that are there; of one that is not, its missing hash tells."""
    rows = material.book.query("SELECT * FROM parts WHERE run_id = ?", [material.run_id]).to_pylist()
    return [row for row in rows if (material.book.folder / row["path"]).is_file()]


def _parts(material: Material) -> Iterator[dict[str, Any]]:
    """The files that the run has left, with what is in them."""
    home = material.book.folder / material.run_id
    for folder in sorted(path for pattern in _FOLDERS for path in home.glob(pattern)):
        periods = _periods(folder)
        for path in sorted(folder.glob("*.parquet")):
            table = REJECTED if REJECTED in (folder.name, path.stem.partition("-")[0]) else path.stem
            yield {
                "path": path.relative_to(material.book.folder).as_posix(),
                "table": table,
                "rows": _read(path).num_rows,
                "periods": material.period if table == "ids" else periods,
            }


def _periods(folder: Path) -> str:
    """The periods that the sums of a folder are billed in."""
    paths = [folder / f"{table}.parquet" for table in ("line_sums", "share_sums")]
    tables = [read_table(path, ["period"]) for path in paths if path.is_file()]
    return ",".join(sorted({period for table in tables for period in table["period"].to_pylist()}))


def _read(path: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(path)
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"{path}: cannot be read: {error}") from error


def _check_records(material: Material, findings: Findings) -> None:
    """Each reject of usage says which file has its record."""
    places = {}
    for path in sorted((material.book.folder / material.run_id / REJECTED).glob("*.parquet")):
        name, _ = origin_of(pq.read_schema(path).empty_table())
        places[name] = path.relative_to(material.book.folder).as_posix()
    sql = "SELECT usage_file, usage_row, source, id, records FROM rejects WHERE run_id = ?"
    for row in material.book.query(sql, [material.run_id]).to_pylist():
        expected = places.get(row["usage_file"])
        if row["records"] != expected:
            key = {name: row[name] for name in ("usage_file", "usage_row", "source", "id")}
            findings.add(Difference("rejects", key, "records", row["records"], expected))

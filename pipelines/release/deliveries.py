"""Deliveries: what each municipality's administration receives, and nothing of another's.

Belongs here: cutting the internal marts by municipality, writing them as Parquet and CSV with a dictionary, and putting the
municipality's own reports beside them. Does not belong here: disclosure control (the internal marts have it behind them),
rendering, and sending (`sending`).

`deliveries/<municipality>/`
  `marts/<mart>.parquet`, `csv/<mart>.csv`   its own rows, its institutions', and the programme's as a comparison
  `data_dictionary.csv`                      every column in Danish and English
  `units.csv`                                names of its units
  `reports/{da,en}/…`                        its reports and those of its institutions, and its workbook
  `delivery.json`                            release, and the SHA-256 of every file of the delivery; written last
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.dictionary import data_dictionary
from pipelines.files import private_folder, safe_names, sha256_file
from pipelines.marts import MARTS as ALL_MARTS
from pipelines.marts import SIMULATED
from pipelines.release.places import DELIVERIES, MARTS, storage

if TYPE_CHECKING:
    import pyarrow as pa

INVENTORY = "delivery.json"
LEFT_OUT = ("extract_reconciliation",)
"""Marts about the making of the whole release: they name the files of everyone."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


@dataclass(frozen=True)
class Recipient:
    """A municipality: `institutions` by id with their names, `reports` by their name in the delivery."""

    municipality_id: str
    label: str
    institutions: Mapping[str, str]
    reports: Mapping[str, Path] = field(default_factory=dict)


def write_deliveries(
    release: Path, release_id: str, recipients: Sequence[Recipient], is_simulated: bool, threads: int = 1
) -> list[Path]:
    """Write every municipality's delivery from the internal marts of a candidate.

    Args:
        release: the candidate's `release/` folder with its marts and reports.
        release_id: told in each delivery.
        recipients: the municipalities.
        is_simulated: puts the mark on every file that can bear it.
        threads: deliveries that are written at a time; Arrow lets other threads work while it does.

    Returns:
        The folders, one a municipality.

    Raises:
        StorageError: a mart is missing, disk full, permission.
    """
    import pyarrow.parquet as pq

    with storage(release, "the deliveries were not written; nothing was released"):
        names = safe_names(recipient.municipality_id for recipient in recipients)
        private_folder(release / DELIVERIES)
        folders = {
            r.municipality_id: private_folder(release / DELIVERIES / names[r.municipality_id]) for r in recipients
        }
        dictionary = _dictionary(is_simulated)
        with ThreadPoolExecutor(threads) as hands:
            for mart in ALL_MARTS:
                if mart.name not in LEFT_OUT:
                    table = pq.read_table(release / MARTS / "internal" / f"{mart.name}.parquet")
                    write = partial(_write_rows, mart.name, table, _with_formulas(table), is_simulated)
                    list(hands.map(write, recipients, folders.values()))
            write = partial(_write_rest, release_id, dictionary, is_simulated)
            list(hands.map(write, recipients, folders.values()))
        return list(folders.values())


def _write_rows(
    mart: str, table: pa.Table, with_formulas: Sequence[str], is_simulated: bool, recipient: Recipient, folder: Path
) -> None:
    """A recipient's rows of a mart as Parquet and CSV."""
    import pyarrow.parquet as pq

    own = _cut(table, recipient)
    (folder / "marts").mkdir(exist_ok=True)
    (folder / "csv").mkdir(exist_ok=True)
    pq.write_table(own, folder / "marts" / f"{mart}.parquet", compression="zstd")
    _write_csv(own, folder / "csv" / f"{mart}.csv", with_formulas, is_simulated)


def _write_rest(release_id: str, dictionary: bytes, is_simulated: bool, recipient: Recipient, folder: Path) -> None:
    """What lies beside the marts, and the inventory."""
    (folder / "data_dictionary.csv").write_bytes(dictionary)
    (folder / "units.csv").write_bytes(_units(recipient, is_simulated))
    for name, path in recipient.reports.items():
        target = folder / "reports" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    _write_inventory(folder, recipient, release_id, is_simulated)


def _cut(table: pa.Table, recipient: Recipient) -> pa.Table:
    """A recipient's rows: its own unit, its institutions, the programme's; a mart without units is everyone's."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "unit_id" not in table.column_names:
        return table
    level, unit = table.column("level"), table.column("unit_id")
    own = pc.and_(pc.equal(level, "municipality"), pc.equal(unit, recipient.municipality_id))
    institutions = pc.is_in(unit, pa.array(list(recipient.institutions), unit.type))
    institution = pc.and_(pc.equal(level, "institution"), institutions)
    return table.filter(pc.or_(pc.or_(pc.equal(level, "programme"), own), institution))


def _with_formulas(table: pa.Table) -> list[str]:
    """Columns with a text that a spreadsheet takes for a formula. Hardly ever one: looked for once, not a recipient at a time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
    return [name for name in texts if pc.any(_is_formula(pc.unique(table.column(name)))).as_py()]


def _is_formula(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Which texts a spreadsheet takes for a formula."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(pc.utf8_slice_codeunits(pc.fill_null(texts, ""), 0, 1), pa.array(FORMULA))


def _write_csv(table: pa.Table, path: Path, with_formulas: Sequence[str], is_simulated: bool) -> None:
    """A table as CSV (UTF-8, comma, point, quotes as needed); no cell of it is a formula."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow_csv

    columns = {name: table.column(name) for name in table.column_names}
    for name in with_formulas:
        quoted = pc.binary_join_element_wise("'", columns[name], "")
        columns[name] = pc.if_else(_is_formula(columns[name]), quoted, columns[name])
    if is_simulated:
        columns["data"] = pa.array([SIMULATED] * table.num_rows, pa.string())
    arrow_csv.write_csv(pa.table(columns), path, arrow_csv.WriteOptions(quoting_style="needed"))


def plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _dictionary(is_simulated: bool) -> bytes:
    """One row per mart and column: what it means."""
    rows = [
        [
            mart.name,
            column.name,
            column.type,
            str(column.is_key).lower(),
            column.description["da"],
            column.description["en"],
        ]
        for mart in data_dictionary()
        if mart.name not in LEFT_OUT
        for column in mart.columns
    ]
    return _csv(["mart", "column", "type", "is_key", "description_da", "description_en"], rows, is_simulated)


def _units(recipient: Recipient, is_simulated: bool) -> bytes:
    """One row per unit of the delivery: its name."""
    rows = [["municipality", recipient.municipality_id, recipient.label]]
    rows += [["institution", unit, label] for unit, label in sorted(recipient.institutions.items())]
    return _csv(["level", "unit_id", "label"], rows, is_simulated)


def _csv(names: Sequence[str], rows: Sequence[Sequence[str]], is_simulated: bool) -> bytes:
    """Rows as CSV, with the mark."""
    mark, marks = (["data"], [SIMULATED]) if is_simulated else ([], [])
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*names, *mark])
    writer.writerows([*map(plain, row), *marks] for row in rows)
    return buffer.getvalue().encode()


def _write_inventory(folder: Path, recipient: Recipient, release_id: str, is_simulated: bool) -> None:
    """`delivery.json`: whoever receives it can tell that everything arrived."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != INVENTORY)
    content = {
        "release_id": release_id,
        "municipality_id": recipient.municipality_id,
        "municipality": recipient.label,
        "data": SIMULATED if is_simulated else "data",
        "files": {path.relative_to(folder).as_posix(): sha256_file(path) for path in files},
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    (folder / INVENTORY).write_bytes(text.encode())

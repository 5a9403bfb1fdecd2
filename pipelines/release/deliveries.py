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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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


def write_deliveries(release: Path, release_id: str, recipients: Sequence[Recipient], is_simulated: bool) -> list[Path]:
    """Write every municipality's delivery from the internal marts of a candidate.

    Args:
        release: the candidate's `release/` folder with its marts and reports.
        release_id: told in each delivery.
        recipients: the municipalities.
        is_simulated: puts the mark on every file that can bear it.

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
        for mart in ALL_MARTS:
            if mart.name in LEFT_OUT:
                continue
            table = pq.read_table(release / MARTS / "internal" / f"{mart.name}.parquet")
            for recipient, own in zip(recipients, _cut(table, recipients), strict=True):
                folder = folders[recipient.municipality_id]
                (folder / "marts").mkdir(exist_ok=True)
                (folder / "csv").mkdir(exist_ok=True)
                pq.write_table(own, folder / "marts" / f"{mart.name}.parquet", compression="zstd")
                _write_csv(own, folder / "csv" / f"{mart.name}.csv", is_simulated)
        dictionary = _dictionary(is_simulated)
        for recipient in recipients:
            folder = folders[recipient.municipality_id]
            (folder / "data_dictionary.csv").write_bytes(dictionary)
            (folder / "units.csv").write_bytes(_units(recipient, is_simulated))
            for name, path in recipient.reports.items():
                target = folder / "reports" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
            _write_inventory(folder, recipient, release_id, is_simulated)
        return list(folders.values())


def _cut(table: pa.Table, recipients: Sequence[Recipient]) -> Iterator[pa.Table]:
    """Each recipient's rows: its own unit, its institutions, the programme's; a mart without units is everyone's."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "unit_id" not in table.column_names:
        for _ in recipients:
            yield table
        return
    level, unit = table.column("level"), table.column("unit_id")
    is_programme, is_municipality, is_institution = (
        pc.equal(level, name) for name in ("programme", "municipality", "institution")
    )
    for recipient in recipients:
        own = pc.and_(is_municipality, pc.equal(unit, recipient.municipality_id))
        institutions = pc.is_in(unit, pa.array(list(recipient.institutions), unit.type))
        yield table.filter(pc.or_(pc.or_(is_programme, own), pc.and_(is_institution, institutions)))


def _write_csv(table: pa.Table, path: Path, is_simulated: bool) -> None:
    """A table as CSV (UTF-8, comma, point, quotes as needed); no cell of it is a formula."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow_csv

    columns = {name: table.column(name) for name in table.column_names}
    for name, column in columns.items():
        if pa.types.is_string(column.type):
            text = pc.fill_null(column, "")
            is_formula = pc.is_in(pc.utf8_slice_codeunits(text, 0, 1), pa.array(FORMULA))
            if pc.any(is_formula).as_py():
                columns[name] = pc.if_else(is_formula, pc.binary_join_element_wise("'", text, ""), column)
    if is_simulated:
        columns["data"] = pa.array([SIMULATED] * table.num_rows, pa.string())
    options = arrow_csv.WriteOptions(quoting_style="needed")
    arrow_csv.write_csv(pa.table(columns), path, options)


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

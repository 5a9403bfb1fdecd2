"""Known errors of a source, declared in `corrections.csv`: each with a reason and with what the cell must hold before.

Belongs here: applying them to one file. Does not belong here: the table's columns (`programme.tables`), and any correction in
code.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.extract.content import ROW
from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Finding
from pipelines.programme import Programme


def apply_corrections(
    programme: Programme, delivery: Delivery, table: pa.Table
) -> tuple[pa.Table, set[int], list[Finding]]:
    """Correct a file.

    Args:
        programme: its `corrections`.
        delivery: the file.
        table: its records, columns of text and `ROW`.

    Returns:
        The corrected table, numbers of rows that a correction sets aside, and a finding per correction: a note when it was
        applied, a stop when the file does not hold what the correction expects.
    """
    all_of_them = programme.corrections
    own = all_of_them[all_of_them["mapping"].eq(delivery.mapping) & all_of_them["file"].eq(delivery.name)]
    set_aside: set[int] = set()
    findings = []
    for correction in own.to_dict("records"):
        name = str(correction["column"])
        row = None if correction["row"] is None or str(correction["row"]) == "<NA>" else int(correction["row"])

        def finding(
            reason: str, message: str, stops: bool, rows: int = 1, name: str = name, row: int | None = row
        ) -> Finding:
            action = "stop" if stops else "note"
            return Finding(delivery.mapping, delivery.name, reason, message, action, row, name, rows)  # type: ignore[arg-type]

        if name not in table.column_names:
            findings.append(finding("correction_unfounded", "corrections.csv names a column that is not there", True))
            continue
        column = table.column(name)
        mask = pc.equal(pc.utf8_trim_whitespace(column), str(correction["expected"]))
        if row is not None:
            mask = pc.and_(mask, pc.equal(table.column(ROW), row))
        hits = table.column(ROW).filter(mask).to_pylist()
        if not hits:
            message = (
                "does not hold what corrections.csv expects there; the source may have been corrected: look at it and "
                "take the correction out"
            )
            findings.append(finding("correction_unfounded", message, True))
            continue
        if correction["action"] == "set_aside":
            set_aside |= set(hits)
        else:
            corrected = pc.if_else(mask, str(correction["value"]), column)
            table = table.set_column(table.column_names.index(name), name, corrected)
        findings.append(finding("corrected", f"corrected as declared: {correction['reason']}", False, len(hits)))
    return table, set_aside, findings

"""What a release changed: rows and figures that came, went or changed against the release before, and why.

Belongs here: comparing two releases by their manifests and marts, per audience. Does not belong here: where the result is
kept and shown (`history`). Public figures are compared with public figures only: what was suppressed stays out.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.marts import MARTS as ALL_MARTS
from pipelines.marts import Mart
from pipelines.release.manifest import read_manifest
from pipelines.release.places import MARTS

if TYPE_CHECKING:
    import duckdb

CORRECTIONS = "corrections.csv"
FEWEST = 10
"""Respondents that two releases must differ by, where the manifest has no rule."""
MAPPING_COLUMNS = (
    "mapping",
    "mapping_from",
    "mapping_to",
    "mapping_first",
    "mapping_second",
    "mapping_third",
    "base_mapping",
)


@dataclass(frozen=True)
class Cause:
    """One reason why figures differ. `mapping` and `respondent_group` are those of an extract, else empty.

    `kind`: `new_extract`, `extract_gone`, `correction` (an extract delivered again, or `corrections.csv`), `forgotten`,
    `programme`, `setting`, `code`, `packages`.
    """

    kind: str
    what: str
    mapping: str = ""
    respondent_group: str = ""

    def __str__(self) -> str:
        """One line."""
        return f"{self.kind}: {self.what}"


@dataclass(frozen=True)
class Change:
    """One row per mart: how many rows and figures came, went and changed; columns that only one of the two has."""

    mart: str
    rows_added: int
    rows_gone: int
    rows_changed: int
    figures_added: int
    figures_gone: int
    figures_changed: int
    columns_added: tuple[str, ...] = ()
    columns_gone: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether anything differs."""
        return bool(self.rows_added or self.rows_gone or self.rows_changed or self.columns_added or self.columns_gone)


def causes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Cause]:
    """Why two releases differ, from their manifests; what touches single extracts first."""
    return [*_extracts(old, new), *_programme(old, new), *_settings(old, new), *_code(old, new)]


def compare(old: Path, new: Path, audience: str, out: Path | None = None) -> list[Change]:
    """Compare an audience's marts of two releases.

    Args:
        old: folder of the release before.
        new: folder of the release.
        audience: public or internal.
        out: receives one row per row that differs, as Parquet: mart, change (added, gone, changed), key, figures (names),
            before, after (JSON), is_withheld, cause. Where the number of respondents differs by fewer than the rule for a
            figure asks for, before and after are withheld: their difference would be what those few answered. The same
            holds for everything when respondents were removed on request.

    Returns:
        One entry per mart that either has, in the order of the marts.
    """
    import duckdb

    manifest = read_manifest(new)
    why = causes(read_manifest(old), manifest)
    rules: dict[str, Any] = (manifest.get("settings") or {}).get("disclosure") or {}  # type: ignore[attr-defined]
    fewest = int(rules.get(f"{audience}_min_n", FEWEST))
    changes, queries = [], []
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        for mart in ALL_MARTS:
            paths = [release / MARTS / audience / f"{mart.name}.parquet" for release in (old, new)]
            if not any(path.exists() for path in paths):
                continue
            query, *own = _query(con, mart, paths, why, fewest)
            rows = {
                f"rows_{change}": f"count(*) filter (change = '{change}')" for change in ("added", "gone", "changed")
            }
            figures = {
                name: f"coalesce(sum({name}), 0)" for name in ("figures_added", "figures_gone", "figures_changed")
            }
            counted = ", ".join([*rows.values(), *figures.values()])
            con.execute(f"create temp table difference_{mart.name} as {query}")
            [found] = con.execute(f"select {counted} from difference_{mart.name}").fetchall()
            counts = {name: int(number) for name, number in zip([*rows, *figures], found, strict=True)}
            changes.append(Change(mart.name, **counts, columns_added=own[0], columns_gone=own[1]))
            told = f"'{mart.name}' as mart, change, key, figures, before, after, is_withheld, cause"
            queries.append(f"select {told} from difference_{mart.name}")
        if out is not None and queries:
            out.parent.mkdir(parents=True, exist_ok=True)
            together = " union all ".join(queries)
            target = str(out).replace("'", "''")
            copy = (
                f"copy (select * from ({together}) order by mart, key, change) to '{target}' "
                "(format parquet, compression zstd)"
            )
            try:
                con.execute(copy)
            except duckdb.IOException as error:
                # DuckDB tells the system's own error in words only.
                number = errno.ENOSPC if "No space left" in str(error) else errno.EIO
                raise OSError(number, os.strerror(number), str(out)) from error
    return changes


def _query(
    con: duckdb.DuckDBPyConnection, mart: Mart, paths: Sequence[Path], why: Sequence[Cause], fewest: int
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The query of a mart's rows that differ, and the columns that only the new or only the old one has."""
    sources = [f"read_parquet('{str(path).replace(chr(39), chr(39) * 2)}')" if path.exists() else "" for path in paths]
    described = [con.execute(f"describe select * from {s}").fetchall() if s else [] for s in sources]
    columns = [[row[0] for row in rows] for rows in described]
    counts = {row[0] for rows in described for row in rows if row[1] in ("BIGINT", "INTEGER", "HUGEINT")}
    common = [name for name in columns[1] if name in columns[0]]
    # A mart of which one release has none is compared with no rows.
    old, new = (source or f"(select * from {sources[1 - place]} where false)" for place, source in enumerate(sources))
    known = common or columns[0] or columns[1]
    # A release of earlier code may lack a part of the key: rows are told by what both have.
    keys = [name for name in mart.key if name in known]
    figures = [name for name in known if name not in keys]
    key = ", ".join(keys)
    both = "old_row is not null and new_row is not null"
    differs = {name: f"{both} and a_{name} is distinct from b_{name}" for name in figures}
    few = [f"coalesce(abs(a_{n} - b_{n}) between 1 and {fewest - 1}, false)" for n in figures if n in counts]
    withheld = both if any(cause.kind == "forgotten" for cause in why) else " or ".join(few) or "false"
    left = ", ".join([*keys, "true as old_row", *(f"{name} as a_{name}" for name in figures)])
    right = ", ".join([*keys, "true as new_row", *(f"{name} as b_{name}" for name in figures)])
    query = f"""
        select
            case when old_row is null then 'added' when new_row is null then 'gone' else 'changed' end as change,
            {_json({name: name for name in keys})} as key,
            {_listed([f"case when {test} then '{name}' end" for name, test in differs.items()], ", ")} as figures,
            case when {withheld} then '{{}}' else {_told(figures, differs, "old_row", "a_")} end as before,
            case when {withheld} then '{{}}' else {_told(figures, differs, "new_row", "b_")} end as after,
            {withheld} as is_withheld,
            {_cause(keys, known, why)} as cause,
            {_summed([f"a_{name} is null and b_{name} is not null" for name in figures])} as figures_added,
            {_summed([f"a_{name} is not null and b_{name} is null" for name in figures])} as figures_gone,
            {_summed([f"a_{n} is not null and b_{n} is not null and {test}" for n, test in differs.items()])}
                as figures_changed
        from (select {left} from {old}) full join (select {right} from {new}) using ({key})
        where old_row is null or new_row is null or {" or ".join(f"({test})" for test in differs.values()) or "false"}
    """
    came = tuple(name for name in columns[1] if columns[0] and name not in columns[0])
    went = tuple(name for name in columns[0] if columns[1] and name not in columns[1])
    return query, came, went


def _told(figures: Sequence[str], differs: Mapping[str, str], present: str, prefix: str) -> str:
    """SQL of one side's figures: where they differ, and all of a row that came or went, never what is empty on that side."""
    when = {
        name: f"({differs[name]}) or ({present} and (old_row is null or new_row is null) and {prefix}{name} is not null)"
        for name in figures
    }
    return _json({name: f"{prefix}{name}" for name in figures}, when)


def _json(columns: Mapping[str, str], when: Mapping[str, str] | None = None) -> str:
    """SQL of a JSON object of columns, each only where its condition holds."""
    parts = []
    for name, column in columns.items():
        entry = f"'\"{name}\": ' || coalesce(cast(to_json({column}) as varchar), 'null')"
        parts.append(entry if when is None else f"case when {when[name]} then {entry} end")
    return f"'{{' || {_listed(parts, ', ')} || '}}'"


def _listed(parts: Sequence[str], between: str) -> str:
    """SQL of texts with something between; those that are null are left out."""
    return f"concat_ws('{between}', {', '.join(parts)})" if parts else "''"


def _summed(conditions: Sequence[str]) -> str:
    """SQL of how many conditions hold."""
    return " + ".join(f"coalesce(cast({condition} as integer), 0)" for condition in conditions) or "0"


def _cause(keys: Sequence[str], columns: Sequence[str], why: Sequence[Cause]) -> str:
    """SQL of the causes of a row: what touches everything, and extracts of its own group and mappings.

    Where no extract of its own changed, all that did are named as `indirect`: they reach it through the 500 scale of the base
    mapping or through the family of comparisons.
    """
    everywhere = [cause for cause in why if not cause.mapping]
    extracts = [cause for cause in why if cause.mapping]
    mappings = [name for name in MAPPING_COLUMNS if name in columns]
    own = []
    for cause in extracts:
        # Columns beside the key bear the name of their side.
        places = ", ".join(name if name in keys else f"coalesce(b_{name}, a_{name})" for name in mappings)
        test = f"{_text(cause.mapping)} in ({places})" if places else "true"
        if "respondent_group" in keys:
            test += f" and respondent_group = {_text(cause.respondent_group)}"
        own.append(f"case when {test} then {_text(str(cause))} end")
    general = _text("; ".join(str(cause) for cause in everywhere))
    indirect = _text("; ".join(f"indirect {cause}" for cause in extracts))
    direct = f"nullif({_listed(own, '; ')}, '')" if own else "null"
    return f"concat_ws('; ', nullif({general}, ''), coalesce({direct}, nullif({indirect}, '')))"


def _text(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"


def _extracts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Cause]:
    """Extracts that came, went, or were delivered again with another content."""
    before, after = ({(e["mapping"], e["file"]): e for e in manifest.get("inputs", [])} for manifest in (old, new))
    for mapping, file in sorted({*before, *after}):
        was, now = before.get((mapping, file)), after.get((mapping, file))
        entry = now or was or {}
        if was is not None and now is not None and was["sha256"] == now["sha256"]:
            continue
        kind = "new_extract" if was is None else "extract_gone" if now is None else "correction"
        yield Cause(kind, f"{mapping}/{file}", mapping, str(entry.get("respondent_group", "")))


def _programme(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Cause]:
    """Files of the programme that came, went or changed."""
    before, after = (manifest.get("programme_files") or {} for manifest in (old, new))
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if CORRECTIONS in changed:
        yield Cause("correction", CORRECTIONS)
    for name in changed:
        if name != CORRECTIONS:
            yield Cause("programme", name)
    if not changed and _hash(old, "programme") != _hash(new, "programme"):
        yield Cause("programme", "the programme's files")


def _settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Cause]:
    """Settings that differ; respondents removed on request are told apart."""
    before, after = (manifest.get("settings") or {} for manifest in (old, new))
    for name in sorted({*before, *after}):
        if before.get(name) == after.get(name):
            continue
        if name == "rows_removed_on_request":
            yield Cause("forgotten", f"{before.get(name) or 0} → {after.get(name) or 0} rows removed on request")
        elif isinstance(before.get(name), dict) and isinstance(after.get(name), dict):
            for part in sorted({*before[name], *after[name]}):
                if before[name].get(part) != after[name].get(part):
                    yield Cause("setting", f"{name}.{part}: {before[name].get(part)} → {after[name].get(part)}")
        else:
            yield Cause("setting", f"{name}: {_plain(before.get(name))} → {_plain(after.get(name))}")


def _code(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Cause]:
    """Code and packages; models of the warehouse by name."""
    if _hash(old, "code") != _hash(new, "code"):
        before, after = (manifest.get("models") or {} for manifest in (old, new))
        models = sorted(
            name
            for name in {*before, *after}
            if before.get(name, {}).get("sha256") != after.get(name, {}).get("sha256")
        )
        versions = [str((manifest.get("code") or {}).get("version")) for manifest in (old, new)]
        version = f"version {versions[0]} → {versions[1]}" if versions[0] != versions[1] else f"version {versions[1]}"
        yield Cause("code", f"{version}; models {', '.join(models)}" if models else f"{version}; no model")
    before, after = ((manifest.get("code") or {}).get("packages") or {} for manifest in (old, new))
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield Cause("packages", f"{name} {before.get(name)} → {after.get(name)}")


def _hash(manifest: Mapping[str, Any], part: str) -> object:
    """One part of the release id."""
    return (manifest.get("hashes") or {}).get(part)


def _plain(value: object) -> str:
    """A setting as words."""
    return ", ".join(str(entry) for entry in value) if isinstance(value, list) else str(value)

"""One released figure back to the rows of the extracts that it was made of.

Belongs here: reading `MART:key=value,…`, finding the figure, and who stands behind it, from release and warehouse. Does not
belong here: Dagster, printing, and anything that names a respondent: rows are told by file and number.

Which respondents a figure counts is said here once more, in words of its own on the staged answers: where the models were
wrong, the number found here would not be the one in the mart.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.errors import ConfigurationError, StorageError
from pipelines.files import sha256_file
from pipelines.inference import SOURCES
from pipelines.marts import AUDIENCES, MARTS, Mart
from pipelines.release import read_manifest
from pipelines.warehouse import DATABASE

SHOWN = 10
"""Values named when a key does not name one row."""
MAPPINGS = {
    "mapping": "n",
    "mapping_from": "n_from",
    "mapping_to": "n_to",
    "mapping_first": None,
    "mapping_second": None,
    "mapping_third": None,
    "base_mapping": None,
}
"""Columns that name a mapping, and the column that counts its respondents where the mart has one."""
INVITED = ("response_rates", "nonresponse")
OF_ITEMS = ("item_distributions", "item_comparability", "item_contribution")
"""Marts whose figures count the answers to one item."""
OF_PARTS = ("social_gap", "social_gap_change", "initiative_development", "turnover", "nonresponse_weighted")
"""Marts that compare parts of those whose answers count: the rows are those of all parts together."""
OF_TESTS = ("academic_results", "school_year_progression", "result_targets")
"""Marts whose rows are results of tests; those of targets about themes stand elsewhere too."""
TREND = ("progression", "sustained", "composition", "turnover", "social_gap_change", "initiative_development")
"""Marts whose scores are those of the trend form."""


@dataclass(frozen=True)
class Rows:
    """Rows of one file behind a figure; `ranges` are first and last row of each unbroken run."""

    mapping: str
    file: str
    sha256: str
    rows: int
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Trace:
    """Where a figure comes from. `counted` has, per mapping, the number in the mart and the number of rows found.

    `note` says why rows are not told; empty where they are.
    """

    release_id: str
    audience: str
    mart: str
    mart_sha256: str
    figure: Mapping[str, Any]
    checks: Mapping[str, int]
    models: Mapping[str, str]
    files: tuple[Rows, ...] = ()
    counted: Mapping[str, tuple[int | None, int]] = field(default_factory=dict)
    note: str = ""

    @property
    def agrees(self) -> bool:
        """Whether every number in the mart is the number of rows found."""
        return all(told is None or told == found for told, found in self.counted.values())


def parse_figure(text: str) -> tuple[Mart, dict[str, str]]:
    """`MART:key=value,key=value`; a value with a comma stands in quotes.

    Raises:
        ConfigurationError: no such mart or key.
    """
    name, _, rest = text.partition(":")
    mart = next((mart for mart in MARTS if mart.name == name.strip()), None)
    if mart is None:
        raise ConfigurationError(f"--figure: {name!r} is not one of {', '.join(mart.name for mart in MARTS)}")
    key: dict[str, str] = {}
    for part in next(csv.reader([rest], skipinitialspace=True), []):
        column, equals, value = part.partition("=")
        if not equals or column.strip() not in mart.key:
            raise ConfigurationError(
                f"--figure: {part!r} is not key=value with a key of {mart.name}: {', '.join(mart.key)}"
            )
        key[column.strip()] = value.strip().strip('"')
    return mart, key


def trace(home: Path, figure: str, audience: str = "public", release_id: str | None = None) -> Trace:
    """Take one released figure back to its rows.

    Args:
        home: the home folder.
        figure: `MART:key=value,…`; keys that leave only one row may be left out.
        audience: whose mart.
        release_id: left out: the current release.

    Raises:
        ConfigurationError: the figure, audience or release is not there, or the key names several rows.
        StorageError: the mart is not the one of the manifest.
    """
    if audience not in AUDIENCES:
        raise ConfigurationError(f"--audience: {audience!r} is not one of {', '.join(AUDIENCES)}")
    mart, key = parse_figure(figure)
    release = home / "releases" / release_id if release_id else (home / "current").resolve()
    if not release.is_dir():
        raise ConfigurationError(f"{release}: is not a release; `kortlaegning status` names the current one")
    manifest: dict[str, Any] = read_manifest(release)
    name = f"marts/{audience}/{mart.name}.parquet"
    digest = sha256_file(release / name)
    if digest != manifest["files"].get(name, {}).get("sha256"):
        raise StorageError(f"{release.name}/{name} does not have the SHA-256 of the manifest; run kortlaegning verify")
    row = _find(release / name, mart, key)
    results = pq.read_table(release / "validation" / "results.parquet", columns=["table", "context", "verdict"])
    own = results.filter(pc.and_(pc.equal(results["table"], mart.name), pc.equal(results["context"], audience)))
    verdicts = own["verdict"].to_pylist()
    found = Trace(
        release_id=release.name,
        audience=audience,
        mart=mart.name,
        mart_sha256=digest,
        figure=row,
        checks={verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))},
        models=_models(manifest, mart.name),
    )
    if row.get("suppressed") is not None:
        return _noted(found, f"the figure is suppressed ({row['suppressed']}); its rows would tell it")
    if not (home / DATABASE).exists():
        return _noted(found, f"{home / DATABASE} is missing; rows can be told after the next run")
    with duckdb.connect(str(home / DATABASE), read_only=True) as con:
        [(built_for,)] = con.execute("select release_id from raw.built_for").fetchall()
        if built_for != release.name:
            return _noted(found, f"the warehouse is that of {built_for}; rows can be told of the last release built")
        if mart.name == "result_targets" and row["mapping"]:
            return _noted(found, "a figure of a theme; trace it in theme_scores, progression or social_gap")
        if mart.name in OF_TESTS:
            files = _files(con, _results(mart, row), manifest)
            counted = {str(row["school_year"]): (_told_of_tests(con, mart, row), sum(f.rows for f in files))}
            return Trace(**{**found.__dict__, "files": files, "counted": counted})
        if mart.name == "extract_reconciliation":
            condition = f"file_id = '{row['file_id']}'" if row.get("file_id") else "true"
            both = " union all ".join(
                f"select file_id, file_row, mapping from raw.{table}" for table in ("respondents", "results")
            )
            source = f"(select file_id, file_row, mapping from ({both}) where {condition})"
        else:
            source = _population(con, mart, row)
        files = _files(con, source, manifest)
        counted = {
            mapping: (_told(mart, row, mapping), sum(f.rows for f in files if f.mapping == mapping))
            for mapping in _mappings(mart, row)
        }
    return Trace(**{**found.__dict__, "files": files, "counted": counted})


def _noted(found: Trace, note: str) -> Trace:
    """The trace without rows, and why."""
    return Trace(**{**found.__dict__, "note": note})


def _find(path: Path, mart: Mart, key: Mapping[str, str]) -> dict[str, Any]:
    """The one row that a key names.

    Raises:
        ConfigurationError: none or several.
    """
    table = pq.read_table(path)
    mask = None
    for column, value in key.items():
        own = pc.equal(pc.cast(table[column], "string"), value)
        mask = own if mask is None else pc.and_(mask, own)
    rows = table if mask is None else table.filter(mask)
    if rows.num_rows == 1:
        only: dict[str, Any] = rows.to_pylist()[0]
        return only
    if not rows.num_rows:
        raise ConfigurationError(
            f"--figure: {mart.name} has no row with {', '.join(f'{k}={v}' for k, v in key.items())}"
        )
    open_keys = [
        f"{column} ({', '.join(values[:SHOWN])}{', …' if len(values) > SHOWN else ''})"
        for column in mart.key
        for values in [sorted({str(value) for value in rows[column].to_pylist()})]
        if len(values) > 1
    ]
    raise ConfigurationError(f"--figure: names {rows.num_rows} rows of {mart.name}; add {'; '.join(open_keys)}")


def _models(manifest: Mapping[str, Any], mart: str) -> dict[str, str]:
    """Every model between the raw tables and the mart with its hash, what is read before what reads it.

    Tables of the inference bear the hash of the code as a whole.
    """
    models: dict[str, Any] = manifest.get("models") or {}
    ordered: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in ordered:
            return
        if name.startswith("inference."):
            for parent in SOURCES.get(name.removeprefix("inference."), ()):
                visit(parent)
            ordered[name] = f"pipelines/inference {manifest['code']['sha256']}"
        elif name in models:
            for parent in models[name]["depends_on"]:
                visit(parent)
            ordered[name] = models[name]["sha256"]
        else:
            ordered[name] = "raw"

    visit(mart)
    return ordered


def _mappings(mart: Mart, row: Mapping[str, Any]) -> list[str]:
    """Mappings whose respondents a figure counts."""
    named = [row[column] for column in MAPPINGS if row.get(column) is not None and column != "base_mapping"]
    return [str(mapping) for mapping in named] or [str(row["base_mapping"])]


def _told(mart: Mart, row: Mapping[str, Any], mapping: str) -> int | None:
    """How many respondents the mart says a mapping has; none where it does not say."""
    if mart.name in OF_PARTS:
        return None
    if mart.name in INVITED:
        return row["invited"] if row.get("invited") is not None else None
    if mart.name == "extract_reconciliation":
        return int(row["rows_read"]) - int(row["rows_set_aside"]) - int(row["rows_superseded"])
    for column, counted in MAPPINGS.items():
        if row.get(column) == mapping and counted and row.get(counted) is not None:
            return int(row[counted])
    return int(row["n"]) if row.get("n") is not None and mart.name == "base_parameters" else None


def _results(mart: Mart, row: Mapping[str, Any]) -> str:
    """SQL of the results behind a figure of tests: file_id, file_row, mapping."""
    unit = {"municipality": "results.municipality_id", "institution": "results.lineage_id"}.get(row["level"])
    conditions = [
        f"results.school_year = {_text(row['school_year'])}",
        f"results.respondent_group = {_text(row['respondent_group'])}",
        f"results.test = {_text(row.get('test') or row['measure'])}",
    ]
    if mart.name == "school_year_progression":
        parts = {
            "grade": "cast(gains.grade as varchar)",
            "class": "cast(gains.grade as varchar) || '/' || gains.class_id",
        }
        conditions += [f"{unit.replace('results', 'gains')} = {_text(row['unit_id'])}"] if unit else []
        part = parts.get(row["breakdown"])
        conditions += [f"{part} = {_text(row['breakdown_value'])}"] if part else []
        conditions += ["results.score is not null and not results.is_figure"]
        source = "int_pupil_gains as gains join stg_results as results using (respondent_group, respondent_id, test, school_year)"
    else:
        conditions += [f"{unit} = {_text(row['unit_id'])}"] if unit else []
        conditions += [f"coalesce(cast(results.grade as varchar), 'all') = {_text(row['grade'])}"]
        conditions += [f"results.background = {_text(row['background'])}"] if row["background"] != "all" else []
        source = "stg_results as results"
    return (
        "(select raw_results.file_id, raw_results.file_row, raw_results.mapping "
        f"from {source} join raw.results as raw_results on results.respondent_key = raw_results.respondent_key "
        f"where {' and '.join(conditions)})"
    )


def _told_of_tests(con: duckdb.DuckDBPyConnection, mart: Mart, row: Mapping[str, Any]) -> int | None:
    """Rows that the mart's count of pupils comes to; none where a row is a school's figure or a pupil has several."""
    [(figures,)] = con.execute(
        "select count(*) from stg_results where is_figure and test = ?", [row.get("test") or row["measure"]]
    ).fetchall()
    return int(row["n"]) if mart.name == "academic_results" and not figures else None


def _population(con: duckdb.DuckDBPyConnection, mart: Mart, row: Mapping[str, Any]) -> str:
    """SQL of the records behind a figure: file_id, file_row, mapping."""
    mappings = ", ".join(_text(mapping) for mapping in _mappings(mart, row))
    is_invited = mart.name in INVITED
    people = _invited() if is_invited else _respondents()
    conditions = [f"mapping in ({mappings})", f"respondent_group = {_text(row['respondent_group'])}"]
    unit = {"municipality": "municipality_id", "institution": "lineage_id"}.get(str(row.get("level")))
    if unit:
        conditions.append(f"{unit} = {_text(row['unit_id'])}")
    breakdown = str(row.get("breakdown") or "all")
    if breakdown == "class":
        of_class = "case when institution_id = lineage_id then class_id else institution_id || '/' || class_id end"
        conditions.append(f"{of_class} = {_text(row['breakdown_value'])}")
    elif breakdown != "all":
        conditions.append(f"{breakdown} = {_text(row['breakdown_value'])}")
    if not is_invited:
        conditions.append(f"respondent_key in ({_answered(mart, row)})")
    return f"(select file_id, file_row, mapping from ({people}) where {' and '.join(conditions)})"


def _respondents() -> str:
    """SQL of accepted records, with where they stand in their file."""
    return (
        "select staged.*, raw.respondents.file_row from stg_respondents as staged "
        "join raw.respondents on staged.respondent_key = raw.respondents.respondent_key"
    )


def _invited() -> str:
    """SQL of persons invited: rows of rosters, or records of extracts that list everyone."""
    columns = "mapping, respondent_group, municipality_id, grade, gender, file_id, file_row, institution_id, class_id"
    people = (
        f"select {columns} from raw.roster union all by name "
        f"select {columns} from raw.respondents where respondent_group in "
        "(select respondent_group from raw.respondent_groups where roster = 'extract')"
    )
    return (
        "select people.*, coalesce(lineages.lineage_id, people.institution_id) as lineage_id, "
        "case when grade between 0 and 3 then '0-3' when grade between 4 and 6 then '4-6' "
        "when grade between 7 and 10 then '7-10' end as grade_band "
        f"from ({people}) as people left join raw.lineage as lineages on people.institution_id = lineages.institution_id"
    )


def _answered(mart: Mart, row: Mapping[str, Any]) -> str:
    """SQL of respondents whose answers count: those to an item, or enough of a theme's items (method.md 1.3, 1.4)."""
    group, theme = _text(row["respondent_group"]), _text(row["theme"])
    valid = f"select respondent_key from stg_answers where kind = 'valid' and respondent_group = {group}"
    if mart.name in OF_ITEMS:
        return f"{valid} and item_id = {_text(row['item_id'])}"
    is_trend = mart.name in TREND or row.get("form") == "trend"
    least = (
        "forms.min_valid_trend" if is_trend else "forms.n_items" if mart.name == "reliability" else "forms.min_valid"
    )
    only = (
        f"and answers.item_id in (select item_id from int_trend_items where respondent_group = {group} and is_trend)"
        if is_trend
        else ""
    )
    return f"""
        select answers.respondent_key
        from stg_answers as answers
        join int_theme_forms as forms
            on answers.mapping = forms.mapping and answers.respondent_group = forms.respondent_group
            and answers.theme = forms.theme
        where answers.kind = 'valid' and answers.respondent_group = {group} and answers.theme = {theme} {only}
        group by answers.respondent_key, {least}
        having count(*) >= {least}
    """


def _files(con: duckdb.DuckDBPyConnection, source: str, manifest: Mapping[str, Any]) -> tuple[Rows, ...]:
    """The rows of each file, as unbroken runs."""
    runs = con.execute(
        f"""
        with numbered as (
            select file_id, file_row, file_row - row_number() over (partition by file_id order by file_row) as run
            from (select distinct file_id, file_row from {source})
        )
        select file_id, min(file_row), max(file_row) from numbered group by file_id, run order by file_id, min(file_row)
        """
    ).fetchall()
    inputs = {str(entry["sha256"])[:16]: entry for entry in manifest["inputs"]}
    ranges: dict[str, list[tuple[int, int]]] = {}
    for file_id, first, last in runs:
        ranges.setdefault(str(file_id), []).append((int(first), int(last)))
    found = [
        Rows(
            mapping=str(inputs[file_id]["mapping"]),
            file=str(inputs[file_id]["file"]),
            sha256=str(inputs[file_id]["sha256"]),
            rows=sum(last - first + 1 for first, last in own),
            ranges=tuple(own),
        )
        for file_id, own in ranges.items()
    ]
    return tuple(sorted(found, key=lambda rows: (rows.mapping, rows.file)))


def _text(value: object) -> str:
    """A text in SQL."""
    return "'" + str(value).replace("'", "''") + "'"

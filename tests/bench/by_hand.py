"""`theme_scores` and `progression` of `pfl` by hand: one DuckDB script straight from the delivered files.

Belongs here: what a good analyst would write for this one programme, with nothing of the pipeline in it: no raw layer, no
checks, no disclosure, no reports, and the codes of the files known by heart. It is the alternative that the full-size run is
timed beside, and a second implementation that its figures are held against.

usage: python -m tests.bench.by_hand LANDING OUT
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path

import duckdb

FOLDER = Path(__file__).resolve().parents[2] / "pipelines" / "programmes" / "pfl"
ROUNDS = ("2015", "2017", "2019")
KEY = "level, unit, grp, theme, breakdown, value"


def table(name: str) -> list[dict[str, str]]:
    """A file of the programme folder."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def main(landing: Path, out: Path) -> None:
    """Write theme_scores.parquet and progression.parquet into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute("set memory_limit = '3GB'")
    load_lineage(con)
    con.execute(
        "create table cells (mapping varchar, grp varchar, municipality varchar, school varchar, class varchar, "
        "rater varchar, gender varchar, band varchar, theme varchar, form varchar, n bigint, s double, ss double, f double)"
    )
    scales = defaultdict(set)
    for row in table("scales"):
        if row["kind"] == "valid":
            scales[row["scale"]].add(int(row["value"]))
    items = {(row["respondent_group"], row["item_id"]): row for row in table("items")}
    book = [row for row in table("codebook") if row["variable"]]
    trend = trend_items(book, items, scales)
    for mapping in ROUNDS:
        for group in dict.fromkeys(row["respondent_group"] for row in book):
            asked = [row for row in book if (row["mapping"], row["respondent_group"]) == (mapping, group)]
            load_cells(
                con, landing / "pfl" / mapping / f"{group}_dataset.csv", mapping, group, asked, items, scales, trend
            )
    levels(con, out)
    changes(con, out)


def load_lineage(con: duckdb.DuckDBPyConnection) -> None:
    """Schools to lineages: follow each step to the school that nothing follows."""
    ids = [row["institution_id"] for row in table("institutions")]
    parent = {i: i for i in ids}

    def root(i: str) -> str:
        while parent[i] != i:
            i = parent[i]
        return i

    steps = [row for row in table("institution_lineage") if row["from_id"] and row["to_id"]]
    for row in steps:
        parent[root(row["from_id"])] = root(row["to_id"])
    former = {row["from_id"] for row in steps}
    members = defaultdict(list)
    for i in ids:
        members[root(i)].append(i)
    con.execute("create table lineage (school varchar, lineage varchar)")
    rows = [(i, min([m for m in group if m not in former] or group)) for group in members.values() for i in group]
    con.executemany("insert into lineage values (?, ?)", rows)


def trend_items(
    book: list[dict[str, str]], items: dict[tuple[str, str], dict[str, str]], scales: dict[str, set[int]]
) -> set[tuple[str, str]]:
    """Items of the trend form: the same in all rounds that asked their theme, and enough of them."""
    rounds, seen, changed, ranges, sizes = defaultdict(set), defaultdict(set), set(), defaultdict(set), defaultdict(int)
    for row in book:
        key = (row["respondent_group"], row["item_id"])
        theme = (key[0], items[key]["theme"])
        rounds[theme].add(row["mapping"])
        if seen[key] and row["comparability"] != "identical":
            changed.add(key)
        seen[key].add(row["mapping"])
        ranges[key].add((min(scales[row["scale"]]), max(scales[row["scale"]])))
        sizes[row["mapping"], theme] += 1
    common = defaultdict(set)
    for key, mappings in seen.items():
        theme = (key[0], items[key]["theme"])
        if mappings == rounds[theme] and key not in changed and len(ranges[key]) == 1:
            common[theme].add(key)
    kept = set()
    for theme, keys in common.items():
        longest = max(n for (_, of), n in sizes.items() if of == theme)
        if len(keys) >= (2 if longest <= 3 else 3) and len(keys) >= 0.6 * longest:
            kept |= keys
    return kept


def load_cells(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    mapping: str,
    group: str,
    asked: list[dict[str, str]],
    items: dict[tuple[str, str], dict[str, str]],
    scales: dict[str, set[int]],
    trend: set[tuple[str, str]],
) -> None:
    """Score one file as it is read, and keep sums per class, rater, gender and grade band."""
    scored, aggregates, themes = [], [], defaultdict(list)
    for position, row in enumerate(asked):
        item = items[group, row["item_id"]]
        low, high = min(scales[row["scale"]]), max(scales[row["scale"]])
        turned = item["direction"] == "-1" and row["already_reversed"] != "true"
        value = f'{low + high} - "{row["variable"]}"' if turned else f'"{row["variable"]}"'
        scored.append(f'case when "{row["variable"]}" between {low} and {high} then {value} end as x{position}')
        best = high if high - low <= 2 else high - 1
        themes[item["theme"], "full"].append((position, best))
        if (group, row["item_id"]) in trend:
            themes[item["theme"], "trend"].append((position, best))
    for number, found in enumerate(themes.values()):
        n = " + ".join(f"(x{p} is not null)::int" for p, _ in found)
        total = " + ".join(f"coalesce(x{p}, 0)" for p, _ in found)
        good = " + ".join(f"coalesce((x{p} >= {best})::int, 0)" for p, best in found)
        mean = f"case when {n} >= {-(-len(found) // 2)} then ({total}) / ({n}) end"
        share = f"case when {n} >= {-(-len(found) // 2)} then ({good}) / ({n}) end"
        aggregates.append(
            f"count({mean}) as n{number}, sum({mean}) as s{number}, sum(({mean}) * ({mean})) as ss{number}, sum({share}) as f{number}"
        )
    header = path.open(encoding="cp1252").readline().strip().split(";")
    optional = {"klasse": "klasse", "koen": "koen", "klassetrin": "klassetrin", "kontaktlaerer_nr": "kontaktlaerer_nr"}
    columns = {name: (f'"{name}"' if name in header else "null") for name in optional}
    types = ", ".join(f"'{row['variable']}': 'TINYINT'" for row in asked)
    con.execute(
        f"""
        create or replace temp table wide as
        with answers as (
            select kommune::varchar as municipality, lineage.lineage as school,
                file.instnr::varchar || '/' || {columns["klasse"]}::varchar as class,
                {columns["kontaktlaerer_nr"]}::varchar as rater,
                case {columns["koen"]}::varchar when '1' then 'female' when '2' then 'male' end as gender,
                case when {columns["klassetrin"]}::int <= 3 then '0-3' when {columns["klassetrin"]}::int <= 6 then '4-6'
                    when {columns["klassetrin"]}::int <= 10 then '7-10' end as band,
                {", ".join(scored)}
            from read_csv('{path}', delim = ';', header = true, encoding = 'latin-1', types = {{{types}}},
                auto_detect = true, sample_size = 20000) as file
            join lineage on lineage.school = file.instnr::varchar
        )
        select municipality, school, class, rater, gender, band, {", ".join(aggregates)} from answers group by all
        """
    )
    for number, (theme, form) in enumerate(themes):
        con.execute(
            f"insert into cells select '{mapping}', '{group}', municipality, school, class, rater, gender, band, '{theme}', "
            f"'{form}', n{number}, s{number}, ss{number}, f{number} from wide where n{number} > 0"
        )


def levels(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Levels with standard errors, per unit and breakdown."""
    con.execute(
        """
        create table base as
        select grp, theme, form, sum(s) / sum(n) as mu,
            sqrt((sum(ss) - sum(s) * sum(s) / sum(n)) / (sum(n) - 1)) as sigma
        from cells join (select grp, theme, min(mapping) as mapping from cells group by all) using (grp, theme, mapping)
        group by all
        """
    )
    unions = []
    for level, unit, cluster in (
        ("programme", "'pfl'", "school"),
        ("municipality", "municipality", "school"),
        ("institution", "school", "mapping || class"),
    ):
        for breakdown, value in (("all", "'all'"), ("gender", "gender"), ("grade_band", "band")):
            unions.append(
                f"select mapping, '{level}' as level, {unit} as unit, {cluster} as cluster, grp, theme, form, "
                f"'{breakdown}' as breakdown, {value} as value, sum(n) as n, sum(s) as s, sum(ss) as ss, sum(f) as f "
                f"from cells where {value} is not null group by all"
            )
    con.execute(f"create table clusters as {' union all '.join(unions)}")
    con.execute(
        f"""
        create table units as
        with totals as (
            select mapping, {KEY}, form, sum(n) as n, sum(s) / sum(n) as m, sum(ss) as ss, sum(f) / sum(n) as favourable,
                count(*) as k, any_value(level) <> 'institution' or (count(*) = count(cluster) and count(*) >= 8) as clustered
            from clusters group by all
        ),
        spread as (
            select mapping, {KEY}, form, sum(power(100 * (s - m * clusters.n) / totals.n / sigma, 2)) as uu
            from totals join clusters using (mapping, {KEY}, form) join base using (grp, theme, form)
            where clustered group by all
        )
        select totals.*, sigma, 500 + 100 * (m - mu) / sigma as mean,
            case when n > 1 then 100 * sqrt(greatest((ss - n * m * m) / (n - 1), 0)) / sigma end as sd,
            case when clustered and k > 1 then uu * k / (k - 1)
                when not clustered and n > 1 then 10000 * greatest((ss - n * m * m) / (n - 1), 0) / n / sigma ** 2 end as v
        from totals join base using (grp, theme, form) left join spread using (mapping, {KEY}, form)
        """
    )
    con.execute(f"copy (select *, sqrt(v) as se from units) to '{out}/theme_scores.parquet'")


def changes(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Changes with standard errors and degrees of freedom."""
    con.execute(
        f"""
        copy (
            with pairs as (
                select a.mapping as mapping_from, b.mapping as mapping_to, {KEY}, a.n as n_from, b.n as n_to,
                    a.m as m_from, b.m as m_to, b.mean - a.mean as delta, a.sd as sd_from, b.sd as sd_to, a.sigma,
                    a.clustered and b.clustered as clustered, a.v as v_from, b.v as v_to
                from units as a join units as b using ({KEY}, form)
                where form = 'trend' and a.mapping < b.mapping
            ),
            parts as (
                select mapping_from, mapping_to, {KEY}, cluster,
                    sum(case when mapping = mapping_to then (s - m_to * n) / n_to else -(s - m_from * n) / n_from end)
                        * 100 / any_value(sigma) as u
                from pairs join clusters using ({KEY})
                where form = 'trend' and clustered and mapping in (mapping_from, mapping_to)
                group by all
            ),
            spread as (select mapping_from, mapping_to, {KEY}, sum(u * u) as uu, count(*) as k from parts group by all)
            select mapping_from, mapping_to, {KEY}, n_from, n_to, delta,
                sqrt(case when clustered then uu * k / (k - 1)
                    else sd_from ** 2 / n_from + sd_to ** 2 / n_to end) as se
            from pairs left join spread using (mapping_from, mapping_to, {KEY})
        ) to '{out}/progression.parquet'
        """
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

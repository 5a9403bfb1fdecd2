"""What disclosure control reads of a warehouse: the cells with their truth, and on which cells the rows of each mart stand.

Belongs here: which domain of cells there is, the queries, and the lines that tie a mart to its cells. Does not belong here:
how cells add up (`relations`) and which are hidden.

A new mart needs a line in `GUARDS`: its own primary rule, what that reads, and the cells that each row stands on; a mart
without a line is an error, not a mart without rules. Domains:

* `scores`: who has a score of a theme. Also of subsets of schools that a mart tells of (those that closed or opened between
  two mappings, those with and without an initiative).
* `items`: who answered the items of a theme. All items of a theme in a unit share one fate: the theme's mean is the mean of
  its items, so that one hidden item would follow from it and the others.
* `responses`: who was invited and answered; no means.
* `files`: respondents of each delivered file.
* `linked`: who of a unit was there in another mapping too. Everybody else of the unit follows from them and its score, so they
  share one fate: too few of either hide both. Units add up by those who stayed, and not by those who left or joined, for who
  changes school stays in the municipality.
* `results`: who has a result of a test, or a gain within a school year. In place of a mapping stands the school year, in place
  of a theme the test with its grade. Below the programme the public sees none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.disclosure import primary
from pipelines.disclosure.attack import Knowledge
from pipelines.disclosure.primary import Rules
from pipelines.disclosure.relations import KEY, Floats, Ints, System, build
from pipelines.errors import KortlaegningError
from pipelines.marts import MARTS, Mart
from pipelines.programme.definition import Definition
from pipelines.workers import PickledOnce

Rule = Callable[[pd.DataFrame, Rules], pd.Series]


@dataclass(frozen=True)
class On:
    """Cells of one domain that a row stands on: for each part of their key the expression over the mart's columns.

    What is left out is the column of the same name; `columns` limits it to some of the row's figures (left out: all).
    """

    domain: str
    parts: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guard:
    """How one mart is guarded.

    Attributes:
        rule: primary reasons of its rows, from what they hold themselves.
        looked_at: query over `mart` that gives the columns the rule reads.
        on: cells.
    """

    rule: Rule
    looked_at: str
    on: tuple[On, ...] = ()


_WHOLE = {"breakdown": "'all'", "breakdown_value": "'all'"}
_PROGRAMME = {"level": "'programme'", "unit_id": "programme", **_WHOLE}
_FROM, _TO = {"mapping": "mapping_from"}, {"mapping": "mapping_to"}
_LOWEST = {
    "breakdown": "'background'",
    "breakdown_value": "(select max(breakdown_value) from int_background_levels where not is_highest)",
}
_HIGHEST = _LOWEST | {"breakdown_value": "(select max(breakdown_value) from int_background_levels where is_highest)"}
_LEAST = "select is_institution, respondent_group, n_least as n, raters_least as raters from mart"
_YEAR = {"mapping": "school_year"}
_GAIN = _YEAR | {"theme": "test || '/gain'"}
_BACKGROUND = {
    "breakdown": "case when background = 'all' then 'all' else 'background' end",
    "breakdown_value": "background",
}
_BEFORE = {"mapping": "school_year_before"}
_MEASURED = {"theme": "measure || '/' || grade", **_BACKGROUND}
_THEME = {"theme": "measure", **_WHOLE}
_GRADE_OF_CLASS = "split_part(breakdown_value, '/', 1)"
_ENDS = tuple(
    {"theme": "case when indicator = 'social_gap' then measure end", **which} for which in (_LOWEST, _HIGHEST)
)
_N = "select is_institution, respondent_group, n from mart"

GUARDS: dict[str, Guard] = {
    "theme_scores": Guard(
        primary.theme_score_reasons,
        "select is_institution, respondent_group, n, raters from mart",
        (
            On("scores"),
            On(
                "scores",
                {"level": "'programme'", "unit_id": "programme"},
                ("programme_difference", "programme_difference_low", "programme_difference_high", "band"),
            ),
        ),
    ),
    "progression": Guard(
        primary.progression_reasons,
        "select is_institution, respondent_group, n_from, n_to, raters_from, raters_to from mart",
        (On("scores", _FROM), On("scores", _TO)),
    ),
    "sustained": Guard(
        primary.theme_score_reasons,
        _LEAST,
        tuple(On("scores", {"mapping": f"mapping_{which}", **_WHOLE}) for which in ("first", "second", "third")),
    ),
    "composition": Guard(
        primary.theme_score_reasons,
        _LEAST,
        (
            On("scores", _FROM | _WHOLE),
            On("scores", _TO | _WHOLE),
            On("scores", _FROM | _WHOLE | {"level": "'subset'", "unit_id": "unit_id || '/without/' || mapping_to"}),
            On("scores", _TO | _WHOLE | {"level": "'subset'", "unit_id": "unit_id || '/without/' || mapping_from"}),
        ),
    ),
    "reliability": Guard(primary.reliability_reasons, _N, (On("scores", _PROGRAMME),)),
    "base_parameters": Guard(
        primary.reliability_reasons, _N, (On("scores", _PROGRAMME | {"mapping": "base_mapping"}),)
    ),
    "item_distributions": Guard(
        primary.item_distribution_reasons,
        # The raters of an item are those of its theme.
        """
        select is_institution, respondent_group, n, raters.raters,
            max(share) over (partition by mapping, level, unit_id, respondent_group, item_id) as largest_share
        from mart
        left join (
            select mapping, level, unit_id, respondent_group, theme, raters
            from theme_scores
            where form = 'full' and breakdown = 'all'
        ) as raters using (mapping, level, unit_id, respondent_group, theme)
        """,
        (On("items", _WHOLE),),
    ),
    "item_contribution": Guard(
        primary.item_figure_reasons,
        _LEAST,
        (
            On("scores", _FROM | _WHOLE),
            On("scores", _TO | _WHOLE),
            On("items", _FROM | _WHOLE),
            On("items", _TO | _WHOLE),
        ),
    ),
    "item_comparability": Guard(
        primary.item_shift_reasons,
        "select is_institution, respondent_group, least(n, n_from) as n from mart",
        (On("items", _PROGRAMME), On("items", _PROGRAMME | _FROM)),
    ),
    "response_rates": Guard(
        primary.response_rate_reasons,
        "select is_institution, respondent_group, invited, complete, partial from mart",
        (On("responses", {"theme": "''", **_WHOLE}),),
    ),
    "nonresponse": Guard(
        primary.invited_reasons,
        "select is_institution, respondent_group, answered as n from mart",
        (On("responses", {"theme": "''"}),),
    ),
    "social_gap": Guard(
        primary.theme_score_reasons, _LEAST, (On("scores", _WHOLE), On("scores", _LOWEST), On("scores", _HIGHEST))
    ),
    "social_gap_change": Guard(
        primary.theme_score_reasons,
        _LEAST,
        tuple(On("scores", which | part) for which in (_FROM, _TO) for part in (_WHOLE, _LOWEST, _HIGHEST)),
    ),
    "initiative_development": Guard(
        primary.theme_score_reasons,
        _LEAST,
        tuple(
            On("scores", which | _WHOLE | {"level": "'subset'", "unit_id": f"initiative || '/{part}'"})
            for which in (_FROM, _TO)
            for part in ("with", "without")
        ),
    ),
    "turnover": Guard(
        primary.theme_score_reasons,
        _LEAST,
        (
            On("scores", _FROM | _WHOLE),
            On("scores", _TO | _WHOLE),
            On("linked", _FROM | {"breakdown": "'linked'", "breakdown_value": "mapping_to"}),
            On("linked", _TO | {"breakdown": "'linked'", "breakdown_value": "mapping_from"}),
        ),
    ),
    "nonresponse_weighted": Guard(
        primary.theme_score_reasons,
        "select is_institution, respondent_group, n, raters from mart",
        (
            On("scores", _WHOLE),
            On("responses", {"theme": "''", **_WHOLE}, ("invited", "share_covered", "mean_weighted", "difference")),
        ),
    ),
    "academic_results": Guard(
        primary.result_reasons,
        "select level, respondent_group, n_least as n, true as is_result from mart",
        (On("results", _YEAR | _BACKGROUND | {"theme": "test || '/' || grade"}),),
    ),
    "school_year_progression": Guard(
        primary.result_reasons,
        "select level, respondent_group, n, true as is_result from mart",
        (
            On("results", _GAIN),
            # A class goes with its grade: the classes of a grade that is hidden would tell it.
            On(
                "results",
                _GAIN
                | {"breakdown": "case when breakdown = 'class' then 'grade' end", "breakdown_value": _GRADE_OF_CLASS},
            ),
        ),
    ),
    "result_targets": Guard(
        primary.result_reasons,
        "select level, respondent_group, least(n, n_before) as n, mapping = '' as is_result from mart",
        (
            On("results", _YEAR | _MEASURED),
            On("results", _BEFORE | _MEASURED),
            On("scores", _THEME),
            On("scores", _FROM | _THEME),
            *(On("scores", {**which, **end}) for which in ({}, _FROM) for end in _ENDS),
        ),
    ),
    "extract_reconciliation": Guard(
        primary.extract_reconciliation_reasons,
        "select respondent_group, rows_scored as n from mart",
        (
            On(
                "files",
                {
                    "theme": "''",
                    "level": "'programme'",
                    "unit_id": "programme",
                    "breakdown": "content",
                    "breakdown_value": "file",
                },
            ),
        ),
    ),
}
"""One line a mart."""

CELLS = {
    "scores": """
        select mapping, respondent_group, theme, level, unit_id, breakdown, breakdown_value,
            coalesce(max(case when form = 'full' then n end), 0) as n,
            coalesce(max(case when form = 'trend' then n end), 0) as n_trend,
            min(n) as n_least, min(raters) as raters,
            coalesce(max(case when form = 'full' then mean_raw end), max(mean_raw)) as mean_raw
        from int_level_estimates
        group by all
    """,
    "items": """
        with asked as (
            select mapping, respondent_group, theme, count(*) as items from stg_items_asked group by all
        ),
        by_item as (
            select mapping, respondent_group, theme, level, unit_id, item_id, max(n) as n, max(share) as largest_share,
                sum(n * share * case when is_negative then value_min + value_max - answer else answer end) as total
            from item_distributions
            join stg_items_asked using (mapping, respondent_group, theme, item_id)
            group by all
        )
        select mapping, respondent_group, theme, level, unit_id, 'all' as breakdown, 'all' as breakdown_value,
            sum(n) / any_value(items) as n, min(n) as n_least, max(largest_share) as largest_share,
            sum(total) / sum(n) as mean_raw, any_value(raters) as raters
        from by_item
        join asked using (mapping, respondent_group, theme)
        left join (
            select mapping, respondent_group, theme, level, unit_id, min(raters) as raters
            from int_level_estimates where breakdown = 'all' group by all
        ) using (mapping, respondent_group, theme, level, unit_id)
        group by mapping, respondent_group, theme, level, unit_id
    """,
    "responses": """
        select mapping, respondent_group, '' as theme, level, unit_id, 'all' as breakdown, 'all' as breakdown_value,
            coalesce(complete, 0) + coalesce(partial, 0) as n, coalesce(invited, 0) as n_invited
        from response_rates
        union all
        select mapping, respondent_group, '', level, unit_id, breakdown, breakdown_value, answered, invited
        from nonresponse
    """,
    "files": """
        select mapping, respondent_group, '' as theme, 'programme' as level, programme as unit_id,
            content as breakdown, file as breakdown_value, rows_scored as n
        from extract_reconciliation
        where content = 'answers'
        union all
        select mapping, respondent_group, '', 'programme', programme, 'all', 'all', sum(rows_scored)
        from extract_reconciliation
        where content = 'answers'
        group by all
    """,
    "linked": """
        with sides as (
            select *, mapping_from as mapping, mapping_to as other, n_leavers as n_others, leavers as points from turnover
            union all
            select *, mapping_to, mapping_from, n_joiners, -joiners from turnover
        )
        select sides.mapping, respondent_group, theme, level, unit_id, 'linked' as breakdown, other as breakdown_value,
            n_stayers as n, least(n_stayers, nullif(n_others, 0)) as n_least, sides.raters_least as raters,
            scores.mean_raw + points * sigma / 100 as mean_raw
        from sides
        join theme_scores as scores using (mapping, respondent_group, theme, level, unit_id)
        join base_parameters using (respondent_group, theme, form)
        where scores.form = 'trend' and scores.breakdown = 'all'
    """,
    "results": """
        select school_year as mapping, respondent_group, test || '/' || grade as theme, level, unit_id,
            case when background = 'all' then 'all' else 'background' end as breakdown, background as breakdown_value,
            n, n_least
        from academic_results
        union all
        select school_year, respondent_group, test || '/gain', level, unit_id, breakdown, breakdown_value, n, n
        from school_year_progression
    """,
}
"""Cells of each domain before rests and subsets: `KEY` without the domain, n (and further numbers that add up, n_…), and what
primary rules and the attack read: n_least (of its figures), raters, largest_share, mean_raw."""

RULES: dict[str, Rule] = {
    "scores": primary.theme_score_reasons,
    "items": primary.item_distribution_reasons,
    "responses": primary.response_reasons,
    "files": primary.extract_reconciliation_reasons,
    "linked": primary.theme_score_reasons,
    "results": primary.result_reasons,
}
"""Primary rule of a domain's cells."""

LOOKED_AT = ("n_least", "raters", "largest_share", "mean_raw")


@dataclass(frozen=True)
class Ground(PickledOnce):
    """What both the choice and the attack stand on.

    Attributes:
        systems: per domain.
        orders: per mart, which of its rows, as they lie in the warehouse, comes first by key, which second.
        places: per mart, for each entry of its guard's `on`, the number of the cell of each row (−1: none), rows in key order.
    """

    definition: Definition
    systems: Mapping[str, System]
    orders: Mapping[str, Ints]
    places: Mapping[str, tuple[Ints, ...]]


def read_ground(database: duckdb.DuckDBPyConnection, definition: Definition) -> Ground:
    """Read cells and places from the candidate's warehouse after the step `marts`.

    Raises:
        KortlaegningError: a mart has no guard, or numbers do not add up.
    """
    for mart in MARTS:
        if mart.name not in GUARDS:
            raise KortlaegningError(f"disclosure control has no line for mart {mart.name}; add one to GUARDS")
    # Sorting is the database's work, systems are Python's: both at once.
    [(catalog,)] = database.sql("select current_catalog()").fetchall()
    with ThreadPoolExecutor(1) as beside:
        ordered = beside.submit(_key_orders, database.cursor(), catalog)
        systems = _systems(database, definition)
        orders = ordered.result()
    for domain, system in systems.items():
        numbered = system.cells[KEY].assign(number=np.arange(len(system.cells)))
        database.register(f"disclosure_{domain}", pa.Table.from_pandas(numbered, preserve_index=False))
    places = {mart.name: _places(database, mart, orders[mart.name]) for mart in MARTS}
    for domain in systems:
        database.unregister(f"disclosure_{domain}")
    for name, numbers in places.items():
        for on, cells_of in zip(GUARDS[name].on, numbers, strict=True):
            system = systems[on.domain]
            system.cells.loc[np.unique(cells_of[cells_of >= 0]), "is_told"] = True
    return Ground(definition, systems, orders, places)


def _systems(database: duckdb.DuckDBPyConnection, definition: Definition) -> dict[str, System]:
    """Cells and relations of each domain."""
    parents, places_of_results = (
        database.sql(
            f"select distinct {key} as mapping, lineage_id as institution, municipality_id as municipality from {model} "
            "order by all"
        ).df()
        for key, model in (("mapping", "int_cells"), ("school_year", "stg_results"))
    )
    bounds = database.sql(
        "select mapping, respondent_group, theme, avg(value_min) as low, avg(value_max) as high from stg_items_asked group by all"
    ).df()
    systems = {}
    for domain, query in CELLS.items():
        cells = database.sql(f"select '{domain}' as \"domain\", * from ({query}) order by all").df()
        seen = {name: cells.pop(name) for name in LOOKED_AT if name in cells}
        subsets = None
        if domain == "scores":
            subsets = pd.concat(
                [_left_out(cells, parents, definition), _initiatives(database, cells)], ignore_index=True
            )
        system = build(cells.assign(is_told=False), places_of_results if domain == "results" else parents, subsets)
        told = system.cells
        for name, values in seen.items():
            told[name] = values.astype("float64").reindex(told.index)
        merged = told[["mapping", "respondent_group", "theme"]].merge(bounds, how="left")
        told["low"], told["high"] = merged["low"].to_numpy(), merged["high"].to_numpy()
        systems[domain] = system
    return systems


def _left_out(cells: pd.DataFrame, parents: pd.DataFrame, definition: Definition) -> pd.DataFrame:
    """Schools of a mapping that are not in another one, by municipality and in the whole programme (mart `composition`)."""
    schools = cells[cells["level"].eq("institution") & cells["breakdown"].eq("all") & (cells["n_trend"] > 0)]
    schools = schools[["mapping", "respondent_group", "theme", "unit_id"]].assign(domain="scores")
    place = parents.rename(columns={"institution": "unit_id"})
    schools = schools.merge(place, on=["mapping", "unit_id"])
    found = []
    for other in sorted(set(cells["mapping"])):
        there = schools.loc[schools["mapping"].eq(other), ["respondent_group", "theme", "unit_id"]].assign(
            is_there=True
        )
        here = schools[schools["mapping"].ne(other)].merge(
            there, how="left", on=["respondent_group", "theme", "unit_id"]
        )
        gone = here[here["is_there"].isna()].drop(columns="is_there")
        for whole in (gone["municipality"], pd.Series(definition.slug, index=gone.index)):
            found.append(gone.assign(subset=whole.astype(str) + "/without/" + other, of="institution"))
    return pd.concat(found, ignore_index=True)


def _initiatives(database: duckdb.DuckDBPyConnection, cells: pd.DataFrame) -> pd.DataFrame:
    """Schools with and without an initiative, in each mapping (mart `initiative_development`)."""
    schools = database.sql(
        """
        select distinct respondent_group, theme, lineage_id as unit_id, initiative || '/' || part as subset
        from int_initiative_schools
        where part in ('with', 'without')
        order by all
        """
    ).df()
    mappings = pd.DataFrame({"mapping": sorted(set(cells["mapping"]))})
    found: pd.DataFrame = schools.merge(mappings, how="cross").assign(domain="scores", of="institution")
    return found


def _key_orders(database: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, Ints]:
    """The order of every mart's rows; the connection is a new one, and is closed."""
    with database:
        database.execute(f'use "{catalog}"')
        return {mart.name: _key_order(database, mart) for mart in MARTS}


def _key_order(database: duckdb.DuckDBPyConnection, mart: Mart) -> Ints:
    """Which of a mart's rows, as they lie, comes first by key, which second.

    Text takes long to sort: everything that reads a mart beside its rows is put in order by these numbers.
    """
    ids = database.sql(f"select rowid from {mart.name} order by {', '.join(mart.key)}").fetchnumpy()["rowid"]
    return np.unique(ids, return_inverse=True)[1].astype(np.int64)


def _by_key(rowids: Ints, order: Ints) -> Ints:
    """Where, among a mart's rows that were read in any order, the first by key stands, where the second."""
    return np.argsort(rowids)[order]


def in_key_order(database: duckdb.DuckDBPyConnection, mart: Mart, order: Ints) -> pa.Table:
    """A mart's rows by key, in one piece."""
    found = database.sql(f"select rowid as place, * from {mart.name}").to_arrow_table()
    rows = _by_key(found.column("place").to_numpy(), order)
    return found.drop_columns("place").take(pa.array(rows)).combine_chunks()


def _places(database: duckdb.DuckDBPyConnection, mart: Mart, order: Ints) -> tuple[Ints, ...]:
    """The cells that each row of a mart stands on; the cells of each domain are registered."""
    found = []
    for on in GUARDS[mart.name].on:
        parts = {name: on.parts.get(name, name) for name in KEY if name != "domain"}
        wanted = ", ".join(f"{expression} as {name}" for name, expression in parts.items())
        numbers = database.sql(
            f"""
            with wanted as (select {wanted}, rowid as place from {mart.name})
            select place, coalesce(cells.number, -1) as number
            from wanted left join disclosure_{on.domain} as cells using ({", ".join(parts)})
            """
        ).fetchnumpy()
        found.append(np.asarray(numbers["number"], dtype=np.int64)[_by_key(numbers["place"], order)])
    return tuple(found)


def looked_at(
    database: duckdb.DuckDBPyConnection, mart: Mart, definition: Definition, order: Ints | None = None
) -> pd.DataFrame:
    """What the primary rule of a mart reads, rows in key order; that is looked up where it is not given."""
    groups = ", ".join(f"'{group.code}'" for group in definition.respondent_groups)
    is_institution = "level = 'institution'" if "level" in mart.key else "false"
    query = GUARDS[mart.name].looked_at.replace(" from mart", ", place from mart", 1)
    found: pd.DataFrame = database.sql(
        f"""
        with mart as (select *, {is_institution} as is_institution, rowid as place from {mart.name})
        select * exclude (respondent_group), cast(respondent_group as enum ({groups})) as respondent_group
        from ({query})
        """
    ).df()
    order = _key_order(database, mart) if order is None else order
    return found.iloc[_by_key(found.pop("place").to_numpy(), order)].reset_index(drop=True)


def cell_reasons(system: System, domain: str, rules: Rules) -> pd.Series:
    """Primary reason of each cell, null where it has none."""
    cells = system.cells
    n_least = cells["n_least"] if "n_least" in cells else cells["n"]
    # Of rests and subsets nobody counted raters or answers: only their number is looked at.
    counted = n_least.notna()
    frame = pd.DataFrame(
        {
            "is_institution": cells["level"].eq("institution"),
            "level": cells["level"],
            "is_result": True,
            "respondent_group": cells["respondent_group"],
            "n": n_least.where(counted, cells["n"]),
            "invited": cells["n_invited"] if "n_invited" in cells else cells["n"],
            "raters": cells["raters"].where(counted, np.inf) if "raters" in cells else np.nan,
            "largest_share": cells.get("largest_share", np.nan),
        }
    )
    found: pd.Series = RULES[domain](frame, rules)
    return found


def floors(system: System, domain: str, rules: Rules) -> Floats:
    """Respondents that a figure of each cell needs."""
    is_leader = system.cells["respondent_group"].isin(rules.leaders).to_numpy()
    least = rules.item_min_n if domain == "items" else rules.min_n
    return np.where(is_leader & (domain != "items"), rules.leaders_min_n, least).astype(np.float64)


def knowledge(system: System, n_low: Floats, n_high: Floats) -> Knowledge:
    """Truth and bounds for the attack; a cell without a mean of its own gets what its total leaves."""
    cells = system.cells
    n = cells["n"].to_numpy(dtype=np.float64)
    if "mean_raw" not in cells:
        nothing = np.full(len(cells), np.nan)
        return Knowledge(n, n_low, n_high, nothing, nothing, nothing)
    total = cells["mean_raw"].to_numpy(dtype=np.float64) * n
    total[n == 0] = 0.0
    is_total = system.is_total
    # Subsets are the sum of their members, rests what members leave: each stands in a relation where all else is known.
    for _ in range(3):
        known = np.isfinite(total[system.entry])
        signed = np.where(is_total, -1.0, 1.0) * np.nan_to_num(total[system.entry])
        sums = np.add.reduceat(signed, system.start[:-1]) if system.relations else np.zeros(0)
        unknown = np.add.reduceat((~known).astype(np.int64), system.start[:-1]) if system.relations else np.zeros(0)
        solvable = ~known & (unknown[system.owner] == 1)
        entries = np.flatnonzero(solvable)
        if not len(entries):
            break
        total[system.entry[entries]] = np.where(is_total[entries], 1.0, -1.0) * sums[system.owner[entries]]
    return Knowledge(
        n, n_low, n_high, total, cells["low"].to_numpy(dtype=np.float64), cells["high"].to_numpy(dtype=np.float64)
    )

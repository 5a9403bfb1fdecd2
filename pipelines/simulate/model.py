"""The model that answers are drawn from: items, municipalities, schools and true changes.

Belongs here: every figure of the model that holds before a single person is drawn. Does not belong here: drawing answers
(`answers`) and what follows from the model in expectation (`truth`).

Model. The trait of respondent i in theme t is

    theta = municipality + school + class + respondent + change + gender + grade + background

with variances icc_municipality, icc_school, icc_class and the rest, which sum to 1; the respondent's part has a share
that all themes have in common. Item j is answered in category c (0 the worst, whatever the wording) by the latent answer
loading·theta + sqrt(1 − loading²)·noise against thresholds, which is a graded (ordinal probit) one-factor model. A
municipality's effect is lasting. A school's has a lasting part and one of the mapping, so that its correlation from one
mapping to another is `school_stability`; the lasting part goes on through the lineage (see `schools.Schools.origin`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from pipelines.errors import ConfigurationError
from pipelines.programme import Programme
from pipelines.simulate.plan import Change, GroupPlan, Plan, Shares, cumulative
from pipelines.simulate.randomness import stream
from pipelines.simulate.schools import Floats, Schools

USUAL_SHARES: dict[int, Shares] = {
    2: (0.25, 0.75),
    3: (0.09, 0.29, 0.62),
    4: (0.06, 0.16, 0.46, 0.32),
    5: (0.04, 0.08, 0.21, 0.40, 0.27),
}
"""Typical answers by number of categories, worst first: most answer positively, as in real school surveys."""

DECIMALS = 4  # parameters are rounded, so that parameters.json holds exactly the model that was used


@dataclass(frozen=True)
class AskedItem:
    """One item as it is asked in one mapping.

    Attributes:
        variable: its column in the extract.
        loading: of the latent answer on the trait.
        thresholds: between the categories, worst first.
        codes: the code in the file of each category, worst first.
        scores: its value after reversal, worst first (ascending).
        declined: the code of don't know, if the scale has one.
    """

    item_id: str
    variable: str
    loading: float
    thresholds: tuple[float, ...]
    codes: tuple[str, ...]
    scores: tuple[int, ...]
    declined: str | None


@dataclass(frozen=True)
class Theme:
    """One theme of one respondent group.

    Attributes:
        items: per mapping position the items asked, in the order of the questionnaire; empty where it was not asked.
        trend_items: items that are the same in all mappings that asked the theme; empty where there is no trend form
            (method.md 1.4).
        base: position of the first mapping that asked the theme.
        municipality: lasting effect of each municipality.
        change: mapping × municipality, change of the trait since the base mapping.
        declined: probability of don't know.
        boys, per_grade, per_background: differences between respondents.
    """

    group: str
    code: str
    items: tuple[tuple[AskedItem, ...], ...]
    trend_items: frozenset[str]
    base: int
    municipality: Floats
    change: Floats
    declined: float
    boys: float
    per_grade: float
    per_background: float

    def form(self, mapping: int, form: str) -> list[AskedItem]:
        """Items of the full or the trend form in a mapping."""
        return [item for item in self.items[mapping] if form == "full" or item.item_id in self.trend_items]


@dataclass(frozen=True)
class Model:
    """The themes of each respondent group in the programme's order, and the plan of the group."""

    themes: dict[str, tuple[Theme, ...]]
    plans: dict[str, GroupPlan]


def build_model(programme: Programme, plan: Plan, seed: int) -> Model:
    """Draw everything that is true before anybody answers."""
    trend = trend_items(programme)
    themes: dict[str, list[Theme]] = {group.code: [] for group in programme.respondent_groups}
    ordered = programme.themes.sort_values(["respondent_group", "position"], kind="stable")
    for group, code in ordered[["respondent_group", "theme"]].itertuples(index=False, name=None):
        group_plan, own = plan.group(group), plan.theme(group, code)
        items = _items(programme, plan, group, code, seed)
        if not any(items):
            continue
        sd = float(np.sqrt(group_plan.icc_municipality))
        random = stream(seed, "municipalities", group, code)
        themes[group].append(
            Theme(
                group=group,
                code=code,
                items=items,
                trend_items=trend.get((group, code), frozenset()),
                base=next(number for number, asked in enumerate(items) if asked),
                municipality=np.round(random.standard_normal(len(programme.municipalities)) * sd, DECIMALS),
                change=_changes(programme, plan, group, code, seed),
                declined=group_plan.declined if own.declined is None else own.declined,
                boys=group_plan.boys if own.boys is None else own.boys,
                per_grade=group_plan.per_grade if own.per_grade is None else own.per_grade,
                per_background=group_plan.per_background if own.per_background is None else own.per_background,
            )
        )
    return Model({group: tuple(found) for group, found in themes.items()}, {g: plan.group(g) for g in themes})


def trend_items(programme: Programme) -> dict[tuple[str, str], frozenset[str]]:
    """Items of the trend form of each theme that has one (method.md 1.4).

    An item counts when every mapping that asked the theme asked it, with one scale and, from its second time on, in
    identical wording; there must be enough of them.
    """
    settings = programme.definition.thresholds
    same = {"identical", "minor"} if settings.trend_includes_minor else {"identical"}
    ranges = _scale_values(programme)
    item_theme = programme.items.set_index(["respondent_group", "item_id"])["theme"]
    book = programme.codebook[programme.codebook["variable"].ne("")]
    asked: dict[tuple[str, str], dict[str, dict[str, tuple[str, tuple[int, int]]]]] = {}
    for row in book.itertuples(index=False):
        theme = (row.respondent_group, item_theme[(row.respondent_group, row.item_id)])
        by_mapping = asked.setdefault(theme, {}).setdefault(row.mapping, {})
        by_mapping[row.item_id] = (row.comparability, (min(ranges[row.scale]), max(ranges[row.scale])))
    found: dict[tuple[str, str], frozenset[str]] = {}
    for theme, by_mapping in asked.items():
        rounds = [by_mapping[key] for key in programme.mapping_keys if key in by_mapping]
        common = set.intersection(*(set(items) for items in rounds))
        kept = {
            item
            for item in common
            if len({items[item][1] for items in rounds}) == 1 and all(items[item][0] in same for items in rounds[1:])
        }
        longest = max(len(items) for items in rounds)
        needed = settings.trend_min_items_short if longest <= 3 else settings.trend_min_items  # noqa: PLR2004 - method.md
        if len(kept) >= needed and len(kept) >= settings.trend_min_share * longest:
            found[theme] = frozenset(kept)
    return found


def _scale_values(programme: Programme) -> dict[str, list[int]]:
    """Valid values of each scale, ascending."""
    valid = programme.scales[programme.scales["kind"].eq("valid")]
    return {str(scale): sorted(int(v) for v in rows["value"]) for scale, rows in valid.groupby("scale")}


def _items(programme: Programme, plan: Plan, group: str, theme: str, seed: int) -> tuple[tuple[AskedItem, ...], ...]:
    """The theme's items in each mapping. A changed wording makes an item another one from then on."""
    own, group_plan = plan.theme(group, theme), plan.group(group)
    low, high = own.loading or group_plan.loading
    table = programme.items
    table = table[table["respondent_group"].eq(group) & table["theme"].eq(theme)].sort_values("position")
    direction = {str(item): int(sign) for item, sign in zip(table["item_id"], table["direction"], strict=True)}
    wording = dict.fromkeys(direction, 0)
    asked: list[tuple[AskedItem, ...]] = []
    for mapping in programme.mapping_keys:
        book = programme.asked(mapping, group).set_index("item_id")
        found = []
        for item, sign in direction.items():
            if item not in book.index:
                continue
            row = book.loc[item]
            wording[item] += row["comparability"] == "changed"
            random = stream(seed, "item", group, item, str(wording[item]))
            loading = round(float(random.uniform(low, high)), DECIMALS)
            easier = plan.changed_wording if wording[item] else 0.0
            shift, spread = random.normal(0, 0.25) - easier, np.exp(random.normal(0, 0.08))
            codes, scores, declined = _answers(programme, str(row["scale"]), sign, bool(row["already_reversed"]))
            shares = own.shares or plan.shares.get(str(row["scale"])) or USUAL_SHARES.get(len(codes))
            if shares is None or len(shares) != len(codes):
                raise ConfigurationError(
                    f"simulation.yaml: no typical answers for the {len(codes)} codes of scale {row['scale']}, asked in "
                    f"{group} / {theme}; give them under `shares`"
                )
            thresholds = ndtri(np.array(cumulative(shares))) * spread + shift
            rounded = tuple(round(float(threshold), DECIMALS) for threshold in thresholds)
            found.append(AskedItem(item, str(row["variable"]), loading, rounded, codes, scores, declined))
        asked.append(tuple(found))
    return tuple(asked)


def _answers(
    programme: Programme, scale: str, direction: int, already_reversed: bool
) -> tuple[tuple[str, ...], tuple[int, ...], str | None]:
    """Codes in the file and scores after reversal of the categories, worst first, and the code of don't know.

    Raw values run the same way as scores unless the item is a negative one that the delivery has not reversed.
    """
    rows = programme.scales[programme.scales["scale"].eq(scale)]
    valid = rows[rows["kind"].eq("valid")].drop_duplicates("value").sort_values("value")
    codes, values = [str(code) for code in valid["code"]], [int(value) for value in valid["value"]]
    low, high = values[0], values[-1]
    if direction < 0:
        scores = [low + high - value for value in reversed(values)]
        codes = codes if already_reversed else codes[::-1]
    else:
        scores = values
    declined = rows.loc[rows["kind"].eq("declined"), "code"]
    return tuple(codes), tuple(scores), str(declined.iloc[0]) if len(declined) else None


def _changes(programme: Programme, plan: Plan, group: str, theme: str, seed: int) -> Floats:
    """Change of the trait since the base, mapping × municipality: drawn, or as the plan says."""
    places = programme.municipalities["municipality_id"].tolist()
    base = programme.mapping_keys.index(programme.base.key)
    n, settings = len(programme.mappings), plan.random_changes
    random = stream(seed, "changes", group, theme)
    without = random.random() < settings.share_without
    steps = random.normal(0, settings.programme, (n, 1)) + random.normal(0, settings.municipality, (n, len(places)))
    steps[: base + 1] = 0
    change = np.cumsum(steps, axis=0) * (not without)
    for entry in plan.changes:
        if (entry.respondent_group, entry.theme) == (group, theme):
            rows = slice(None) if entry.municipality_id is None else places.index(entry.municipality_id)
            change[:, rows] = _stated(programme, entry, base)[:, None] if entry.municipality_id is None else _stated(
                programme, entry, base
            )
    return np.round(change, DECIMALS)


def _stated(programme: Programme, entry: Change, base: int) -> Floats:
    """A stated change by mapping; one left out keeps the figure before it."""
    stated, last = np.zeros(len(programme.mappings)), 0.0
    for number, key in enumerate(programme.mapping_keys):
        if number > base:
            last = entry.by_mapping.get(key, last)
            stated[number] = last
    return stated


def school_effects(schools: Schools, group: str, themes: int, mapping: int, plan: GroupPlan, seed: int) -> Floats:
    """Effects of the schools in one mapping, school × theme, standard normal; 0 where a school does not exist.

    The lasting part has something in common between respondent groups and between themes: a good school is good at
    several things. Multiply by the square root of icc_school.
    """
    lasting = lasting_school_effects(schools, group, themes, mapping, seed)
    own = stream(seed, "schools of mapping", group, str(mapping)).standard_normal(lasting.shape)
    effect = np.sqrt(plan.school_stability) * lasting + np.sqrt(1 - plan.school_stability) * own
    return np.asarray(effect * schools.exists[mapping][:, None], dtype=np.float64)


def lasting_school_effects(schools: Schools, group: str, themes: int, mapping: int, seed: int) -> Floats:
    """The part of the schools' effects that goes on from mapping to mapping, through the lineage."""
    n = len(schools.ids)
    general = stream(seed, "schools in general").standard_normal((n, 1))
    of_group = stream(seed, "schools", group).standard_normal((n, 1))
    of_theme = stream(seed, "schools and themes", group).standard_normal((n, themes))
    founding = np.sqrt(0.25) * general + np.sqrt(0.25) * of_group + np.sqrt(0.5) * of_theme
    # An explicit sum over few founders: a matrix product may round differently from machine to machine.
    effect = np.zeros_like(founding)
    for school in np.flatnonzero(schools.exists[mapping]):
        for founder in np.flatnonzero(schools.origin[mapping, school]):
            effect[school] += schools.origin[mapping, school, founder] * founding[founder]
    return effect

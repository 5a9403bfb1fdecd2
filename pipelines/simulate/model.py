"""The model that answers are drawn from: items, municipalities, schools and true changes.

Belongs here: every figure of the model that holds before a single person is drawn. Does not belong here: drawing
answers (`answers`) and what follows from the model in expectation (`truth`).

Model. The trait of respondent i in theme t is

    theta = municipality + school + class + respondent + change + gender + grade + background

with variances icc_municipality, icc_school, icc_class and the rest, which sum to 1; the respondent's part has a share
that all themes have in common. Item j is answered in category c (0 the worst, whatever the wording) by comparing the
latent answer loading·theta + sqrt(1 − loading²)·noise with thresholds: a graded one-factor model with probit link. A
municipality's effect is lasting. A school's has a lasting part and one of the mapping, so that its correlation from one
mapping to another is `school_stability`; the lasting part goes on through the lineage (see `schools.Schools.origin`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from pipelines.errors import ConfigurationError
from pipelines.programme import Programme, RespondentGroup
from pipelines.simulate.plan import Change, GroupPlan, Plan, Shares, ThemePlan, cumulative
from pipelines.simulate.population import LAST_COMMON_GRADE
from pipelines.simulate.randomness import stream
from pipelines.simulate.schools import Floats, Ints, Schools

USUAL_SHARES: dict[int, Shares] = {
    2: (0.25, 0.75),
    3: (0.09, 0.29, 0.62),
    4: (0.06, 0.16, 0.46, 0.32),
    5: (0.04, 0.08, 0.21, 0.40, 0.27),
}
"""Typical answers by number of categories, worst first: most answer positively, as in real school surveys."""

SHORT_THEME = 3  # items up to which a trend needs fewer (method.md 1.4)
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
class Centre:
    """Middle grade and mean background of a respondent group."""

    grade: float
    background: float


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
        boys, per_grade: differences between respondents.
        per_background: the same for a level of the parents' education, per mapping position.
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
    per_background: tuple[float, ...]

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
    book = _Book(programme)
    for group, code in ordered[["respondent_group", "theme"]].itertuples(index=False, name=None):
        group_plan, own = plan.group(group), plan.theme(group, code)
        items = _items(book, plan, group, code, seed)
        if not any(items):
            continue
        themes[group].append(
            Theme(
                group=group,
                code=code,
                items=items,
                trend_items=trend.get((group, code), frozenset()),
                base=next(number for number, asked in enumerate(items) if asked),
                municipality=_municipalities(programme, plan, group, code, seed),
                change=_changes(programme, plan, group, code, seed),
                declined=group_plan.declined if own.declined is None else own.declined,
                boys=group_plan.boys if own.boys is None else own.boys,
                per_grade=group_plan.per_grade if own.per_grade is None else own.per_grade,
                per_background=_per_background(programme, group_plan, own),
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
    ranges = _scale_ranges(programme)
    items = programme.items[["respondent_group", "item_id", "theme"]].itertuples(index=False, name=None)
    theme_of: dict[tuple[str, str], str] = {(group, item): theme for group, item, theme in items}
    book = programme.codebook[programme.codebook["variable"].ne("")]
    columns = ["mapping", "respondent_group", "item_id", "scale", "comparability"]
    asked: dict[tuple[str, str], dict[str, dict[str, tuple[tuple[int, int], str]]]] = {}
    for mapping, group, item, scale, comparability in book[columns].itertuples(index=False, name=None):
        by_mapping = asked.setdefault((group, theme_of[group, item]), {})
        by_mapping.setdefault(mapping, {})[item] = (ranges[scale], comparability)
    found: dict[tuple[str, str], frozenset[str]] = {}
    for theme, by_mapping in asked.items():
        rounds = [by_mapping[key] for key in programme.mapping_keys if key in by_mapping]
        common = set(rounds[0]).intersection(*rounds[1:])
        kept = {
            item
            for item in common
            if len({asked_then[item][0] for asked_then in rounds}) == 1
            and all(asked_then[item][1] in same for asked_then in rounds[1:])
        }
        longest = max(len(asked_then) for asked_then in rounds)
        needed = settings.trend_min_items_short if longest <= SHORT_THEME else settings.trend_min_items
        if len(kept) >= needed and len(kept) >= settings.trend_min_share * longest:
            found[theme] = frozenset(kept)
    return found


def _scale_ranges(programme: Programme) -> dict[str, tuple[int, int]]:
    """Lowest and highest valid value of each scale."""
    valid = programme.scales[programme.scales["kind"].eq("valid")]
    return {str(scale): (int(values.min()), int(values.max())) for scale, values in valid.groupby("scale")["value"]}


class _Book:
    """Codebook, items and scales of a programme, looked up by key."""

    def __init__(self, programme: Programme) -> None:
        """Index the tables once: there are thousands of look-ups."""
        self.mappings = programme.mapping_keys
        self.scales = {str(scale): rows for scale, rows in programme.scales.groupby("scale")}
        self.items: dict[tuple[str, str], list[tuple[str, int]]] = {}
        table = programme.items.sort_values("position", kind="stable")
        for row in table[["respondent_group", "theme", "item_id", "direction"]].itertuples(index=False, name=None):
            self.items.setdefault((row[0], row[1]), []).append((row[2], int(row[3])))
        columns = ["mapping", "respondent_group", "item_id", "variable", "scale", "already_reversed", "comparability"]
        asked = programme.codebook.loc[programme.codebook["variable"].ne(""), columns]
        self.asked = {row[:3]: row[3:] for row in asked.itertuples(index=False, name=None)}
        self._answers: dict[tuple[str, bool], tuple[tuple[str, ...], tuple[int, ...], str | None]] = {}

    def answers(self, scale: str, runs_backwards: bool) -> tuple[tuple[str, ...], tuple[int, ...], str | None]:
        """Codes in the file and scores after reversal of the categories, worst first, and the code of don't know.

        Raw values run as the scores do, unless an item is a negative one that the delivery has not reversed.
        """
        key = (scale, runs_backwards)
        if key not in self._answers:
            rows = self.scales[scale]
            valid = rows[rows["kind"].eq("valid")].drop_duplicates("value").sort_values("value")
            codes, values = [str(code) for code in valid["code"]], [int(value) for value in valid["value"]]
            if runs_backwards:
                codes.reverse()
                values = [values[0] + values[-1] - value for value in reversed(values)]
            declined = rows.loc[rows["kind"].eq("declined"), "code"]
            self._answers[key] = tuple(codes), tuple(values), str(declined.iloc[0]) if len(declined) else None
        return self._answers[key]


def _items(book: _Book, plan: Plan, group: str, theme: str, seed: int) -> tuple[tuple[AskedItem, ...], ...]:
    """The theme's items in each mapping. A changed wording makes an item another one from then on."""
    own = plan.theme(group, theme)
    low, high = own.loading or plan.group(group).loading
    items = book.items.get((group, theme), [])
    wording = dict.fromkeys((item for item, _ in items), 0)
    asked: list[tuple[AskedItem, ...]] = []
    for mapping in book.mappings:
        found = []
        for item, direction in items:
            if (mapping, group, item) not in book.asked:
                continue
            variable, scale, already_reversed, comparability = book.asked[mapping, group, item]
            wording[item] += comparability == "changed"
            random = stream(seed, "item", group, item, str(wording[item]))
            loading = round(float(random.uniform(low, high)), DECIMALS)
            shift, spread = random.normal(0, 0.25), np.exp(random.normal(0, 0.08))
            shift -= plan.changed_wording if wording[item] else 0.0
            codes, scores, declined = book.answers(scale, direction < 0 and not already_reversed)
            shares = own.shares or plan.shares.get(scale) or USUAL_SHARES.get(len(codes))
            if shares is None or len(shares) != len(codes):
                raise ConfigurationError(
                    f"simulation.yaml: no typical answers for the {len(codes)} codes of scale {scale}, asked in "
                    f"{group} / {theme}; give them under `shares`"
                )
            thresholds = ndtri(np.array(cumulative(shares))) * spread + shift
            rounded = tuple(round(float(threshold), DECIMALS) for threshold in thresholds)
            found.append(AskedItem(item, variable, loading, rounded, codes, scores, declined))
        asked.append(tuple(found))
    return tuple(asked)


def _municipalities(programme: Programme, plan: Plan, group: str, theme: str, seed: int) -> Floats:
    """Lasting effect of each municipality: drawn, or as the plan says."""
    places = programme.municipalities["municipality_id"].tolist()
    sd = float(np.sqrt(plan.group(group).icc_municipality))
    effect = stream(seed, "municipalities", group, theme).standard_normal(len(places)) * sd
    for entry in plan.levels:
        if (entry.respondent_group, entry.theme) == (group, theme):
            effect[places.index(entry.municipality_id)] = entry.level
    return np.round(effect, DECIMALS)


def _per_background(programme: Programme, group: GroupPlan, own: ThemePlan) -> tuple[float, ...]:
    """What a level of the parents' education adds, mapping by mapping."""
    figure, found = group.per_background if own.per_background is None else own.per_background, []
    for key in programme.mapping_keys:
        figure = own.per_background_by_mapping.get(key, figure)
        found.append(figure)
    return tuple(found)


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
            stated = _stated(programme, entry, base)
            change[:, rows] = stated[:, None] if entry.municipality_id is None else stated
    return np.round(change, DECIMALS)


def _stated(programme: Programme, entry: Change, base: int) -> Floats:
    """A stated change by mapping; one left out keeps the figure before it."""
    stated, last = np.zeros(len(programme.mappings)), 0.0
    for number, key in enumerate(programme.mapping_keys):
        if number > base:
            last = entry.by_mapping.get(key, last)
            stated[number] = last
    return stated


def person_effect(theme: Theme, mapping: int, gender: Ints, grade: Ints, background: Ints, middle: Centre) -> Floats:
    """What gender, grade and background add to the trait in a mapping; nothing where they do not apply (-1)."""
    return np.asarray(
        np.where(gender >= 0, theme.boys * (gender - 0.5), 0.0)
        + np.where(grade >= 0, theme.per_grade * (grade - middle.grade), 0.0)
        + np.where(background >= 0, theme.per_background[mapping] * (background - middle.background), 0.0),
        dtype=np.float64,
    )


def centre(group: RespondentGroup, plan: Plan) -> Centre:
    """The grade and the background from which differences are counted."""
    first, last = group.grades or (0, LAST_COMMON_GRADE)
    shares = plan.sizes.background
    mean = sum(level * share for level, share in enumerate(shares)) / sum(shares)
    return Centre(grade=(first + min(last, LAST_COMMON_GRADE)) / 2, background=mean)


def response_probability(plan: GroupPlan, gender: Ints, grade: Ints, middle: Centre) -> Floats:
    """Probability of answering, by gender and grade."""
    boys = np.where(gender > 0, plan.response_boys, 0.0)
    grades = np.where(grade >= 0, plan.response_per_grade * (grade - middle.grade), 0.0)
    return np.clip(plan.response + boys + grades, 0.0, 1.0)


def school_effects(schools: Schools, group: str, themes: int, mapping: int, *, stability: float, seed: int) -> Floats:
    """Effects of the schools in one mapping, school × theme, standard normal; 0 where a school does not exist.

    The lasting part has something in common between respondent groups and between themes: a good school is good at
    several things. Multiply by the square root of icc_school.
    """
    lasting = lasting_school_effects(schools, group, themes, mapping, seed)
    own = stream(seed, "schools of mapping", group, str(mapping)).standard_normal(lasting.shape)
    effect = np.sqrt(stability) * lasting + np.sqrt(1 - stability) * own
    return np.asarray(effect * schools.exists[mapping][:, None], dtype=np.float64)


def lasting_school_effects(schools: Schools, group: str, themes: int, mapping: int, seed: int) -> Floats:
    """The part of the schools' effects that goes on from mapping to mapping, through the lineage."""
    n = len(schools.ids)
    general = stream(seed, "schools in general").standard_normal((n, 1))
    of_group = stream(seed, "schools", group).standard_normal((n, 1))
    of_theme = stream(seed, "schools and themes", group).standard_normal((n, themes))
    founding = np.sqrt(0.25) * general + np.sqrt(0.25) * of_group + np.sqrt(0.5) * of_theme
    # An explicit sum over few founders: a matrix product may round differently from machine to machine.
    effect: Floats = np.zeros_like(founding)
    for school in np.flatnonzero(schools.exists[mapping]):
        for founder in np.flatnonzero(schools.origin[mapping, school]):
            effect[school] += schools.origin[mapping, school, founder] * founding[founder]
    return effect

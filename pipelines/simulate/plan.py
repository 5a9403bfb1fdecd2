"""What `simulation.yaml` in a programme folder may say: what the simulated data of the programme are like.

Belongs here: the shape, the defaults and the checks of that one optional file. Does not belong here: drawing
(`population`, `model`, `answers`), and anything that is needed to read real extracts: only this package reads the file.

All traits are on a latent scale with mean 0 and variance 1 in the base mapping; a *change* of 0.1 is a tenth of that
standard deviation, which becomes a little less than 10 points on the 500 scale (answers are coarser than the trait).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.errors import ConfigurationError
from pipelines.files import read_yaml
from pipelines.programme import Programme

FILE = "simulation.yaml"

Share = Annotated[float, Field(ge=0, le=1)]
Shares = Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(min_length=2)]


class Part(BaseModel):
    """Base of all parts: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SchoolForm(Part):
    """The grades that a school offers, and the share of schools that are so."""

    grades: tuple[int, int]
    share: Annotated[float, Field(gt=0)]


class Sizes(Part):
    """How many there are at scale 1 in the base mapping, all municipalities together."""

    pupils: int = Field(default=40_000, ge=1)
    children: int = Field(default=8_000, ge=1, description="of the age that is asked, in day-care")
    staff: dict[str, int] = Field(default_factory=dict, description="per group of kind staff or leader")
    staff_default: int = Field(default=4_000, ge=1, description="groups that `staff` does not name")
    municipalities: dict[str, float] = Field(
        default_factory=dict, description="relative size; left out: by number of schools"
    )
    school_spread: float = Field(default=0.45, ge=0, description="SD of the logarithm of school size")
    school_forms: tuple[SchoolForm, ...] = (SchoolForm(grades=(0, 9), share=1),)
    class_size: int = Field(
        default=26, ge=2, description="the largest class; a year group is cut into as few as that allows"
    )
    smallest_group: int = Field(default=7, ge=1, description="pupils of a group at a school, however small the scale")
    smallest_staff: dict[str, int] = Field(default_factory=dict, description="the same for groups of staff; default 1")
    largest_staff: dict[str, int] = Field(default_factory=dict, description="most in one school, per group")
    leaving: Share = Field(default=0.04, description="pupils who leave the municipalities from one mapping to the next")
    moving: Share = Field(default=0.04, description="pupils who change to another school of the municipality")
    tenth_grade: Share = Field(default=0.06, description="pupils of grade 8 who sit in grade 10 two years later")
    staff_leaving: Share = Field(default=0.2, description="staff who leave from one mapping to the next")
    background: Shares = (0.12, 0.42, 0.28, 0.18)


class GroupPlan(Part):
    """One respondent group: who answers, and how traits vary."""

    response: Share = Field(default=0.9, description="answer at all, at the middle grade")
    response_per_grade: float = Field(default=0, description="added per grade above the middle one")
    response_boys: float = Field(default=0, description="added for boys")
    response_spread: float = Field(default=0.3, ge=0, description="SD between schools of the logit of answering")
    response_by_rater: Share = Field(default=0, description="share of non-response that is a rater's whole class")
    refused: Share = Field(default=0.005, description="of those who do not answer: said no")
    other: Share = Field(default=0.01, description="of those who do not answer: has moved, wrong address")
    break_off: Share = Field(default=0.02, description="of those who answer: stop somewhere on the way")
    item_missing: Share = Field(default=0.01, description="answers left blank")
    declined: Share = Field(default=0.0, description="don't know, where the scale has such a code")
    background_unknown: Share = Field(default=0.1, description="parents' education left blank")
    icc_municipality: Share = Field(default=0.012, description="share of the trait's variance between municipalities")
    icc_school: Share = Field(default=0.05, description="between schools of a municipality")
    icc_class: Share = Field(default=0.02, description="between classes (or raters) of a school")
    school_stability: Share = Field(
        default=0.9, description="correlation of a school's effect from one mapping to the next"
    )
    common_factor: Share = Field(
        default=0.35, description="share of the respondent's part that all themes have in common"
    )
    loading: tuple[float, float] = Field(default=(0.65, 0.82), description="lowest and highest loading of an item")
    boys: float = Field(default=0, description="trait of boys against girls")
    per_grade: float = Field(default=0, description="trait per grade above the middle one")
    per_background: float = Field(default=0, description="trait per level of the parents' education")

    @model_validator(mode="after")
    def _variances_fit(self) -> GroupPlan:
        if self.icc_municipality + self.icc_school + self.icc_class >= 1:
            raise ValueError(
                "the intra-class correlations leave no variance for respondents; their sum must be below 1"
            )
        if not 0 < self.loading[0] <= self.loading[1] < 1:
            raise ValueError("loading needs two figures between 0 and 1, the lower first")
        return self


class ThemePlan(Part):
    """Where one theme differs from its group."""

    respondent_group: str
    theme: str
    shares: Shares | None = Field(default=None, description="typical answers, worst first, as in `shares`")
    loading: tuple[float, float] | None = None
    declined: Share | None = None
    boys: float | None = None
    per_grade: float | None = None
    per_background: float | None = None
    per_background_by_mapping: dict[str, float] = Field(
        default_factory=dict,
        description="where it changes: per_background from this mapping on; one left out keeps the figure before",
    )


class Change(Part):
    """A true change since the base mapping. Later entries replace earlier ones and the random changes."""

    respondent_group: str
    theme: str
    municipality_id: str | None = Field(default=None, description="left out: all, alike")
    by_mapping: dict[str, float] = Field(
        default_factory=dict,
        description="change since the base, in SD of the trait; a mapping left out keeps the one before; empty: none",
    )


class Level(Part):
    """Where a municipality lies on a theme in all mappings, before any change. It replaces what is drawn."""

    respondent_group: str
    theme: str
    municipality_id: str
    level: float = Field(description="in SD of the trait, from the middle of all")


class RandomChanges(Part):
    """Changes of the themes that `changes` does not name."""

    share_without: Share = Field(default=0.4, description="themes that do not change anywhere")
    programme: float = Field(default=0.06, ge=0, description="SD of a step from mapping to mapping, all municipalities")
    municipality: float = Field(default=0.05, ge=0, description="SD of a municipality's own step beside it")


class Column(Part):
    """What stands in a column that the programme ignores."""

    values: tuple[str, ...]
    share: Share = 1.0


class ResultPlan(Part):
    """Results of one test. The score is normal among the pupils of a grade; steps and percentiles are cut from it."""

    grades: tuple[int, ...] = Field(min_length=1, description="grades that take the test")
    years: tuple[int, ...] = Field(
        default=(0,),
        description="school years in a mapping's delivery, counted from the mapping's own: -1 is the one before",
    )
    mean: float = Field(default=0, description="score of the lowest of the grades at the first measurement")
    per_grade: float = Field(default=0, description="added per grade above that")
    sd: float = Field(default=1, gt=0, description="SD of the score in a grade, error of measurement included")
    per_background: float = Field(default=0, description="in SD, per level of the parents' education")
    school_sd: float = Field(default=0.25, ge=0, description="SD between schools, in SD")
    by_school_year: dict[str, float] = Field(
        default_factory=dict, description="level in a school year, in SD; a year left out keeps the one before"
    )
    by_municipality: dict[str, float] = Field(
        default_factory=dict, description="what a municipality adds to the level, in SD; no reference knows of it"
    )
    taken: Share = Field(default=0.95, description="pupils who take a measurement")
    decimals: int = Field(default=0, ge=0, le=3)
    measurements: int = Field(default=1, ge=1, le=9, description="within the school year")
    gain: dict[str, float] = Field(
        default_factory=dict, description="true gain from the first to the last, per school year as in by_school_year"
    )
    gain_sd: float = Field(default=0, ge=0, description="SD of the true gain between pupils of a school")
    gain_school_sd: float = Field(default=0, ge=0, description="SD of the true gain between schools")
    shares: Shares = Field(
        default=(0.05, 0.09, 0.16, 0.36, 0.24, 0.10), description="the six steps in the middle, from the lowest"
    )


class Plan(Part):
    """The whole of `simulation.yaml`; every field has a default."""

    demo_scale: float = Field(default=0.06, gt=0, description="scale of `kortlaegning demo`")
    sizes: Sizes = Sizes()
    groups: dict[str, GroupPlan] = Field(default_factory=dict)
    shares: dict[str, Shares] = Field(default_factory=dict, description="per scale: typical answers, worst first")
    themes: tuple[ThemePlan, ...] = ()
    changed_wording: float = Field(
        default=0.3, description="how much easier to agree with an item gets when its wording is `changed`"
    )
    random_changes: RandomChanges = RandomChanges()
    levels: tuple[Level, ...] = ()
    changes: tuple[Change, ...] = ()
    ignored_columns: dict[str, dict[str, Column]] = Field(default_factory=dict, description="per group and column")
    results: dict[str, dict[str, ResultPlan]] = Field(
        default_factory=dict, description="per path of an extract with `content: results`: the tests in it"
    )

    def group(self, code: str) -> GroupPlan:
        """The plan of a respondent group."""
        return self.groups.get(code, GroupPlan())

    def theme(self, group: str, theme: str) -> ThemePlan:
        """What is said of a theme."""
        plain = ThemePlan(respondent_group=group, theme=theme)
        return next((t for t in self.themes if t.respondent_group == group and t.theme == theme), plain)


def read_plan(programme: Programme) -> Plan:
    """Read `simulation.yaml` of a programme; without the file everything is at its default.

    Raises:
        ConfigurationError: the file is not YAML, has an unknown field, or names what the programme does not have.
    """
    path = programme.folder / FILE
    if not path.is_file():
        return Plan()
    try:
        plan = Plan.model_validate(read_yaml(path) or {})
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:20]]
        raise ConfigurationError("\n".join(lines)) from None
    _check_names(plan, programme, path)
    return plan


def _check_names(plan: Plan, programme: Programme, path: Path) -> None:
    """Every group, theme, municipality, mapping and scale that the plan names must be the programme's."""
    groups = {group.code for group in programme.respondent_groups}
    themes = set(programme.themes[["respondent_group", "theme"]].itertuples(index=False, name=None))
    municipalities = set(programme.municipalities["municipality_id"])
    valid = programme.scales[programme.scales["kind"].eq("valid")]
    answers = {str(scale): int(number) for scale, number in valid.groupby("scale")["code"].count().items()}
    problems = [
        f"{where}: group {name!r} is not a respondent group of the programme"
        for where, names in (
            ("groups", plan.groups),
            ("ignored_columns", plan.ignored_columns),
            ("sizes.staff", plan.sizes.staff),
            ("sizes.smallest_staff", plan.sizes.smallest_staff),
            ("sizes.largest_staff", plan.sizes.largest_staff),
        )
        for name in names
        if name not in groups
    ]
    named = [(f"themes[{number}]", entry.respondent_group, entry.theme) for number, entry in enumerate(plan.themes)]
    named += [(f"levels[{number}]", entry.respondent_group, entry.theme) for number, entry in enumerate(plan.levels)]
    named += [(f"changes[{number}]", entry.respondent_group, entry.theme) for number, entry in enumerate(plan.changes)]
    problems += [
        f"{where}: {group} / {theme} is not in themes.csv"
        for where, group, theme in named
        if (group, theme) not in themes
    ]
    paths = {extract.path for extract in programme.definition.extracts if extract.content == "results"}
    tests = set(programme.tests["test"])
    problems += [
        f"results: {path!r} is no path of an extract with `content: results`"
        for path in sorted(set(plan.results) - paths)
    ]
    problems += [
        f"results.{path}: test {test!r} is not in tests.csv"
        for path, listed in plan.results.items()
        for test in listed
        if test not in tests
    ]
    problems += [
        f"results.{path}.{test}: by_municipality: {name!r} is not in municipalities.csv"
        for path, listed in plan.results.items()
        for test, one in listed.items()
        for name in one.by_municipality
        if name not in municipalities
    ]
    problems += [
        f"levels[{number}]: municipality {entry.municipality_id!r} is not in municipalities.csv"
        for number, entry in enumerate(plan.levels)
        if entry.municipality_id not in municipalities
    ]
    problems += [
        f"themes[{number}]: {key!r} is not a mapping of the programme"
        for number, entry in enumerate(plan.themes)
        for key in entry.per_background_by_mapping
        if key not in programme.mapping_keys
    ]
    for number, change in enumerate(plan.changes):
        if change.municipality_id is not None and change.municipality_id not in municipalities:
            problems.append(f"changes[{number}]: municipality {change.municipality_id!r} is not in municipalities.csv")
        for key in change.by_mapping:
            if key not in programme.mapping_keys or key == programme.base.key:
                problems.append(f"changes[{number}]: {key!r} is not a mapping after the base")
    problems += [
        f"sizes.municipalities: {name!r} is not in municipalities.csv"
        for name in plan.sizes.municipalities
        if name not in municipalities
    ]
    for scale, shares in plan.shares.items():
        if scale not in answers:
            problems.append(f"shares: scale {scale!r} is not in scales.csv")
        elif len(shares) != answers[scale]:
            problems.append(f"shares: scale {scale!r} has {answers[scale]} valid answers, not {len(shares)}")
    if problems:
        raise ConfigurationError("\n".join(f"{path}: {problem}" for problem in problems[:20]))


def cumulative(shares: Shares) -> list[float]:
    """Shares summed up from the worst answer, the last (1) left out; they need not sum to one exactly."""
    total = sum(shares)
    sums: list[float] = []
    for share in shares[:-1]:
        sums.append((sums[-1] if sums else 0.0) + share / total)
    return sums

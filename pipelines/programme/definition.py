"""What `programme.yaml` may say, field by field.

Belongs here: the shape, the defaults (method.md's, in bold there) and the checks of one file. Does not belong here: the CSV
tables beside it (`tables`), and anything that reads extracts.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z_.-]{0,31}$")]


def _as_tuple(value: object) -> object:
    """A single column name stands for a list of one."""
    return (value,) if isinstance(value, str) else value


SCHOOL_YEAR_BEGINS = 8
"""Month: the first of August."""

Columns = Annotated[tuple[str, ...], BeforeValidator(_as_tuple), Field(min_length=1)]


class Part(BaseModel):
    """Base of all parts: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(Part):
    """A text in Danish and in English."""

    da: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def get(self, language: str) -> str:
        """The text in `language` (`da` or `en`)."""
        return self.da if language == "da" else self.en


class Mapping(Part):
    """One round (*kortlægning*)."""

    key: Key
    label: Label
    opens_on: date | None = None
    closes_on: date | None = None
    base: bool = Field(default=False, description="the mapping whose mean is 500 and whose SD is 100")

    @property
    def school_year(self) -> str:
        """School year that the mapping was held in (2015/16): by its first day, else by a key that begins with a year."""
        if self.opens_on is not None:
            first = self.opens_on.year - int(self.opens_on.month < SCHOOL_YEAR_BEGINS)
            return f"{first}/{(first + 1) % 100:02d}"
        return f"{self.key[:4]}/{(int(self.key[:4]) + 1) % 100:02d}" if self.key[:4].isdecimal() else self.key


PhaseStep = Literal["start", "collection", "profiles", "discussion", "plans"]
PHASE_STEPS: tuple[PhaseStep, ...] = get_args(PhaseStep)
"""What a phase consists of, in order: it starts, answers are collected, reports and profiles are ready, politicians discuss them,
plans for competence development are made. Steps may be left out."""


class Step(Part):
    """One step of a phase and the day by which it is to be done."""

    step: PhaseStep
    label: Label
    due_on: date


class Phase(Part):
    """One phase of the programme (*fase*): a mapping and what follows from it, or one without a mapping."""

    label: Label
    mapping: Key | None = Field(default=None, description="the mapping whose collection and reports the phase holds")
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Phase:
        for before, after in pairwise(self.steps):
            if PHASE_STEPS.index(after.step) <= PHASE_STEPS.index(before.step):
                raise ValueError(
                    f"step {after.step!r} stands after {before.step!r}; the order is {', '.join(PHASE_STEPS)}"
                )
            if after.due_on < before.due_on:
                raise ValueError(
                    f"step {after.step!r} is due on {after.due_on}, before {before.step!r} on {before.due_on}; "
                    "correct one of the dates"
                )
        of_mapping = next((s.step for s in self.steps if s.step in ("collection", "profiles")), None)
        if self.mapping is None and of_mapping is not None:
            raise ValueError(f"step {of_mapping!r} needs the phase's `mapping`: which one is collected and reported")
        return self


class BackgroundLevel(Part):
    """One level of the parents' highest education."""

    code: Key = Field(description="canonical value of the role `background`")
    label: Label


class RespondentGroup(Part):
    """One group of informants with an instrument of its own."""

    code: Slug
    label: Label
    in_sentence: Label | None = Field(
        default=None,
        description="the group inside a sentence, as after `hos`; left out: the label without its capital letter",
    )
    kind: Literal["pupil", "rated_pupil", "staff", "parent", "leader"] = Field(
        description="decides disclosure (leaders, raters) and the response flag (parents)"
    )
    grades: tuple[int, int] | None = Field(default=None, description="first and last grade that belong to the group")
    institutions: Literal["school", "daycare", "administration"] | None = Field(
        default=None, description="the only kind of institution that the group belongs to; left out: any"
    )
    organisation: Literal["administration", "school", "team"] | None = Field(
        default=None,
        description="level of the organisation that the group speaks from: reports hold themes that several levels are asked "
        "side by side",
    )
    mode: Literal["reading", "read_aloud", "pictures_and_sound"] = Field(
        default="reading",
        description="how questions are put; pictures and sound need scales of few answers",
    )
    roster: Literal["extract", "file", "none"] = Field(
        default="extract",
        description="where everyone invited is listed: in the extract itself, in a roster file, nowhere",
    )


class Dialect(Part):
    """How a text file is written. Declared, never sniffed: two rounds of one survey differ in it."""

    encoding: str = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str | None = Field(default='"', min_length=1, max_length=1)
    skip_rows: int = Field(default=0, ge=0, description="lines before the header")
    skip_after_header: int = Field(default=0, ge=0, description="rows between header and data (Qualtrics: 1 or 2)")
    sheet: str | None = Field(
        default=None, description="workbooks: regular expression of the sheet's name; several are one split dataset"
    )
    date_format: str = Field(default="%Y-%m-%d", description="as in Python's strptime")
    decimal: Literal[".", ","] = Field(default=".", description="decimal mark: where it is a comma, 3,0 is the code 3")


class Roles(Part):
    """Which column plays which part. A role left out is not delivered."""

    respondent_id: Columns = Field(description="one or more columns that together name the respondent")
    municipality_id: str
    institution_id: str
    rater_id: str | None = None
    class_id: str | None = None
    grade: str | None = None
    gender: str | None = None
    background: str | None = Field(default=None, description="highest education of the parents")
    status: str | tuple[str, ...] | None = Field(
        default=None, description="one column of codes, or one 0/1 column a status (SurveyXact's stato_1 …)"
    )
    submitted_at: str | None = Field(default=None, description="day of the answer; of a result: day of the test")
    simulated: str | None = Field(default=None, description="1 on every row of simulated data; may be absent in a file")
    test: str | None = Field(default=None, description="results: which test of tests.csv")
    school_year: str | None = Field(default=None, description="results: 2015/16 or 2015/2016")
    measurement: str | None = Field(
        default=None, description="results: number of the measurement within the school year; left out: the only one"
    )
    score: str | None = Field(default=None, description="results: points or grade")
    step: str | None = Field(default=None, description="results: the six steps of the national tests")
    percentile: str | None = Field(default=None, description="results: 1 to 100, the national norm")
    expected: str | None = Field(default=None, description="results: the socio-economic reference of the grade")
    significant: str | None = Field(
        default=None, description="results: whether the difference from the reference is significant, as delivered"
    )
    pupils: str | None = Field(
        default=None,
        description="results: pupils behind a school's figure; where there is such a column a row is no pupil",
    )

    def columns(self) -> dict[str, str]:
        """Column name to role, for every column that a role names."""
        found: dict[str, str] = {}
        for role, value in self:
            for column in value if isinstance(value, tuple) else [value] if value else []:
                found.setdefault(column, role)
        return found


STEPS = ("insufficient", "deficient", "fair", "good", "very_good", "excellent")
"""The six steps of the national tests from the lowest: ikke tilstrækkelig, mangelfuld, jævn, god, rigtig god, fremragende."""

CANONICAL = {
    "gender": ("female", "male"),
    "status": ("completed", "started", "refused", "not_contacted", "other"),
    "step": STEPS,
    "significant": ("true", "false"),
}

OF_RESULTS = ("test", "school_year", "measurement", "score", "step", "percentile", "expected", "significant", "pupils")
"""Roles that only academic results have."""
FIGURES = ("score", "step", "percentile")
"""A result is at least one of these."""


class Rebased(Part):
    """One decision to compute the base of the 500 scale anew."""

    on: date
    reason: str = Field(min_length=1, description="why, in a sentence that everybody may read")


FEWEST_LEVELS, MOST_LEVELS = 3, 5
"""Levels of the parents' education (method.md 6)."""


class Extract(Part):
    """One kind of file: whose answers, where it lies, how it is written, which column is what."""

    respondent_group: Slug
    mappings: tuple[Key, ...] | None = Field(default=None, description="left out: every mapping")
    content: Literal["answers", "roster", "results"] = "answers"
    path: str = Field(min_length=1, description="pattern relative to landing/<slug>/<mapping>/")
    format: Literal["csv", "xlsx", "sav", "dta", "parquet"] = "csv"
    dialect: Dialect = Dialect()
    columns: Roles
    values: dict[Literal["gender", "status", "background", "test", "step", "significant"], dict[str, str]] = Field(
        default_factory=dict, description="per role: code in the file to canonical value"
    )
    ignored: tuple[str, ...] = Field(default=(), description="columns that are known and never loaded")
    structure: str | None = Field(
        default=None,
        description="SurveyXact's structure: pattern of the file (workbooks: name of the sheet); the wording it holds must be "
        "the codebook's. `inside`: the labels that a .sav or .dta file carries",
    )
    labels: str | None = Field(
        default=None, description="SurveyXact's labels, likewise: they must be those of scales.csv"
    )
    optional: bool = Field(default=False, description="true: that no file arrives is no gap")

    @model_validator(mode="after")
    def _values_are_canonical(self) -> Extract:
        for role, recode in self.values.items():
            allowed = CANONICAL.get(role)
            strange = sorted(set(recode.values()) - set(allowed or recode.values()))
            if strange:
                raise ValueError(f"values.{role}: {strange[0]!r} is not one of {', '.join(allowed or ())}")
        if isinstance(self.columns.status, tuple):
            strange = sorted(set(self.columns.status) ^ set(self.values.get("status", {})))
            if strange:
                raise ValueError(
                    f"values.status: says for each of the columns of `status` what it means; see {strange[0]!r}"
                )
        if self.path.startswith("/") or ".." in self.path.split("/"):
            raise ValueError("path leaves the folder of its mapping; give a pattern inside it")
        return self

    @model_validator(mode="after")
    def _results_have_their_columns(self) -> Extract:
        named = [role for role in OF_RESULTS if getattr(self.columns, role) is not None]
        if self.content != "results" and named:
            raise ValueError(f"columns.{named[0]}: only an extract with `content: results` has it")
        if self.content == "results":
            for role in ("test", "school_year"):
                if role not in named:
                    raise ValueError(f"columns.{role}: is missing; a result belongs to a test and a school year")
            if not set(FIGURES) & set(named):
                raise ValueError(f"columns: a result needs one of {', '.join(FIGURES)}")
            for role in ("step", "significant"):
                if role in named and role not in self.values:
                    raise ValueError(f"values.{role}: is missing; say what each code in the file means")
        return self


class Ids(Part):
    """Which ids mean the same from round to round."""

    institutions_stable: bool = Field(
        default=True, description="false: a school of one round is never the same as one of another"
    )
    respondents_linked: bool = False
    institution_scope: Literal["programme", "municipality"] = Field(
        default="programme", description="municipality: numbers are unique only within the municipality"
    )
    institution_numeric: bool = Field(
        default=False, description="numbers written in several ways (00001, 1.0) are read as the whole number they are"
    )


class Thresholds(Part):
    """Settings of method.md; the defaults are its bold figures."""

    alpha: float = Field(default=0.05, gt=0, lt=1, description="false discovery rate (5)")
    relevant: float = Field(default=20, gt=0, description="points that make a change relevant (5)")
    trivial: float = Field(default=10, ge=0, description="points below which a change is not named (5)")
    marked: float = Field(default=50, gt=0, description="points from which a change is called marked (5)")
    degrees_of_freedom: Literal["clusters", "satterthwaite"] = Field(
        default="clusters",
        description="of a clustered interval: clusters − 1, or effective clusters − 1 where schools differ much in size (2, 5)",
    )
    min_clusters: int = Field(default=5, ge=2, description="clusters a round below which no claim is made (5)")
    min_classes: int = Field(default=8, ge=2, description="classes from which they are a school's clusters (2)")
    min_valid_share: float = Field(default=0.5, gt=0, le=1, description="share of items a score needs (1.3)")
    trend_min_items: int = Field(default=3, ge=1, description="common items that a trend needs (1.4)")
    trend_min_items_short: int = Field(default=2, ge=1, description="the same where a theme has three items or fewer")
    trend_min_share: float = Field(default=0.6, gt=0, le=1, description="share of items that must be common (1.4)")
    trend_includes_minor: bool = Field(
        default=False, description="count items whose wording changed in a minor way as common"
    )
    drift_limit: float = Field(
        default=0.3, gt=0, description="shift of an item beside its theme that is flagged, SD (4)"
    )
    low_response: float = Field(default=0.5, ge=0, le=1, description="response flag, pupils and staff (9)")
    low_response_parents: float = Field(default=0.4, ge=0, le=1, description="response flag, parents (9)")
    complete_share: float = Field(default=0.8, gt=0, le=1, description="applicable items of a complete answer (9)")
    partial_share: float = Field(default=0.5, gt=0, le=1, description="applicable items of a partial answer (9)")


class Intake(Part):
    """Which rows of an extract count, and how many faults a file may have."""

    late_answers: Literal["set_aside", "count"] = Field(
        default="set_aside", description="answers given after the mapping closed"
    )
    test_respondents: str = Field(
        default=r"(?i)^(test|prøve)",
        description="regular expression: respondent numbers of the survey tool's own tests",
    )
    test_classes: tuple[str, ...] = Field(default=("99X",), description="classes that exist only for tests")
    straight_lining: Literal["count", "set_aside"] = Field(
        default="count", description="respondents who gave one answer to all; set_aside: a run to see what they matter"
    )
    straight_line_items: int = Field(
        default=15, ge=2, description="answers from which that is told, both directions asked"
    )
    max_undeclared_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="share of a variable's answers with undeclared codes above which the file fails",
    )

    @field_validator("test_respondents")
    @classmethod
    def _is_expression(cls, text: str) -> str:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        return text


class Disclosure(Part):
    """Settings of method.md 10."""

    public_min_n: int = Field(default=10, ge=1)
    internal_min_n: int = Field(default=5, ge=1)
    min_raters: int = Field(default=3, ge=1)
    leaders_min_n: int = Field(default=5, ge=1)
    public_item_min_n: int = Field(default=20, ge=1)
    internal_item_min_n: int = Field(default=10, ge=1)


class NationalTargets(Part):
    """The four national result targets hold for the programme (method.md 8)."""

    wellbeing: str | None = Field(default=None, description="family of the themes that target 3.1 (trivsel) looks at")


class Practice(Part):
    """A theme that stands beside the pupils' progression within the school year, school by school."""

    respondent_group: Slug
    theme: str


class Definition(Part):
    """The whole of `programme.yaml`."""

    slug: Slug
    label: Label
    about: Label | None = None
    data_source: Label | None = Field(default=None, description="where a user gets the extracts and how to name it")
    mappings: tuple[Mapping, ...] = Field(min_length=1)
    respondent_groups: tuple[RespondentGroup, ...] = Field(min_length=1)
    extracts: tuple[Extract, ...] = Field(min_length=1)
    timeline: tuple[Phase, ...] = Field(
        default=(),
        description="phases in order, with what is due when: shown in `status`, drives schedule and freshness",
    )
    sources: tuple[str, ...] = Field(
        default=(),
        description="folders or URLs with `<slug>/<mapping>/…` that every run pulls from; never with a password",
    )
    deliver: tuple[str, ...] = Field(
        default=(),
        description="folders or URLs that each municipality's delivery is sent to; `{municipality}` is replaced; never with a "
        "password",
    )
    background: tuple[BackgroundLevel, ...] = Field(
        default=(),
        description="three to five levels of the parents' highest education, from lowest to highest (method.md 6)",
    )
    rebased: tuple[Rebased, ...] = Field(
        default=(), description="decisions to compute the frozen base of the 500 scale anew (method.md 1.5)"
    )
    national_targets: NationalTargets | None = Field(
        default=None, description="left out: the national result targets are not followed (method.md 8)"
    )
    beside_progression: tuple[Practice, ...] = Field(
        default=(), description="themes that reports show beside each school's progression within the school year"
    )
    ids: Ids = Ids()
    intake: Intake = Intake()
    thresholds: Thresholds = Thresholds()
    disclosure: Disclosure = Disclosure()

    @model_validator(mode="after")
    def _holds_together(self) -> Definition:
        for what, names in (
            ("mappings", [m.key for m in self.mappings]),
            ("respondent_groups", [g.code for g in self.respondent_groups]),
            ("background", [level.code for level in self.background]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what}: {twice[0]!r} stands twice")
        bases = [m.key for m in self.mappings if m.base]
        if len(bases) != 1:
            raise ValueError(f"mappings: exactly one needs `base: true`, found {len(bases)}")
        keys = {m.key for m in self.mappings}
        groups = {g.code: g for g in self.respondent_groups}
        for number, extract in enumerate(self.extracts):
            if extract.respondent_group not in groups:
                raise ValueError(f"extracts[{number}]: respondent group {extract.respondent_group!r} is not declared")
            unknown = sorted(set(extract.mappings or ()) - keys)
            if unknown:
                raise ValueError(f"extracts[{number}]: mapping {unknown[0]!r} is not declared")
        self._check_background()
        self._check_timeline()
        if all(extract.content != "answers" for extract in self.extracts):
            raise ValueError("extracts: none has `content: answers`; a programme asks somebody")
        for group in self.respondent_groups:
            contents = {e.content for e in self.extracts if e.respondent_group == group.code}
            if not contents & {"answers", "results"}:
                raise ValueError(
                    f"respondent_groups: {group.code!r} has no extract with `content: answers`, nor with `content: results`"
                )
            if "answers" not in contents and (group.kind, group.roster) != ("pupil", "none"):
                raise ValueError(
                    f"respondent_groups: {group.code!r} is only tested and asked nothing; it needs `kind: pupil` and "
                    "`roster: none`"
                )
            if "results" in contents and group.kind not in ("pupil", "rated_pupil"):
                raise ValueError(
                    f"respondent_groups: {group.code!r} is of kind {group.kind!r} and has no results of tests"
                )
            if (group.roster == "file") != ("roster" in contents):
                raise ValueError(
                    f"respondent_groups: {group.code!r} has roster {group.roster!r}, which does not go with its extracts; "
                    "`roster: file` and an extract with `content: roster` belong together"
                )
        return self

    def _check_timeline(self) -> None:
        """A phase's mapping is declared and in one phase only; phases follow one another; answers are due once all can be in."""
        mappings = {mapping.key: mapping for mapping in self.mappings}
        seen: set[str] = set()
        for number, phase in enumerate(self.timeline):
            where = f"timeline[{number}]"
            if number and phase.steps[0].due_on < self.timeline[number - 1].steps[0].due_on:
                raise ValueError(
                    f"{where}: begins on {phase.steps[0].due_on}, before the phase above it; list phases in order of time"
                )
            if phase.mapping is None:
                continue
            if phase.mapping not in mappings:
                raise ValueError(f"{where}: mapping {phase.mapping!r} is not declared")
            if phase.mapping in seen:
                raise ValueError(f"{where}: mapping {phase.mapping!r} has a phase already; give each mapping one")
            seen.add(phase.mapping)
            closes = mappings[phase.mapping].closes_on
            for step in phase.steps:
                if step.step != "start" and closes is not None and step.due_on < closes:
                    raise ValueError(
                        f"{where}: step {step.step!r} is due on {step.due_on}, before mapping {phase.mapping} closes on "
                        f"{closes}; correct one of the dates"
                    )

    def _check_background(self) -> None:
        """Whoever delivers a background says which levels there are; a gap needs three to five of them."""
        levels = [level.code for level in self.background]
        if levels and not FEWEST_LEVELS <= len(levels) <= MOST_LEVELS:
            raise ValueError(f"background: {len(levels)} levels; give three to five, from lowest to highest")
        for number, extract in enumerate(self.extracts):
            if extract.columns.background is None:
                continue
            if not levels:
                raise ValueError(f"extracts[{number}]: has a column for background; list its levels under `background`")
            strange = sorted(set(extract.values.get("background", {}).values()) - set(levels))
            if strange:
                raise ValueError(
                    f"extracts[{number}]: values.background: {strange[0]!r} is not a level; they are {', '.join(levels)}"
                )

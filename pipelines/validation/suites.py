"""Suites: the files of `expectations/`, read and checked.

Belongs here: the shape of a suite and what its parameters may refer to. Does not belong here: running it (`run`), and
the expectations themselves, which are plain files (`expectations/README.md` documents them).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, PrivateAttr, StringConstraints, ValidationError, model_validator

from pipelines.errors import ConfigurationError
from pipelines.files import parse_yaml
from pipelines.marts import AUDIENCES, Audience
from pipelines.programme import Definition, Label, Programme
from pipelines.programme.definition import Part
from pipelines.programme.tables import TABLES
from pipelines.settings import CHECKOUT

EXPECTATIONS = CHECKOUT / "expectations"

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Names = tuple[str, ...]
Scalar = bool | int | float | str

OWNERS = {
    "data": Label(da="Dataansvarlig", en="Data steward"),
    "method": Label(da="Metodeansvarlig", en="Methodologist"),
    "disclosure": Label(da="Diskretioneringsansvarlig", en="Disclosure officer"),
    "engineering": Label(da="Systemansvarlig", en="Engineer"),
}
"""Who acts when a check fails."""

SLOW = {"expect_column_pair_values_to_be_in_set": "40 s on 600,000 rows; use one expectation with `when` per value"}
"""Expectations that a mart is too large for, and what to do instead."""

CONTEXT = ("mapping", "respondent_group", "audience")
"""What a run of a suite says about its table."""


class When(Part):
    """The rows that an expectation is about; all conditions hold. Left out: every row."""

    equals: dict[str, Scalar | tuple[Scalar, ...]] = Field(
        default_factory=dict, description="column to value, or to several of which it has one"
    )
    present: Names = Field(default=(), description="columns that are not empty")
    absent: Names = Field(default=(), description="columns that are empty")

    @property
    def columns(self) -> Names:
        """Columns that the condition reads."""
        return (*self.equals, *self.present, *self.absent)


class Expectation(Part):
    """One expectation: what must hold, how bad it is when it does not, who acts and why it matters."""

    id: Id
    severity: Literal["error", "warning"]
    owner: Literal["data", "method", "disclosure", "engineering"]
    why: Label
    expectation: str
    parameters: dict[str, object] = Field(default_factory=dict)
    when: When = When()
    audiences: tuple[Audience, ...] | None = Field(default=None, description="left out: those of the suite")

    @property
    def columns(self) -> Names:
        """Columns that the expectation itself reads; none where it is about the table as a whole."""
        names: list[str] = []
        for parameter in ("column", "column_A", "column_B", "column_list"):
            value = self.parameters.get(parameter)
            names += [str(v) for v in value] if isinstance(value, list) else [str(value)] if value is not None else []
        return tuple(dict.fromkeys(names))


class Suite(Part):
    """The expectations of one table."""

    table: Id
    stage: Literal["extract", "staging", "mart"]
    audiences: tuple[Audience, ...] = ()
    grain: str = Field(min_length=1)
    key: Annotated[Names, Field(min_length=1)]
    stays: Names = Field(default=(), description="columns besides the key that a suppressed row keeps")
    expectations: tuple[Expectation, ...]
    _file: str = PrivateAttr(default="")

    @model_validator(mode="after")
    def _holds_together(self) -> Suite:
        if (self.stage == "mart") != bool(self.audiences):
            raise ValueError("audiences: a mart names those it is written for, other tables have none")
        if not self.expectations:
            raise ValueError("expectations: there are none")
        return self

    @property
    def file(self) -> str:
        """File name, for messages."""
        return self._file

    def of(self, context: Mapping[str, str]) -> list[Expectation]:
        """The expectations that hold in this context."""
        audience = context.get("audience")
        return [e for e in self.expectations if e.audiences is None or audience in e.audiences]


def load_suites(folder: Path = EXPECTATIONS) -> dict[str, Suite]:
    """Read every suite of a folder; nothing of Great Expectations is imported.

    Returns:
        Suites by table, in order of their names.

    Raises:
        ConfigurationError: a file, field, expectation or setting is not known; it names file and expectation id.
    """
    suites: dict[str, Suite] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}: cannot be read: {' '.join(str(error).split())}") from None
        suite = _parse(path, text)
        suites[suite.table] = suite
    if not suites:
        raise ConfigurationError(f"{folder}: holds no suite (*.yaml); without expectations nothing can be released")
    return suites


def resolve(value: object, programme: Programme | None, context: Mapping[str, str], where: str = "") -> object:
    """A parameter with its reference replaced by what it refers to.

    References are `{setting: "disclosure.{audience}_min_n"}` (a setting of the programme; `{audience}` is replaced),
    `{column_of: municipalities.municipality_id}` (the values of a column of a programme's table) and
    `{context: mapping}`.
    A list may hold references. Without a programme they are only checked.

    Raises:
        ConfigurationError: the reference does not exist.
    """
    if isinstance(value, list):
        return [resolve(entry, programme, context, where) for entry in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        raise ConfigurationError(f"{where}: a reference has one of setting, column_of, context")
    [(kind, target)] = value.items()
    if kind == "setting":
        return _setting(str(target), programme, context, where)
    if kind == "column_of":
        return _column_of(str(target), programme, where)
    if kind == "context":
        if target not in CONTEXT:
            raise ConfigurationError(f"{where}: context {target!r} is not one of {', '.join(CONTEXT)}")
        return context.get(str(target))
    raise ConfigurationError(f"{where}: reference {kind!r} is not one of setting, column_of, context")


@lru_cache(maxsize=64)
def _parse(path: Path, text: str) -> Suite:
    """One suite, checked as far as it can be without a programme. A run asks for it once an extract."""
    content = parse_yaml(path, text)
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path}: is not a mapping of fields; see expectations/README.md")
    try:
        suite = Suite.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_faults(path, content, error))) from None
    suite._file = path.name
    if suite.table != path.stem:
        raise ConfigurationError(f"{path}: table is {suite.table!r}; a suite bears the name of its table")
    ids = [expectation.id for expectation in suite.expectations]
    for expectation in suite.expectations:
        where = f"{path}: {expectation.id}"
        if ids.count(expectation.id) > 1:
            raise ConfigurationError(f"{where}: stands twice")
        if expectation.expectation not in _known_expectations():
            raise ConfigurationError(
                f"{where}: {expectation.expectation!r} is not an expectation of Great Expectations"
            )
        if expectation.expectation in SLOW:
            raise ConfigurationError(f"{where}: {expectation.expectation}: {SLOW[expectation.expectation]}")
        for audience in expectation.audiences or suite.audiences or (None,):
            context = {"audience": audience} if audience else {}
            for name, value in expectation.parameters.items():
                resolve(value, None, context, f"{where}: parameters.{name}")
    return suite


def _faults(path: Path, content: dict[str, object], error: ValidationError) -> Iterator[str]:
    """One line a fault, with the id of the expectation it stands in."""
    expectations = content.get("expectations")
    for fault in error.errors()[:20]:
        parts = list(fault["loc"])
        name = ""
        if len(parts) > 1 and parts[0] == "expectations" and isinstance(expectations, list):
            entry = expectations[int(parts[1])]
            name = (
                str(entry.get("id", f"number {int(parts[1]) + 1}")) if isinstance(entry, dict) else f"number {parts[1]}"
            )
            parts = parts[2:]
        place = ": ".join(part for part in (name, ".".join(str(part) for part in parts)) if part)
        message = "is not a known field" if fault["type"] == "extra_forbidden" else fault["msg"]
        yield f"{path}{': ' + place if place else ''}: {message.removeprefix('Value error, ')}"


@lru_cache(maxsize=1)
def _known_expectations() -> frozenset[str]:
    """Names of the expectations that are installed: the modules of the package, which is found but not imported."""
    found = importlib.util.find_spec("great_expectations")
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError("Great Expectations is not installed; build the environment with `make`")
    core = Path(found.submodule_search_locations[0]) / "expectations" / "core"
    return frozenset(path.stem for path in core.glob("expect_*.py"))


def _setting(path: str, programme: Programme | None, context: Mapping[str, str], where: str) -> object:
    """A setting of a programme's definition, by its path."""
    for audience in AUDIENCES:
        if context.get("audience") == audience:
            path = path.replace("{audience}", audience)
    model: type[BaseModel] = Definition
    value: object = programme.definition if programme else None
    *sections, last = path.split(".")
    for section in sections:
        field = model.model_fields.get(section)
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            raise ConfigurationError(f"{where}: setting {path!r} is not a setting of a programme")
        model = field.annotation
        value = getattr(value, section) if programme else None
    if last not in model.model_fields:
        raise ConfigurationError(f"{where}: setting {path!r} is not a setting of a programme")
    return getattr(value, last) if programme else None


def _column_of(target: str, programme: Programme | None, where: str) -> object:
    """The values of a column of one of a programme's tables."""
    table, _, column = target.partition(".")
    known = {t.name: [c.name for c in t.columns] for t in TABLES}
    if column not in known.get(table, []):
        raise ConfigurationError(f"{where}: {target!r} is not a column of a programme's table")
    return sorted(set(getattr(programme, table)[column])) if programme else None

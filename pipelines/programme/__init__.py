"""A programme: what is surveyed, of whom, how extracts carry it. The ground floor, with `settings` and `errors`.

Belongs here: reading and checking a programme folder (`programmes/README.md` documents it column by column). Does not
belong here: extracts, numbers, or code for one programme: a new programme is a new folder.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from pipelines.errors import ConfigurationError
from pipelines.files import read_yaml
from pipelines.programme.definition import Definition, Extract, Label, Mapping, RespondentGroup
from pipelines.programme.lineage import institution_lineages
from pipelines.programme.results import all_targets, check_targets, check_tests, with_series
from pipelines.programme.tables import TABLES, Problems, check_pairs, check_reference, read_table, typed, with_ranges

__all__ = [
    "PROGRAMMES",
    "Definition",
    "Extract",
    "Label",
    "Mapping",
    "Programme",
    "RespondentGroup",
    "load_programme",
]

UNIT_OF_INITIATIVE = ["initiative", "theme", "respondent_group", "municipality_id"]

FEWEST_VALUES = 2
"""Valid values that a scale needs."""

MOST_PICTURES = 4
"""Answers that a child can choose between by pictures and sound."""

PROGRAMMES = Path(__file__).resolve().parent.parent / "programmes"


@dataclass(frozen=True)
class Programme:
    """A checked programme. Tables are frames of text, see `tables.TABLES` for their columns."""

    folder: Path
    definition: Definition
    municipalities: pd.DataFrame
    institutions: pd.DataFrame
    institution_lineage: pd.DataFrame
    themes: pd.DataFrame
    items: pd.DataFrame
    scales: pd.DataFrame
    codebook: pd.DataFrame
    corrections: pd.DataFrame
    initiatives: pd.DataFrame
    tests: pd.DataFrame
    targets: pd.DataFrame
    lineage: pd.DataFrame
    content_hash: str

    @property
    def slug(self) -> str:
        """Short name, used in paths and in every mart."""
        return self.definition.slug

    @property
    def label(self) -> Label:
        """Name that readers see."""
        return self.definition.label

    @property
    def mappings(self) -> tuple[Mapping, ...]:
        """Rounds in order."""
        return self.definition.mappings

    @property
    def mapping_keys(self) -> tuple[str, ...]:
        """Keys of the rounds in order."""
        return tuple(mapping.key for mapping in self.mappings)

    @property
    def base(self) -> Mapping:
        """The mapping that the 500 scale stands on."""
        return next(mapping for mapping in self.mappings if mapping.base)

    @property
    def respondent_groups(self) -> tuple[RespondentGroup, ...]:
        """Groups of informants in order."""
        return self.definition.respondent_groups

    def group(self, code: str) -> RespondentGroup:
        """The group with this code."""
        return next(group for group in self.respondent_groups if group.code == code)

    def extracts(self, mapping: str) -> list[Extract]:
        """Kinds of file that this mapping expects."""
        return [e for e in self.definition.extracts if e.mappings is None or mapping in e.mappings]

    def asked(self, mapping: str, group: str) -> pd.DataFrame:
        """Codebook rows of the items asked in this mapping of this group."""
        book = self.codebook
        return book[book["mapping"].eq(mapping) & book["respondent_group"].eq(group) & book["variable"].ne("")]

    def limited_to(self, keys: tuple[str, ...]) -> Programme:
        """The same programme as if only these mappings had been held.

        Raises:
            ConfigurationError: a key is unknown, or the base mapping is left out.
        """
        unknown = [key for key in keys if key not in self.mapping_keys]
        if unknown:
            raise ConfigurationError(
                f"mapping {unknown[0]!r} is not in programme {self.slug}; it has {', '.join(self.mapping_keys)}"
            )
        if self.base.key not in keys:
            raise ConfigurationError(
                f"mapping {self.base.key} is the base of programme {self.slug}: without it there is no 500 scale; add it"
            )
        kept = tuple(mapping for mapping in self.mappings if mapping.key in keys)
        book = self.codebook[self.codebook["mapping"].isin(keys)]
        return replace(
            self,
            definition=self.definition.model_copy(
                update={
                    "mappings": kept,
                    "timeline": tuple(p for p in self.definition.timeline if p.mapping in (None, *keys)),
                }
            ),
            codebook=book.reset_index(drop=True),
            initiatives=self.initiatives[
                self.initiatives["mapping_from"].isin(keys) & self.initiatives["mapping_to"].isin(keys)
            ].reset_index(drop=True),
        )


def load_programme(slug_or_folder: str | Path) -> Programme:
    """Read and check a programme, given by its slug or its folder.

    Raises:
        ConfigurationError: the folder or a file is missing or does not hold together; a line per problem with file, row
            and column.
    """
    folder = _find(slug_or_folder)
    definition = _read_definition(folder)
    problems = Problems()
    raw = {table.name: read_table(folder, table, problems) for table in TABLES}
    raw["scales"] = with_ranges(raw["scales"], problems)
    _check_between(definition, raw, problems)
    problems.raise_if_any()
    tables = {table.name: typed(raw[table.name], table) for table in TABLES}
    themes = tables["themes"]
    themes["family"] = themes["family"].where(themes["family"].ne(""), themes["theme"])
    tables["tests"] = with_series(tables["tests"])
    tables["targets"] = all_targets(tables["targets"], definition, themes)
    return Programme(
        folder=folder,
        definition=definition,
        lineage=institution_lineages(tables["institutions"], tables["institution_lineage"]),
        content_hash=_content_hash(folder),
        **tables,
    )


def _find(slug_or_folder: str | Path) -> Path:
    """Folder of a programme."""
    given = Path(slug_or_folder)
    if given.is_dir() and (given / "programme.yaml").is_file():
        return given.absolute()
    shipped = PROGRAMMES / str(slug_or_folder)
    if given.name == str(slug_or_folder) and (shipped / "programme.yaml").is_file():
        return shipped
    known = ", ".join(sorted(path.parent.name for path in PROGRAMMES.glob("*/programme.yaml")))
    raise ConfigurationError(
        f"programme {str(slug_or_folder)!r} is neither a folder with a programme.yaml nor one of: {known}"
    )


def _read_definition(folder: Path) -> Definition:
    """`programme.yaml`, with the place of each fault."""
    file = folder / "programme.yaml"
    content = read_yaml(file)
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file}: is not a mapping of fields; see programmes/README.md")
    try:
        return Definition.model_validate(content)
    except ValidationError as error:
        lines = []
        for fault in error.errors()[:20]:
            place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
            message = "is not a known field" if fault["type"] == "extra_forbidden" else fault["msg"]
            lines.append(f"{file}{': ' + place if place else ''}: {message.removeprefix('Value error, ')}")
        raise ConfigurationError("\n".join(lines)) from None


def _check_between(definition: Definition, raw: dict[str, pd.DataFrame], problems: Problems) -> None:
    """References from file to file, and the rules that span columns."""
    groups = [group.code for group in definition.respondent_groups]
    mappings = [mapping.key for mapping in definition.mappings]
    municipalities = raw["municipalities"]["municipality_id"]
    institutions = raw["institutions"]["institution_id"]
    for name in ("themes", "items", "codebook"):
        check_reference(
            raw[name], f"{name}.csv", "respondent_group", groups, "respondent_groups of programme.yaml", problems
        )
    for name in ("codebook", "institution_lineage", "corrections"):
        check_reference(raw[name], f"{name}.csv", "mapping", mappings, "mappings of programme.yaml", problems)
    check_reference(
        raw["institutions"], "institutions.csv", "municipality_id", municipalities, "municipalities.csv", problems
    )
    for column in ("from_id", "to_id"):
        check_reference(
            raw["institution_lineage"], "institution_lineage.csv", column, institutions, "institutions.csv", problems
        )
    themes = raw["themes"][["respondent_group", "theme"]].itertuples(index=False, name=None)
    check_pairs(raw["items"], "items.csv", ("respondent_group", "theme"), themes, "themes.csv", problems)
    items = raw["items"][["respondent_group", "item_id"]].itertuples(index=False, name=None)
    check_pairs(raw["codebook"], "codebook.csv", ("respondent_group", "item_id"), items, "items.csv", problems)
    check_reference(raw["codebook"], "codebook.csv", "scale", raw["scales"]["scale"], "scales.csv", problems)
    _check_scales(raw["scales"], problems)
    _check_codebook(definition, raw["codebook"], raw["items"], problems)
    _check_pictures(definition, raw["codebook"], raw["scales"], problems)
    _check_lineage(raw["institution_lineage"], problems)
    _check_initiatives(mappings, raw, problems)
    check_tests(raw["tests"], definition, problems)
    check_targets(raw, definition, problems)


def _check_scales(scales: pd.DataFrame, problems: Problems) -> None:
    """A valid code has a value, the others have none; a scale has at least two values."""
    for number, row in scales.iterrows():
        if (row["kind"] == "valid") != (row["value"] != ""):
            message = "needs a value" if row["kind"] == "valid" else "has a value but is not valid"
            problems.add("scales.csv", int(str(number)), "value", f"a code of kind {row['kind']} {message}")
    values = scales[scales["kind"].eq("valid")].groupby("scale")["value"].nunique()
    for scale in scales["scale"].unique():
        if values.get(scale, 0) < FEWEST_VALUES:
            problems.add("scales.csv", None, None, f"scale {scale!r} has fewer than two valid values")


def _check_codebook(definition: Definition, book: pd.DataFrame, items: pd.DataFrame, problems: Problems) -> None:
    """Decisions have reasons; an item is new once; a variable is read once; what is asked in the base exists."""
    direction = {(row.respondent_group, row.item_id): row.direction for row in items.itertuples()}
    order = {mapping.key: position for position, mapping in enumerate(definition.mappings)}
    seen: dict[tuple[str, str], int] = {}
    ordered = book[book["mapping"].isin(order)]
    ordered = ordered.iloc[ordered["mapping"].map(order).argsort(kind="stable")]
    for where, row in zip(ordered.index.tolist(), ordered.to_dict("records"), strict=True):
        item = (row["respondent_group"], row["item_id"])
        dropped = row["comparability"] == "dropped"
        for column in ("variable", "scale"):
            if dropped == (row[column] != ""):
                message = (
                    "is empty; only a dropped item has none" if not dropped else "must be empty: the item is dropped"
                )
                problems.add("codebook.csv", where, column, message)
        if row["comparability"] in ("minor", "changed", "dropped"):
            for column in ("reason", "decided_on"):
                if row[column] == "":
                    problems.add("codebook.csv", where, column, f"is empty; {row['comparability']} needs it")
        if (row["comparability"] == "new") == (item in seen):
            message = "is new, but was asked before" if item in seen else "is asked for the first time: say new"
            problems.add("codebook.csv", where, "comparability", f"{item[1]} {message}")
        if row["already_reversed"] == "true" and direction.get(item) == "1":
            problems.add("codebook.csv", where, "already_reversed", f"{item[1]} has direction 1: nothing to reverse")
        seen[item] = where
    asked = book[book["variable"].ne("")]
    for number in asked.index[asked.duplicated(["mapping", "respondent_group", "variable"])]:
        problems.add("codebook.csv", int(number), "variable", "stands twice in this mapping and group")


def _check_pictures(definition: Definition, book: pd.DataFrame, scales: pd.DataFrame, problems: Problems) -> None:
    """Who answers by pictures and sound chooses between few answers."""
    pictured = {group.code for group in definition.respondent_groups if group.mode == "pictures_and_sound"}
    answers = scales[scales["kind"].eq("valid")].groupby("scale")["value"].nunique()
    for number, row in book[book["respondent_group"].isin(pictured)].iterrows():
        if answers.get(row["scale"], 0) > MOST_PICTURES:
            problems.add(
                "codebook.csv",
                int(str(number)),
                "scale",
                f"{row['scale']!r} has {answers[row['scale']]} answers; {row['respondent_group']} answers by pictures and "
                f"sound, which {MOST_PICTURES} answers are the most for",
            )


def _check_lineage(steps: pd.DataFrame, problems: Problems) -> None:
    """Opened has no predecessor, closed no successor, all else has both."""
    needs = {"opened": (False, True), "closed": (True, False)}
    for number, row in steps.iterrows():
        for column, needed in zip(("from_id", "to_id"), needs.get(row["type"], (True, True)), strict=True):
            if needed != (row[column] != ""):
                message = "is empty" if needed else "must be empty"
                problems.add("institution_lineage.csv", int(str(number)), column, f"{message} for type {row['type']}")


def _check_initiatives(mappings: list[str], raw: dict[str, pd.DataFrame], problems: Problems) -> None:
    """Known units, themes and mappings; one name and one period per initiative; a unit takes part once."""
    table, file = raw["initiatives"], "initiatives.csv"
    for column in ("mapping_from", "mapping_to"):
        check_reference(table, file, column, mappings, "mappings of programme.yaml", problems)
    check_reference(table, file, "theme", raw["themes"]["theme"], "themes.csv", problems)
    check_reference(
        table, file, "municipality_id", raw["municipalities"]["municipality_id"], "municipalities.csv", problems
    )
    check_reference(table, file, "institution_id", raw["institutions"]["institution_id"], "institutions.csv", problems)
    place = dict(zip(raw["institutions"]["institution_id"], raw["institutions"]["municipality_id"], strict=True))
    asked = set(raw["themes"][["respondent_group", "theme"]].itertuples(index=False, name=None))
    whole = set(table.loc[table["institution_id"].eq(""), UNIT_OF_INITIATIVE].itertuples(index=False, name=None))
    first: dict[str, pd.Series] = {}
    for number, row in table.iterrows():
        where = int(str(number))
        start, end = row["mapping_from"], row["mapping_to"]
        if start in mappings and end in mappings and mappings.index(start) >= mappings.index(end):
            problems.add(
                file, where, "mapping_to", f"{end!r} is not after {start!r}; an initiative lies between two mappings"
            )
        group, theme, school = row["respondent_group"], row["theme"], row["institution_id"]
        if group and (group, theme) not in asked:
            problems.add(file, where, "respondent_group", f"{group!r} is not asked theme {theme!r}")
        if school in place and place[school] != row["municipality_id"]:
            problems.add(file, where, "municipality_id", f"school {school!r} belongs to {place[school]!r}")
        if school and tuple(row[UNIT_OF_INITIATIVE]) in whole:
            problems.add(file, where, "institution_id", f"{school!r}: its municipality takes part as a whole already")
        same = first.setdefault(row["initiative"], row)
        for column in ("label_da", "label_en", "mapping_from", "mapping_to"):
            if row[column] != same[column]:
                problems.add(
                    file, where, column, f"differs within initiative {row['initiative']!r}; give it one {column}"
                )


def _content_hash(folder: Path) -> str:
    """SHA-256 over name and content of every file of the folder."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in (".yaml", ".csv")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

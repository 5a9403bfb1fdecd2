"""The words that a programme brings along: names of groups, themes, questions and answers, ready to be looked up.

Belongs here: a programme folder's tables turned into labels in both languages. Does not belong here: figures, and the
reports' own words (`texts`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pipelines.programme import Programme
from pipelines.programme.definition import Label
from pipelines.reporting.model import Said
from pipelines.reporting.names import uncapitalised

TableRow = Mapping[Hashable, object]
Clusters = Literal["schools", "daycare", "both", "places", "persons"]
"""What uncertainty is counted in: schools, day-care institutions, either, these and administrations, or linked respondents."""

Scales = dict[str, tuple[tuple[int, Said], ...]]
"""Per answer scale its (value, label), from the lowest value up."""


@dataclass(frozen=True)
class Question:
    """One item as it was asked in one mapping; `answers` is (value, label) from the lowest value up."""

    item_id: str
    text: Said
    is_negative: bool
    answers: tuple[tuple[int, Said], ...]


@dataclass(frozen=True)
class Theme:
    """One theme of a group: its questions per mapping, in the instrument's order. Not asked: no questions."""

    code: str
    family: str
    label: Said
    description: Said
    questions: dict[str, tuple[Question, ...]]


@dataclass(frozen=True)
class Group:
    """One respondent group and its themes in the instrument's order.

    `in_sentence` is its name after *hos*, `limit` the response rate that is flagged below.

    `kind`, `place`, `organisation`, `mode`: as programme.yaml says of the group (`place`: its kind of institution).
    """

    code: str
    label: Said
    in_sentence: Said
    is_rated: bool
    limit: float
    themes: tuple[Theme, ...]
    kind: str
    place: str | None
    organisation: str | None
    mode: str


@dataclass(frozen=True)
class Target:
    """One target: its name, and the national target that it is or serves (None: none)."""

    label: Said
    is_national: bool
    national: str | None


@dataclass(frozen=True)
class Academic:
    """Words for academic results: tests by code, targets by code and municipality (empty: all), levels of background.

    `beside`: group and theme of what stands beside the progression within the school year.
    """

    tests: Mapping[str, Said]
    measured: tuple[str, ...]
    """Tests that are taken several times within a school year, in the order of `tests`."""
    targets: Mapping[tuple[str, str], Target]
    backgrounds: Mapping[str, Said]
    beside: tuple[tuple[str, str], ...]

    def target(self, code: str, municipality: str | None) -> Target:
        """The municipality's own target, or everyone's."""
        return self.targets.get((code, municipality or "")) or self.targets[code, ""]


def academic_of(programme: Programme) -> Academic:
    """The words of a programme's tests and targets."""
    tests, targets = programme.tests.to_dict("records"), programme.targets.to_dict("records")
    return Academic(
        tests={str(row["test"]): _both(row, "label") for row in tests},
        measured=tuple(dict.fromkeys(str(row["test"]) for row in tests if row["kind"] == "measurement")),
        targets={
            (str(row["target"]), str(row["municipality_id"])): Target(
                _both(row, "label"),
                bool(row["is_national"]),
                str(row["target"]) if row["is_national"] else str(row["serves"]) or None,
            )
            for row in targets
        },
        backgrounds={level.code: said(level.label) for level in programme.definition.background},
        beside=tuple((one.respondent_group, one.theme) for one in programme.definition.beside_progression),
    )


def said(label: Label) -> Said:
    """A programme's label."""
    return {"da": label.da, "en": label.en}


def groups_of(programme: Programme) -> tuple[Group, ...]:
    """Respondent groups in order, with their themes and questions; pupils who are only tested are asked nothing."""
    thresholds = programme.definition.thresholds
    scales = _scales(programme.scales)
    return tuple(
        Group(
            code=group.code,
            label=said(group.label),
            in_sentence=said(group.in_sentence) if group.in_sentence else uncapitalised(said(group.label)),
            is_rated=group.kind == "rated_pupil",
            limit=thresholds.low_response_parents if group.kind == "parent" else thresholds.low_response,
            themes=_themes(programme, group.code, scales),
            kind=group.kind,
            place=group.institutions,
            organisation=group.organisation,
            mode=group.mode,
        )
        for group in programme.respondent_groups
        if group.code in set(programme.themes["respondent_group"])
    )


def clusters_of(programme: Programme) -> Clusters:
    """What uncertainty is counted in: linked respondents, or the kinds of institution that the groups belong to."""
    if programme.definition.ids.respondents_linked:
        return "persons"
    kinds = {group.institutions or "school" for group in programme.respondent_groups}
    if "administration" in kinds:
        return "places"
    if "daycare" not in kinds:
        return "schools"
    return "both" if "school" in kinds else "daycare"


def initiatives_of(programme: Programme) -> dict[str, tuple[Said, frozenset[str]]]:
    """Name of each initiative and the municipalities that take part."""
    table = programme.initiatives
    return {
        str(initiative): (_both(rows.iloc[0].to_dict(), "label"), frozenset(rows["municipality_id"].astype(str)))
        for initiative, rows in table.groupby("initiative", sort=True)
    }


def _themes(programme: Programme, group: str, scales: Scales) -> tuple[Theme, ...]:
    """In plain Python: a frame asked for one theme after the other takes a second for seventy."""
    themes = programme.themes[programme.themes["respondent_group"].eq(group)].sort_values(["position", "theme"])
    items = programme.items[programme.items["respondent_group"].eq(group)].sort_values(["position", "item_id"])
    of_theme: dict[str, list[TableRow]] = {}
    for item in items.to_dict("records"):
        of_theme.setdefault(str(item["theme"]), []).append(item)
    asked = {
        mapping: {str(row["item_id"]): row for row in programme.asked(mapping, group).to_dict("records")}
        for mapping in programme.mapping_keys
    }
    return tuple(
        Theme(
            code=str(theme["theme"]),
            family=str(theme["family"]),
            label=_both(theme, "label"),
            description=_both(theme, "description"),
            questions={
                mapping: tuple(
                    _question(item, rows[str(item["item_id"])], scales)
                    for item in of_theme.get(str(theme["theme"]), [])
                    if str(item["item_id"]) in rows
                )
                for mapping, rows in asked.items()
            },
        )
        for theme in themes.to_dict("records")
    )


def _question(item: TableRow, asked: TableRow, scales: Scales) -> Question:
    """The item with the wording of that mapping, where the codebook has one."""
    wording = {language: str(asked[f"text_{language}"] or item[f"text_{language}"]) for language in ("da", "en")}
    return Question(
        item_id=str(item["item_id"]),
        text={"da": wording["da"], "en": wording["en"]},
        is_negative=str(item["direction"]) == "-1",
        answers=scales[str(asked["scale"])],
    )


def _scales(scales: pd.DataFrame) -> Scales:
    """Scored answers of each scale from the lowest value up; of two codes with one value the first gives the label."""
    valid = scales[scales["kind"].eq("valid")].drop_duplicates(["scale", "value"])
    return {
        str(scale): tuple(
            (int(row["value"]), _both(row, "label")) for row in rows.sort_values("value").to_dict("records")
        )
        for scale, rows in valid.groupby("scale", sort=True)
    }


def _both(row: TableRow, name: str) -> Said:
    """Danish and English column of a table."""
    return {"da": str(row[f"{name}_da"]), "en": str(row[f"{name}_en"])}

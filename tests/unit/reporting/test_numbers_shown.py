"""Every number shown is the number in the mart: all documents are read back, every table's cells against the marts.

Belongs here: a second way from the marts to what must stand in a cell, by the table's caption. It uses nothing of the reports but
their number formats and words. Does not belong here: what a page looks like (`test_pages`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pytest

from pipelines.reporting.records import COMPARABLE, STATUSES
from pipelines.reporting.texts import Voice, Voices
from tests.unit.reporting import example
from tests.unit.reporting.pages import Page, Table, page_of
from tests.unit.reporting.test_pages import UNITS

LABELS = {"trivsel": "Trivsel", "ro": example.EVIL, "faelles": example.LONG}
GROUPS = {"Elever": "elever", "Ledere": "ledere"}
TOWNS = {"101": "Bakkeby Kommune", "Å/../2": "Ærø <i>Kommune</i>", "303": "Åbjerg Kommune"}
FLAGS = {"low": "lav", "error": "flere svar", "no_roster": "antal inviterede"}
NONE = "–"
BEFORE, LATEST = "2017", "2019"


@dataclass
class Book:
    """The marts and how a document of one unit writes them."""

    voice: Voice
    unit: str

    @cached_property
    def marts(self) -> dict[str, pd.DataFrame]:
        return MARTS

    @property
    def level(self) -> str:
        return {example.PROGRAMME: "programme", **dict.fromkeys(TOWNS, "municipality")}.get(self.unit, "institution")

    @property
    def others(self) -> list[str]:
        """Whom the unit is held against."""
        return {"programme": [], "municipality": [example.PROGRAMME]}.get(self.level, ["101", example.PROGRAMME])

    @property
    def members(self) -> dict[str, str]:
        """What it is made of, with names, in Danish order."""
        if self.level == "programme":
            return {"101": TOWNS["101"], "Å/../2": TOWNS["Å/../2"], "303": TOWNS["303"]}
        return {"901": "Bakkeskolen (inkl. tidligere Gammelskolen)", "9/3": "Ærøbørn <b>"} if self.unit == "101" else {}

    def row(self, mart: str, **key: str) -> pd.Series | None:
        """The only row of a mart with this key."""
        frame = self.marts[mart]
        for column, value in key.items():
            frame = frame[frame[column].eq(value)]
        assert len(frame) <= 1, (mart, key)
        return frame.iloc[0] if len(frame) else None

    def write(self, kind: str, value: object) -> str:
        return NONE if value is None or pd.isna(value) else self.voice.number.write(kind, float(value))  # type: ignore[arg-type]

    def interval(self, kind: str, low: object, high: object) -> str:
        if pd.isna(low) or pd.isna(high):
            return NONE
        return self.voice.number.write_interval(kind, float(low), float(high))  # type: ignore[arg-type]

    def both(self, kind: str, value: object, low: object, high: object) -> str:
        """A figure with its interval behind it."""
        text = self.write(kind, value)
        return text if NONE in (text, self.interval(kind, low, high)) else f"{text} {self.interval(kind, low, high)}"

    def cells(
        self, row: pd.Series | None, written: Callable[[pd.Series], list[str]], main: str, wide: int
    ) -> list[str]:
        """Cells of a row; the sign in each where it is suppressed, one word for all where there is nothing."""
        if row is None or (pd.isna(row["suppressed"]) and pd.isna(row[main])):
            return ["ingen data"]
        return written(row) if pd.isna(row["suppressed"]) else ["•"] * wide

    def score(self, unit: str, group: str, theme: str, mapping: str = LATEST, form: str = "full") -> pd.Series | None:
        return self.row("theme_scores", unit_id=unit, respondent_group=group, theme=theme, mapping=mapping, form=form)

    def mean(
        self, unit: str, group: str, theme: str, mapping: str = LATEST, form: str = "full", bare: bool = False
    ) -> list[str]:
        def written(row: pd.Series) -> list[str]:
            ends = (None, None) if bare else (row["ci_low"], row["ci_high"])
            return [self.write("points", row["mean"]) if bare else self.both("points", row["mean"], *ends)]

        return self.cells(self.score(unit, group, theme, mapping, form), written, "mean", 1)

    def ahead(self, unit: str, group: str, theme: str, form: str = "full", mapping: str = LATEST) -> list[str]:
        return self.cells(
            self.score(unit, group, theme, mapping, form),
            lambda r: [
                self.both(
                    "change", *r[["programme_difference", *(f"programme_difference_{e}" for e in ("low", "high"))]]
                )
            ],
            "mean",
            1,
        )

    def change(
        self, group: str, theme: str, before: str = BEFORE, after: str = LATEST, unit: str = ""
    ) -> pd.Series | None:
        key = {"mapping_from": before, "mapping_to": after, "unit_id": unit or self.unit}
        return self.row("progression", respondent_group=group, theme=theme, **key)

    def status(self, row: pd.Series | None) -> str:
        """The sign and the word of a status."""
        status = "no_data" if row is None else "suppressed" if pd.notna(row["suppressed"]) else str(row["status"])
        sign = {"increase": "▲", "decrease": "▼", "status_quo": "■", "inconclusive": "○", "suppressed": "•"}.get(
            status, ""
        )
        word = self.voice(f"status.{status}")
        if row is not None and row["magnitude"] in ("moderate", "marked"):
            word = self.voice(f"magnitude.{row['magnitude']}_{status}")
        return f"{sign} {word}".strip()

    def brief(self, row: pd.Series | None) -> str:
        """Δ and its interval."""
        if row is None:
            return NONE
        return "•" if pd.notna(row["suppressed"]) else self.both("change", row["delta"], row["ci_low"], row["ci_high"])


MARTS = example.marts()


def theme_of(label: str) -> str:
    return next(theme for theme, name in LABELS.items() if name == label)


def same(table: Table, expected: list[list[str]]) -> None:
    """The rows, in whatever order."""
    assert sorted(table.rows) == sorted(expected), table.caption


def per_theme(table: Table, cells: Callable[[str], list[str]]) -> None:
    """Every row of a table is a theme's and has these cells."""
    for row in table.rows:
        assert row[1:] == cells(theme_of(row[0])), (table.caption, row[0])


def levels(book: Book, table: Table, group: str) -> None:
    def cells(theme: str) -> list[str]:
        def own(r: pd.Series) -> list[str]:
            interval = self_interval(r)
            return [
                book.write("points", r["mean"]),
                interval,
                book.write("count", r["n"]),
                book.write("share", r["favourable"]),
            ]

        def self_interval(r: pd.Series) -> str:
            return book.interval("points", r["ci_low"], r["ci_high"])

        found = book.cells(book.score(book.unit, group, theme), own, "mean", 4)
        for other in book.others:
            found += book.mean(other, group, theme)
        return found + (book.ahead(book.unit, group, theme) if book.others else [])

    per_theme(table, cells)
    assert table.rows


def changes(book: Book, table: Table, group: str, before: str, after: str) -> None:
    for row in table.rows:
        if len(row) == 1:  # the heading of a part: another pair of mappings
            before, after = re.findall(r"\d{4}", row[0])
            continue
        assert change_cells(book, row, group, before, after), (table.caption, row)


def change_cells(book: Book, row: list[str], group: str, before: str, after: str) -> bool:
    found = book.change(group, theme_of(row[0]), before, after)
    if found is None or (pd.isna(found["suppressed"]) and pd.isna(found["delta"])):
        return row[1] == NONE and row[2].startswith(book.status(found).strip())
    if pd.notna(found["suppressed"]):
        return row[1:] == [*["•"] * 4, "• undertrykt"]
    figures = [
        book.write("change", found["delta"]),
        book.interval("change", found["ci_low"], found["ci_high"]),
        book.write("probability", found["q"]),
        book.write("effect", found["hedges_g"]),
    ]
    return row[1:5] == figures and row[5].startswith(book.status(found))


def other_changes(book: Book, table: Table, group: str) -> None:
    changes(book, table, group, "", "")


def all_rounds(book: Book, table: Table, group: str) -> None:
    def cells(theme: str) -> list[str]:
        found = [c for m in example.MAPPINGS for c in book.mean(book.unit, group, theme, m, "trend")]
        return found + [
            c for o in book.others for m in example.MAPPINGS for c in book.mean(o, group, theme, m, "trend", bare=True)
        ]

    per_theme(table, cells)


def moved(book: Book, table: Table, group: str, before: str, after: str) -> None:
    theme = ""
    for row in table.rows:
        if len(row) == 1:
            theme = theme_of(row[0])
            continue
        rows = book.marts["item_contribution"]
        key = {
            "unit_id": book.unit,
            "respondent_group": group,
            "theme": theme,
            "mapping_from": before,
            "mapping_to": after,
        }
        for column, value in key.items():
            rows = rows[rows[column].eq(value)]
        item = re.fullmatch(r"Spørgsmål (\w+) <u>\?", row[0])
        if item:
            value = rows.set_index("item_id")["contribution"][item[1]]
        else:
            value = rows.iloc[0][{"Ubesvarede spørgsmål": "residual", "Temaets ændring": "delta"}[row[0]]]
        assert row[1:] == [book.write("change", value)], (table.caption, theme, row)


def every_member(book: Book, table: Table, group: str) -> None:
    assert table.head[1:] == list(book.members.values())
    per_theme(table, lambda theme: [c for m in book.members for c in book.mean(m, group, theme, bare=True)])


def spread(book: Book, table: Table, group: str) -> None:
    def cells(theme: str) -> list[str]:
        rows = [book.score(member, group, theme) for member in book.members]
        shown = [float(r["mean"]) for r in rows if r is not None and pd.isna(r["suppressed"])]
        ends = [book.write("points", end) for end in (min(shown), max(shown))] if shown else [NONE, NONE]
        return [str(len(shown)), *ends]

    per_theme(table, cells)


def answers(book: Book, table: Table, theme: str) -> None:
    """Of which group a table is, its caption does not tell: its numbers of answers do."""
    for row in table.rows:
        found = re.match(r"Spørgsmål (\w+) <u>\?", row[0])
        assert found
        rows = book.marts["item_distributions"]
        for column, value in {"unit_id": book.unit, "mapping": LATEST, "item_id": found[1]}.items():
            rows = rows[rows[column].eq(value)]
        written = []
        for _, one in rows.groupby("respondent_group"):
            if one["suppressed"].notna().any():
                written.append(["•"] * 4)
            else:
                shares = [book.write("share", share) for share in one.sort_values("answer")["share"]]
                written.append([*shares, book.write("count", one["n"].iloc[0])])
        assert row[1:] in written or (row[1:] == ["ingen data"] and len(written) < len(GROUPS)), (table.caption, row)


def response(book: Book, table: Table) -> None:
    for row in table.rows:
        group = GROUPS[row[0]]
        found = {
            m: book.row("response_rates", unit_id=book.unit, respondent_group=group, mapping=m)
            for m in example.MAPPINGS
        }
        assert found[LATEST] is not None

        def rate(one: pd.Series | None) -> str:
            return book.cells(one, lambda r: [book.write("rate", r["rr2"])], "complete", 1)[0]

        def counts(r: pd.Series) -> list[str]:
            return [
                *(book.write("count", r[c]) for c in ("invited", "complete", "partial")),
                book.write("rate", r["rr1"]),
            ]

        if table.head[1:] == ["Inviterede", "Svarprocent 2019"]:
            expected = book.cells(
                found[LATEST],
                lambda r: [book.write("count", r["invited"]), book.write("rate", r["rr2"])],
                "complete",
                2,
            )
            assert row[1:] == expected
            continue
        whole = [
            book.row("response_rates", unit_id=other, respondent_group=group, mapping=LATEST) for other in book.others
        ]
        expected = [
            *book.cells(found[LATEST], counts, "complete", 4),
            *(rate(found[m]) for m in reversed(example.MAPPINGS)),
            *(rate(one) for one in whole),
        ]
        if table.head[-1] == "Bemærkning":  # where any group has one
            flag = found[LATEST]["flag"]
            assert row[-1].startswith("" if pd.isna(flag) else FLAGS[flag])
            row = row[:-1]  # noqa: PLW2901 - the page is read once for all tests
        assert row[1:] == expected, (table.caption, row)


def member_response(book: Book, table: Table) -> None:
    for row, member in zip(table.rows, book.members, strict=True):
        found = [
            book.row("response_rates", unit_id=member, respondent_group=g, mapping=LATEST) for g in GROUPS.values()
        ]
        expected = [
            c for one in found for c in book.cells(one, lambda r: [book.write("rate", r["rr2"])], "complete", 1)
        ]
        assert row == [book.members[member], *expected]


def nonresponse(book: Book, table: Table) -> None:
    group, seen = "", 0
    names = {
        "piger og kvinder": "female",
        "drenge og mænd": "male",
        "børnehaveklasse": "0",
        "7. klasse": "7",
        "10. klasse": "10",
    }
    for row in table.rows:
        if len(row) == 1:
            group = GROUPS[row[0]]
            continue
        found = book.row(
            "nonresponse", unit_id=book.unit, respondent_group=group, mapping=LATEST, breakdown_value=names[row[0]]
        )
        assert row[1:] == book.cells(
            found,
            lambda r: [*(book.write("count", r[c]) for c in ("invited", "answered")), book.write("rate", r["rr2"])],
            "answered",
            3,
        )
        seen += 1
    assert seen == len(GROUPS) * len(example.BACKGROUNDS)


def reliability(book: Book, table: Table) -> None:
    group = ""
    for row in table.rows:
        if len(row) == 1:
            group = GROUPS[row[0]]
            continue
        found = book.row("reliability", mapping=LATEST, respondent_group=group, theme=theme_of(row[0]))

        def written(r: pd.Series) -> list[str]:
            verdict = book.voice(f"reliability.verdicts.{r['verdict']}") if pd.notna(r["verdict"]) else NONE
            return [
                *(book.write("count", r[c]) for c in ("items", "n")),
                *(book.write("coefficient", r[c]) for c in ("alpha", "omega")),
                verdict,
            ]

        assert row[1:] == book.cells(found, written, "items", 5)


def gaps(book: Book, table: Table, group: str) -> None:
    def cells(theme: str) -> list[str]:
        key = {"unit_id": book.unit, "respondent_group": group, "theme": theme}
        now = book.row("social_gap", mapping=LATEST, **key)
        moved_ = book.row("social_gap_change", mapping_from=BEFORE, mapping_to=LATEST, **key)

        def written(r: pd.Series) -> list[str]:
            means = [book.write("points", r[c]) for c in ("mean_lowest", "mean_highest")]
            return [
                *means,
                book.both("change", r["gap"], r["ci_low"], r["ci_high"]),
                book.write("share", r["share_unknown"]),
            ]

        return [
            *book.cells(now, written, "gap", 4),
            *book.cells(moved_, lambda r: [book.both("change", r["delta"], r["ci_low"], r["ci_high"])], "delta", 1),
        ]

    per_theme(table, cells)
    assert len(table.rows) == (1 if book.unit == example.ONE_THEME else len(LABELS))


def initiatives(book: Book, table: Table) -> None:
    assert table.rows[0] == ["Ro <u>i</u> klassen"]
    for row, phase in zip(table.rows[1:], ("before", "during"), strict=True):
        found = book.row("initiative_development", phase=phase)

        def written(r: pd.Series) -> list[str]:
            deltas = [book.write("change", r[c]) for c in ("delta_with", "delta_without")]
            return [*deltas, book.both("change", r["difference"], r["ci_low"], r["ci_high"])]

        assert row[3:] == book.cells(found, written, "difference", 3)


def tally(book: Book, table: Table) -> None:
    words = {book.voice(f"status.{status}"): status for status in STATUSES}
    for row in table.rows:
        rows = book.marts["progression"]
        rows = rows[rows["unit_id"].eq(book.unit) & rows["mapping_from"].eq(BEFORE) & rows["mapping_to"].eq(LATEST)]
        if row[0] in GROUPS:
            rows = rows[rows["respondent_group"].eq(GROUPS[row[0]])]
        counts = rows["status"].value_counts()
        asked = len(LABELS) * (1 if row[0] in GROUPS else len(groups_of(book)))
        expected = {word: int(counts.get(words[word], 0)) for word in table.head[1:-1]}
        if book.unit == example.ONE_THEME:
            expected["ingen data"] = expected.get("ingen data", 0) + asked - len(rows)
        assert dict(zip(table.head[1:], map(int, row[1:]), strict=True)) == {**expected, "I alt": asked}, row


def groups_of(book: Book) -> list[str]:
    rows = book.marts["theme_scores"]
    return list(rows[rows["unit_id"].eq(book.unit)]["respondent_group"].unique())


def pairs(book: Book, table: Table) -> None:
    for row in table.rows:
        before, after = re.findall(r"\d{4}", row[0])
        rows = book.marts["progression"]
        rows = rows[rows["unit_id"].eq(book.unit) & rows["mapping_from"].eq(before) & rows["mapping_to"].eq(after)]
        counts = [
            int(rows["status"].eq(status).sum()) for status in ("increase", "status_quo", "inconclusive", "decrease")
        ]
        assert list(map(int, row[1:])) == [*counts, sum(counts)]
    assert len(COMPARABLE) == 4


def first_rises(book: Book, table: Table) -> None:
    """Themes by the neighbouring pair in which they first rose, a row per voice."""
    rows = book.marts["progression"]
    rows = rows[rows["unit_id"].eq(book.unit)]
    for row, group in zip(table.rows, ("ledere", "elever"), strict=True):
        assert row[0] == {"ledere": "Medarbejdere og ledere", "elever": "Børn og elever"}[group]
        counts = [0, 0, 0, 0]
        for theme in LABELS:
            both = [book.change(group, theme, *pair) for pair in (("2015", "2017"), ("2017", "2019"))]
            known = ["no_data" if one is None else "" if pd.notna(one["suppressed"]) else one["status"] for one in both]
            if known[0] == "increase":
                counts[0] += 1
            elif known[0] not in COMPARABLE or known[1] not in COMPARABLE:
                counts[3] += 1
            else:
                counts[1 if known[1] == "increase" else 2] += 1
        assert list(map(int, row[1:])) == [*counts, len(LABELS)], row


def own_themes(book: Book, table: Table, _: str) -> None:
    """The unit's changes on the initiative's theme, in order of time."""
    assert [row[:2] for row in table.rows if len(row) > 1] == [[LABELS["ro"], "Elever"]]
    both = [book.change("elever", "ro", *pair) for pair in (("2015", "2017"), ("2017", "2019"))]
    assert table.rows[1][2:] == [cell for one in both for cell in (book.brief(one), book.status(one))]


def lasting(book: Book, table: Table) -> None:
    words = table.head[1:]
    for row in table.rows:
        rows = book.marts["sustained"]
        rows = rows[rows["unit_id"].eq(book.unit) & rows["respondent_group"].eq(GROUPS[row[0]])]
        found = [book.voice(f"sustained.status.{status}") for status in rows["status"] if status != "suppressed"]
        assert list(map(int, row[1:])) == [found.count(word) for word in words]


def lasting_themes(book: Book, table: Table, group: str) -> None:
    def cells(theme: str) -> list[str]:
        found = book.row("sustained", unit_id=book.unit, respondent_group=group, theme=theme)
        assert found is not None
        return ["•" if found["status"] == "suppressed" else book.voice(f"sustained.status.{found['status']}")]

    per_theme(table, cells)


def schools(book: Book, table: Table, group: str, before: str, after: str) -> None:
    def cells(theme: str) -> list[str]:
        key = {"mapping_from": before, "mapping_to": after, "respondent_group": group, "theme": theme}
        found = book.row("composition", unit_id=book.unit, **key)

        def written(r: pd.Series) -> list[str]:
            counts = [book.write("count", r[c]) for c in ("schools_both", "schools_opened", "schools_closed")]
            return [*counts, *(book.write("change", r[c]) for c in ("delta", "delta_both", "composition"))]

        return book.cells(found, written, "schools_both", 6)

    per_theme(table, cells)


def chosen(book: Book, table: Table) -> None:
    """Strengths and focus areas: the figures, and the rule."""
    for row in table.rows:
        theme, group = theme_of(row[0]), GROUPS[row[1]]
        change, score = book.change(group, theme), book.score(book.unit, group, theme)
        figures = book.ahead(book.unit, group, theme) if book.others else []
        assert row[2:] == [*figures, book.brief(change), book.status(change)], row
        is_below = (
            bool(book.others)
            and score is not None
            and score["programme_difference_high"] < 0
            and "below" in score["band"]
        )
        is_above = (
            bool(book.others)
            and score is not None
            and score["programme_difference_low"] > 0
            and "above" in score["band"]
        )
        status = "" if change is None else change["status"]
        is_focus = is_below or status == "decrease"
        assert is_focus == (table.caption == "Fokusområder"), row
        assert is_focus or is_above or status == "increase", row


def follow_up(book: Book, table: Table) -> None:
    for row in table.rows:
        change = book.change(GROUPS[row[1]], theme_of(row[0]))
        assert row[3:] == [book.brief(change), book.status(change)]
        then = book.score(book.unit, GROUPS[row[1]], theme_of(row[0]), BEFORE, "trend")
        fell = book.change(GROUPS[row[1]], theme_of(row[0]), "2015", BEFORE)
        is_below = then is not None and then["programme_difference_high"] < 0 and "below" in then["band"]
        assert is_below or (fell is not None and fell["status"] == "decrease")


def every_theme(book: Book, table: Table) -> None:
    group = ""
    for row in table.rows:
        if len(row) == 1:
            group = GROUPS[row[0]]
            continue
        theme = theme_of(row[0])
        change = book.change(group, theme)
        expected = [
            *book.mean(book.unit, group, theme),
            *book.ahead(book.unit, group, theme),
            book.brief(change),
            book.status(change),
        ]
        assert row[1:] == expected, row


def every_school(book: Book, table: Table) -> None:
    for row, member in zip(table.rows, book.members, strict=True):
        scores = book.marts["theme_scores"]
        key = scores["unit_id"].eq(member) & scores["mapping"].eq(LATEST) & scores["form"].eq("full")
        scores = scores[key & scores["suppressed"].isna()]
        above = (scores["programme_difference_low"].gt(0) & scores["band"].str.contains("above")).sum()
        below = (scores["programme_difference_high"].lt(0) & scores["band"].str.contains("below")).sum()
        moved_ = book.marts["progression"]
        moved_ = moved_[
            moved_["unit_id"].eq(member) & moved_["mapping_from"].eq(BEFORE) & moved_["mapping_to"].eq(LATEST)
        ]
        statuses = [
            moved_["status"].eq(status).sum() for status in ("increase", "status_quo", "inconclusive", "decrease")
        ]
        assert row == [book.members[member], *map(str, (above, len(scores) - above - below, below, *statuses))]


def informants(book: Book, table: Table) -> None:
    assert len(table.rows) == len(GROUPS)
    for row in table.rows:
        group, theme = row[0].split(": ", 1)
        change = book.change(GROUPS[group], theme_of(theme))
        assert row[1:3] == [*book.mean(book.unit, GROUPS[group], theme_of(theme)), book.brief(change)]
        assert row[3].startswith(book.status(change).strip())


def towns(book: Book, table: Table, group: str) -> None:
    """Which theme it is, the document's name tells; the programme's row leads."""
    units = {"Prøveprogram & co": example.PROGRAMME, **{label: unit for unit, label in TOWNS.items()}}
    assert [row[0] for row in table.rows] == ["Prøveprogram & co", *book.members.values()]
    fitting = []
    for theme in LABELS:
        expected = []
        for row in table.rows:
            unit = units[row[0]]

            def own(r: pd.Series) -> list[str]:
                interval = book.interval("points", r["ci_low"], r["ci_high"])
                return [
                    book.write("points", r["mean"]),
                    interval,
                    book.write("count", r["n"]),
                    book.write("share", r["favourable"]),
                ]

            change = book.change(group, theme, unit=unit)
            expected.append(
                [
                    row[0],
                    *book.cells(book.score(unit, group, theme), own, "mean", 4),
                    book.brief(change),
                    book.status(change).strip(),
                ]
            )
        fitting.append([[*row[:-1], row[-1].strip()] for row in table.rows] == expected)
    assert sum(fitting) == 1, table.caption


GROUP, PAIR = r"(Elever|Ledere)", r"fra (\d{4}) til (\d{4})"
CHECKS: dict[str, Callable[..., None]] = {
    rf"{GROUP}: niveau i Kortlægning 2019": levels,
    rf"{GROUP}: udvikling {PAIR}": changes,
    rf"{GROUP}: udvikling mellem de øvrige kortlægninger": other_changes,
    rf"{GROUP}: gennemsnit i alle kortlægninger": all_rounds,
    rf"{GROUP}: spørgsmålenes bidrag til udviklingen {PAIR}": moved,
    rf"{GROUP}: (?:kommunernes|skolernes) niveau i Kortlægning 2019, point": every_member,
    rf"{GROUP}: spredning mellem (?:kommunerne|skolerne) i Kortlægning 2019, point": spread,
    rf"{GROUP}: forskel efter forældrenes uddannelse i Kortlægning 2019": gaps,
    rf"{GROUP}: holder udviklingen\?": lasting_themes,
    rf"{GROUP}: skoler i begge kortlægninger, {PAIR}": schools,
    rf"{GROUP}: kommunernes niveau og udvikling, Kortlægning 2019": towns,
    r"(.+): svar i Kortlægning 2019": answers,
    r"Inviterede og svar, Kortlægning 2019": response,
    r"Svarprocent pr\. (?:kommune|skole), Kortlægning 2019": member_response,
    r"Svarprocent efter køn og klassetrin, Kortlægning 2019": nonresponse,
    r"Temaernes pålidelighed, Kortlægning 2019": reliability,
    r"Udvikling på indsatsernes temaer, point": initiatives,
    r"Antal temaer efter udvikling fra 2017 til 2019": tally,
    r"Antal temaer efter udvikling i hver periode": pairs,
    r"Antal temaer efter perioden med første stigning": first_rises,
    r"(.+): udvikling på indsatsernes temaer, periode for periode": own_themes,
    r"Antal temaer efter, om udviklingen holder": lasting,
    r"Styrker|Fokusområder": chosen,
    r"Opfølgning på fokusområder fra 2017": follow_up,
    r"Niveau og udvikling, Kortlægning 2019": every_theme,
    r"Skolerne i Kortlægning 2019, antal temaer": every_school,
    r"Temaet hos hver gruppe, hele programmet, Kortlægning 2019": informants,
    r"Datafiler og deres fingeraftryk": lambda *_: None,  # `test_pages`
    r"Temaer med stigning eller fald fra 2017 til 2019": lambda *_: None,  # below: numbers in words
}
"""Every table that a document may have, by its caption."""


@pytest.mark.parametrize("name", UNITS)
def test_every_cell_of_every_table_is_the_marts(reports: Path, voices: Voices, name: str) -> None:
    book = Book(voices["da"], UNITS[name])
    page = page_of(reports / "da" / f"{name}.html")
    assert page.tables
    for table in page.tables:
        for pattern, check in CHECKS.items():
            found = re.fullmatch(pattern, table.caption)
            if found:
                given = [GROUPS.get(value, value) for value in found.groups()]
                check(book, table, *given)
                break
        else:
            pytest.fail(f"{name}: nobody checks the table {table.caption!r}")


def test_every_check_is_used(reports: Path) -> None:
    captions = {table.caption for name in UNITS for table in page_of(reports / "da" / f"{name}.html").tables}
    assert [p for p in CHECKS if not any(re.fullmatch(p, caption) for caption in captions)] == []


@pytest.mark.parametrize("name", UNITS)
def test_numbers_in_sentences_are_the_marts_too(reports: Path, voices: Voices, name: str) -> None:
    """`Theme (+12,3)`: every signed number in words is a change or a part of one of the document's unit."""
    page, write = page_of(reports / "da" / f"{name}.html"), voices["da"].number.write
    known = set()
    for mart, column in (("progression", "delta"), ("item_contribution", "contribution")):
        rows = MARTS[mart]
        known |= {write("change", value) for value in rows[rows["unit_id"].eq(UNITS[name])][column].dropna()}
    said = re.findall(r"[(]([+−]\d[\d.]*,\d)(?: point)?[)]|: ([+−]\d[\d.]*,\d) point", page.text)
    assert {value for pair in said for value in pair if value} <= known


def test_both_languages_have_the_same_cells(reports: Path) -> None:
    """What was checked in Danish holds in English: the same tables with the same digits."""
    for name in UNITS:
        danish, english = (page_of(reports / language / f"{name}.html") for language in ("da", "en"))
        assert len(danish.tables) == len(english.tables), name
        for one, other in zip(danish.tables, english.tables, strict=True):
            assert [_digits(row[1:]) for row in one.rows] == [_digits(row[1:]) for row in other.rows], one.caption


def _digits(cells: list[str]) -> list[str]:
    return [re.sub(r"\D", "", cell) for cell in cells]


def test_a_wrong_number_is_found(reports: Path, voices: Voices) -> None:
    """The checks above can fail."""
    page = page_of(reports / "da" / "municipality-101.html")
    table = next(one for one in page.tables if one.caption == "Elever: niveau i Kortlægning 2019")
    wrong = Table(table.caption, table.head, [[row[0], "999", *row[2:]] for row in table.rows])
    with pytest.raises(AssertionError):
        levels(Book(voices["da"], "101"), wrong, "elever")


def test_marks_lie_where_their_numbers_are(reports: Path) -> None:
    """The dots of a figure in the order of its numbers: coordinates come from the same figures as the words beside them."""
    page: Page = page_of(reports / "da" / "theme-trivsel.html")
    svg = re.search(
        r'<svg class="chart"[^>]*aria-labelledby="informant-1-1-kommuner-title.*?</svg>', page.html, re.DOTALL
    )
    assert svg
    dots = [float(x) for x in re.findall(r"M ([\d.]+) [\d.]+ C", svg[0])][1:]  # the first is the key's
    rows = MARTS["theme_scores"]
    rows = rows[rows["theme"].eq("trivsel") & rows["respondent_group"].eq("elever") & rows["form"].eq("full")]
    means = rows[rows["mapping"].eq(LATEST)].set_index("unit_id")["mean"]
    drawn = [means[unit] for unit in (example.PROGRAMME, "101", "Å/../2")]  # 303 has none
    assert len(dots) == len(drawn)
    slopes = [(dots[k + 1] - dots[k]) / (drawn[k + 1] - drawn[k]) for k in range(len(dots) - 1)]
    assert max(slopes) - min(slopes) < 0.02 * slopes[0]

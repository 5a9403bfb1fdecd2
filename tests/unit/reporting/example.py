"""A small made-up programme and its marts, with everything in them that a report must get right.

Belongs here: data. Does not belong here: assertions.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pandas as pd

PROGRAMME = "proeve"
MAPPINGS = ("2015", "2017", "2019")
GROUPS = ("elever", "ledere")
THEMES = ("trivsel", "ro", "faelles")
LONG = "Fravær af undervisningshæmmende adfærd på Ærø og i Århus – med et meget langt navn"
EVIL = '<script>alert(1)</script> & "ro" $x^2$ ~3~ mark-'
SCHOOLS = {"901": ("Bakkeskolen", "school"), "902": ("Lilleskolen", "school"), "9/3": ("Ærøbørn <b>", "daycare")}
"""All in municipality 101; 904 has joined 901."""
UNITS = (
    ("programme", PROGRAMME),
    ("municipality", "101"),
    ("municipality", "Å/../2"),
    ("municipality", "303"),
    *(("institution", school) for school in SCHOOLS),
)
HIDDEN = {("municipality", "101", "ledere"), ("institution", "901", "ledere")}
"""Leaders who are suppressed everywhere; so is everything of the school 902, which has no document."""
ONE_THEME = "9/3"
"""A day-care institution where only one theme was asked of one group."""
BACKGROUNDS = (("gender", "female"), ("gender", "male"), ("grade", "0"), ("grade", "10"), ("grade", "7"))


def write_programme(folder: Path) -> Path:
    """The programme as a folder."""
    folder.mkdir(parents=True)
    (folder / "programme.yaml").write_text(
        f"""
slug: {PROGRAMME}
label: {{da: "Prøveprogram & co", en: "Trial programme & co"}}
about: {{da: "Om <b>prøven</b>.", en: "About the trial."}}
data_source: {{da: "Kilde: opdigtet.", en: "Source: made up."}}
mappings:
  - {{key: "2015", label: {{da: "Kortlægning 2015", en: "Mapping 2015"}}, base: true}}
  - {{key: "2017", label: {{da: "Kortlægning 2017", en: "Mapping 2017"}}}}
  - {{key: "2019", label: {{da: "Kortlægning 2019", en: "Mapping 2019"}}}}
respondent_groups:
  - {{code: elever, label: {{da: "Elever", en: "Pupils"}}, kind: pupil, roster: extract}}
  - {{code: ledere, label: {{da: "Ledere", en: "Leaders"}}, kind: leader, roster: extract}}
extracts:
  - respondent_group: elever
    path: elever.csv
    columns: {{respondent_id: r, municipality_id: k, institution_id: i}}
  - respondent_group: ledere
    path: ledere.csv
    columns: {{respondent_id: r, municipality_id: k, institution_id: i}}
""",
        encoding="utf-8",
    )
    _csv(
        folder / "municipalities.csv",
        [
            {"municipality_id": "303", "label": "Åbjerg Kommune"},
            {"municipality_id": "101", "label": "Bakkeby Kommune"},
            {"municipality_id": "Å/../2", "label": "Ærø <i>Kommune</i>"},
        ],
    )
    _csv(
        folder / "institutions.csv",
        [
            {"institution_id": unit, "label": label, "municipality_id": "101", "kind": kind}
            for unit, (label, kind) in {**SCHOOLS, "904": ("Gammelskolen", "school")}.items()
        ],
    )
    _csv(
        folder / "institution_lineage.csv",
        [{"from_id": "904", "to_id": "901", "mapping": "2017", "type": "merged", "note": ""}],
    )
    _csv(
        folder / "initiatives.csv",
        [
            {
                "initiative": "ro",
                "label_da": "Ro <u>i</u> klassen",
                "label_en": "Calm <u>in</u> class",
                "theme": "ro",
                "respondent_group": "elever",
                "municipality_id": "101",
                "institution_id": "",
                "mapping_from": "2017",
                "mapping_to": "2019",
            }
        ],
    )
    labels = {"trivsel": "Trivsel", "ro": EVIL, "faelles": LONG}
    _csv(
        folder / "themes.csv",
        [
            {
                "respondent_group": group,
                "theme": theme,
                "label_da": labels[theme],
                "label_en": labels[theme] if theme == "ro" else f"Theme {theme}",
                "position": position,
            }
            for group in GROUPS
            for position, theme in enumerate(THEMES, 1)
        ],
    )
    items = [(group, theme, f"{theme}_{number}") for group in GROUPS for theme in THEMES for number in (1, 2, 3)]
    _csv(
        folder / "items.csv",
        [
            {
                "respondent_group": group,
                "item_id": item,
                "theme": theme,
                "direction": -1 if item.endswith("3") else 1,
                "text_da": f"Spørgsmål {item} <u>?",
                "text_en": f"Question {item} <u>?",
                "position": int(item[-1]),
            }
            for group, theme, item in items
        ],
    )
    _csv(
        folder / "scales.csv",
        [
            {"scale": "enig", "code": code, "value": code, "kind": "valid", "label_da": da, "label_en": en}
            for code, da, en in ((1, "Uenig", "Disagree"), (2, "Hverken < eller >", "Neither"), (3, "Enig", "Agree"))
        ],
    )
    _csv(
        folder / "codebook.csv",
        [
            {
                "mapping": mapping,
                "respondent_group": group,
                "variable": f"s_{item}",
                "item_id": item,
                "scale": "enig",
                "already_reversed": "false",
                "comparability": "new" if mapping == MAPPINGS[0] else "identical",
                "reason": "",
                "decided_on": "",
            }
            for mapping in MAPPINGS
            for group, _, item in items
        ],
    )
    return folder


def marts(hidden: float = 0.0) -> dict[str, pd.DataFrame]:
    """The marts that reports read.

    Args:
        hidden: added to every figure of a suppressed row. Real marts have nulls there; a report must not look at them.
    """
    return {
        "theme_scores": pd.DataFrame(_scores(hidden)),
        "progression": pd.DataFrame(_changes(hidden)),
        "reliability": pd.DataFrame(_reliability(hidden)),
        "response_rates": pd.DataFrame(_responses(hidden)),
        "item_distributions": pd.DataFrame(_answers(hidden)),
        "item_contribution": pd.DataFrame(_contributions(hidden)),
        "nonresponse": pd.DataFrame(_nonresponse(hidden)),
        "sustained": pd.DataFrame(_sustained()),
        "composition": pd.DataFrame(_composition(hidden)),
        "social_gap": pd.DataFrame(_gaps(hidden)),
        "social_gap_change": pd.DataFrame(_gap_changes(hidden)),
        "initiative_development": pd.DataFrame(_initiatives(hidden)),
        "item_comparability": pd.DataFrame(_comparability(hidden)),
    }


def limited(*mappings: str) -> dict[str, pd.DataFrame]:
    """The marts as if only these mappings had been held."""
    tables = {}
    for name, table in marts().items():
        kept = table
        for column in ("mapping", "mapping_from", "mapping_to"):
            if column in kept:
                kept = kept[kept[column].isin(mappings)]
        tables[name] = kept.head(0) if name == "sustained" else kept
    return tables


def write_marts(folder: Path, tables: dict[str, pd.DataFrame]) -> Path:
    """The marts of one audience as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def _cells() -> Iterator[tuple[str, str, str, str, int]]:
    """Level, unit, group, theme and a number of its own for each."""
    number = 0
    for level, unit in UNITS:
        for group in GROUPS:
            for theme in THEMES:
                number += 1
                if unit != ONE_THEME or (group, theme) == ("elever", "trivsel"):
                    yield level, unit, group, theme, number


def _reason(level: str, unit: str, group: str) -> str | None:
    return "n_lt_min" if (level, unit, group) in HIDDEN or unit == "902" else None


BANDS = ("much_above", "around", "below", "above", "much_below")


def _scores(hidden: float) -> Iterator[dict[str, object]]:
    for level, unit, group, theme, number in _cells():
        for place, mapping in enumerate(MAPPINGS):
            if unit == "303" and group == "elever" and mapping == "2019":
                continue  # a group that did not take part: no row
            for form in ("full", "trend"):
                reason = _reason(level, unit, group)
                lead = (hidden if reason else 0) + 25.5 - 10.3 * (number % len(BANDS))
                mean = 470 + 4.137 * number + 3.3 * place + (0.4 if form == "trend" else 0) + (hidden if reason else 0)
                yield {
                    "programme": PROGRAMME,
                    "mapping": mapping,
                    "level": level,
                    "unit_id": unit,
                    "respondent_group": group,
                    "theme": theme,
                    "form": form,
                    "breakdown": "all",
                    "breakdown_value": "all",
                    "base_mapping": "2015",
                    "n": 1000 + 37 * number + place + (round(hidden) if reason else 0),
                    "raters": None,
                    "mean": mean,
                    "ci_low": mean - 7.25,
                    "ci_high": mean + 7.25 if theme != "faelles" or group != "elever" else None,
                    "sd": 91.5 + number / 10 + (hidden if reason else 0),
                    "favourable": 0.5 + number / 100,
                    "programme_difference": None if level == "programme" else lead,
                    "programme_difference_low": None if level == "programme" else lead - 5,
                    "programme_difference_high": None if level == "programme" else lead + 5,
                    "band": None if level == "programme" else BANDS[number % len(BANDS)],
                    "suppressed": reason,
                }


STATUSES = (
    # status, magnitude, reason, delta, half the interval
    ("increase", "marked", None, 61.26, 9.0),
    ("increase", "moderate", None, 23.44, 9.0),
    ("increase", "small", None, 12.06, 4.0),
    ("decrease", "marked", None, -55.55, 9.0),
    ("decrease", "moderate", None, -31.15, 150.0),
    ("decrease", "small", None, -10.06, 4.0),
    ("status_quo", None, None, -0.04, 8.0),
    ("inconclusive", None, "few_clusters", 5.5, 90.0),
    ("inconclusive", None, "not_significant", 14.5, 14.0),
    ("inconclusive", None, "imprecise", -3.25, 33.0),
    ("inconclusive", None, "below_trivial", 9.5, 11.0),
    ("inconclusive", None, "no_interval", 7.5, None),
    ("not_comparable", None, "too_few_common_items", None, None),
    ("not_comparable", None, "not_asked_in_both", None, None),
    ("no_data", None, "missing_to", None, None),
    ("no_data", None, "missing_from", None, None),
    ("no_data", None, "missing_both", None, None),
)


def _changes(hidden: float) -> Iterator[dict[str, object]]:
    pairs = list(combinations(MAPPINGS, 2))
    for level, unit, group, theme, number in _cells():
        for place, (before, after) in enumerate(pairs):
            reason = _reason(level, unit, group)
            status, magnitude, why, delta, width = STATUSES[(number + 5 * place) % len(STATUSES)]
            shown = delta is not None
            moved = (delta or 0.0) + (hidden if reason else 0)
            yield {
                "programme": PROGRAMME,
                "mapping_from": before,
                "mapping_to": after,
                "level": level,
                "unit_id": unit,
                "respondent_group": group,
                "theme": theme,
                "breakdown": "all",
                "breakdown_value": "all",
                "n_from": 1000 + number,
                "n_to": 2000 + number,
                "mean_from": 500.25 if shown else None,
                "mean_to": 500.25 + moved if shown else None,
                "delta": moved if shown else None,
                "ci_low": moved - width if width is not None else None,
                "ci_high": moved + width if width is not None else None,
                "q": 0.0004 * number if shown else None,
                "hedges_g": moved / 100 if shown else None,
                "status": "suppressed" if reason else status,
                "magnitude": None if reason else magnitude,
                "reason": reason or why,
                "suppressed": reason,
            }


def _reliability(hidden: float) -> Iterator[dict[str, object]]:
    verdicts = {"trivsel": ("good", 0.876), "ro": ("weak", 0.634), "faelles": (None, None)}
    for mapping in MAPPINGS:
        for group in GROUPS:
            for theme in THEMES:
                verdict, alpha = verdicts[theme]
                reason = "n_lt_min" if group == "ledere" and theme == "trivsel" else None
                yield {
                    "programme": PROGRAMME,
                    "mapping": mapping,
                    "respondent_group": group,
                    "theme": theme,
                    "items": 3,
                    "n": 4321 + (round(hidden) if reason else 0),
                    "alpha": None if alpha is None else alpha + (hidden if reason else 0),
                    "omega": float("nan") if alpha is None else alpha + 0.011,
                    "verdict": verdict,
                    "suppressed": reason,
                }


def _comparability(hidden: float) -> Iterator[dict[str, object]]:
    """The third question of each theme has drifted; the leaders' is suppressed."""
    for mapping in MAPPINGS:
        for group in GROUPS:
            for theme in THEMES:
                for item in (1, 2, 3):
                    reason = "n_lt_min" if group == "ledere" else None
                    yield {
                        "programme": PROGRAMME,
                        "mapping": mapping,
                        "respondent_group": group,
                        "theme": theme,
                        "item_id": f"{theme}_{item}",
                        "mapping_from": None if mapping == MAPPINGS[0] else MAPPINGS[MAPPINGS.index(mapping) - 1],
                        "comparability": "new" if mapping == MAPPINGS[0] else "identical",
                        "is_trend": True,
                        "drift": -0.414 + (hidden if reason else 0) if item == 3 else 0.02,
                        "is_flagged": item == 3 and mapping != MAPPINGS[0],
                        "suppressed": reason,
                    }


def _responses(hidden: float) -> Iterator[dict[str, object]]:
    for level, unit in UNITS:
        for group in GROUPS:
            for place, mapping in enumerate(MAPPINGS):
                reason = _reason(level, unit, group)
                invited = 12345 + place + (round(hidden) if reason else 0)
                yield {
                    "programme": PROGRAMME,
                    "mapping": mapping,
                    "level": level,
                    "unit_id": unit,
                    "respondent_group": group,
                    "invited": invited,
                    "complete": 5000,
                    "partial": 123,
                    "rr1": 5000 / invited,
                    "rr2": 5123 / invited,
                    "flag": "low" if group == "elever" and level == "municipality" else None,
                    "suppressed": reason,
                }


def _answers(hidden: float) -> Iterator[dict[str, object]]:
    for level, unit, group, theme, number in _cells():
        reason = _reason(level, unit, group)
        for mapping in MAPPINGS:
            for item in (1, 2, 3):
                for answer, share in ((1, 0.125), (2, 0.25 + item / 1000), (3, 0.625 - item / 1000)):
                    yield {
                        "programme": PROGRAMME,
                        "mapping": mapping,
                        "level": level,
                        "unit_id": unit,
                        "respondent_group": group,
                        "theme": theme,
                        "item_id": f"{theme}_{item}",
                        "answer": answer,
                        "n": 3000 + number + (round(hidden) if reason else 0),
                        "share": share + (hidden / 1000 if reason else 0),
                        "coded": None,
                        "suppressed": reason,
                    }


def _contributions(hidden: float) -> Iterator[dict[str, object]]:
    for row in _changes(hidden):
        if row["delta"] is None:
            continue
        delta = float(str(row["delta"]))
        for item, part in ((1, 0.5), (2, -0.25), (3, 0.7)):
            yield {
                **{key: row[key] for key in _CHANGE_KEY},
                "item_id": f"{row['theme']}_{item}",
                "contribution": part * delta,
                "delta": delta,
                "residual": 0.05 * delta,
                "suppressed": row["suppressed"],
            }


_UNIT_KEY = ("programme", "level", "unit_id", "respondent_group", "theme")
_CHANGE_KEY = ("mapping_from", "mapping_to", *_UNIT_KEY)


def _nonresponse(hidden: float) -> Iterator[dict[str, object]]:
    for row in _responses(hidden):
        for place, (breakdown, value) in enumerate(BACKGROUNDS):
            answered = 700 + place + (round(hidden) if row["suppressed"] else 0)
            yield {
                **{key: row[key] for key in ("programme", "mapping", "level", "unit_id", "respondent_group")},
                "breakdown": breakdown,
                "breakdown_value": value,
                "invited": 1100 + 10 * place,
                "answered": answered,
                "rr2": answered / (1100 + 10 * place),
                "suppressed": row["suppressed"],
            }


LASTING = ("sustained_increase", "relapse", "late_increase", "stable", "sustained_decrease", "inconclusive", "no_data")


def _sustained() -> Iterator[dict[str, object]]:
    for level, unit, group, theme, number in _cells():
        reason = _reason(level, unit, group)
        yield {
            **dict(zip(_UNIT_KEY, (PROGRAMME, level, unit, group, theme), strict=True)),
            "status": "suppressed" if reason else LASTING[number % len(LASTING)],
            "suppressed": reason,
        }


def _composition(hidden: float) -> Iterator[dict[str, object]]:
    for row in _changes(hidden):
        if row["delta"] is None or row["level"] == "institution":
            continue
        delta = float(str(row["delta"]))
        yield {
            **{key: row[key] for key in _CHANGE_KEY},
            "schools_both": 7,
            "schools_opened": 1,
            "schools_closed": 2,
            "delta": delta,
            "delta_both": 0.9 * delta,
            "composition": 0.1 * delta,
            "suppressed": row["suppressed"],
        }


def _gaps(hidden: float) -> Iterator[dict[str, object]]:
    for level, unit, group, theme, number in _cells():
        if group != "elever":
            continue
        for mapping in MAPPINGS:
            reason = _reason(level, unit, group) or ("n_lt_min" if theme == "ro" and level != "programme" else None)
            gap = 3.3 * number + (hidden if reason else 0)
            yield {
                "mapping": mapping,
                **dict(zip(_UNIT_KEY, (PROGRAMME, level, unit, group, theme), strict=True)),
                "n": 900,
                "n_unknown": 90,
                "share_unknown": 0.1,
                "n_lowest": 200,
                "n_highest": 300,
                "mean_lowest": 480.0,
                "mean_highest": 480.0 + gap,
                "gap": gap,
                "ci_low": gap - 4,
                "ci_high": gap + 4,
                "reason": None,
                "suppressed": reason,
            }


def _gap_changes(hidden: float) -> Iterator[dict[str, object]]:
    for row in _gaps(hidden):
        for before, after in combinations(MAPPINGS, 2):
            if row["mapping"] == after:
                delta = float(str(row["gap"])) / 10
                yield {
                    "mapping_from": before,
                    "mapping_to": after,
                    **{key: row[key] for key in _UNIT_KEY},
                    "delta": delta,
                    "ci_low": delta - 1,
                    "ci_high": delta + 1,
                    "reason": None,
                    "suppressed": row["suppressed"],
                }


def _initiatives(hidden: float) -> Iterator[dict[str, object]]:
    for place, (phase, pair) in enumerate((("before", MAPPINGS[:2]), ("during", MAPPINGS[1:]))):
        reason = "n_lt_min" if phase == "before" else None
        with_ = 11.1 + place + (hidden if reason else 0)
        yield {
            "programme": PROGRAMME,
            "initiative": "ro",
            "respondent_group": "elever",
            "theme": "ro",
            "phase": phase,
            "mapping_from": pair[0],
            "mapping_to": pair[1],
            "delta_with": with_,
            "delta_without": 2.2,
            "difference": with_ - 2.2,
            "ci_low": with_ - 4.2,
            "ci_high": with_ - 0.2,
            "reason": None,
            "suppressed": reason,
        }


def _csv(file: Path, rows: list[dict[str, object]]) -> None:
    pd.DataFrame(rows).to_csv(file, index=False)

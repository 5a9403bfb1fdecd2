"""A small programme, valid tables of it, and for every expectation a violation planted in them.

Belongs here: data of the tests. Does not belong here: assertions. A new expectation needs a plant in `PLANTS` and a row in
its table that it looks at; `test_plants.py` fails until both are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

PROGRAMME = """
slug: proeve
label: {da: Prøve, en: Trial}
mappings:
  - {key: "2015", label: {da: "2015", en: "2015"}, base: true}
  - {key: "2017", label: {da: "2017", en: "2017"}}
respondent_groups:
  - {code: pupils, label: {da: Elever, en: Pupils}, kind: pupil, grades: [4, 10]}
  - {code: rated, label: {da: Kontaktlærere, en: Contact teachers}, kind: rated_pupil}
  - {code: leaders, label: {da: Ledere, en: Leaders}, kind: leader}
extracts:
  - {respondent_group: pupils, path: pupils.csv, columns: &columns {respondent_id: id, municipality_id: k, institution_id: i}}
  - {respondent_group: rated, path: rated.csv, columns: *columns}
  - {respondent_group: leaders, path: leaders.csv, columns: *columns}
"""

GROUPS = ("pupils", "rated", "leaders")


def write_programme(folder: Path) -> Path:
    """A programme folder: one theme of two items for each group, two mappings."""
    items = "".join(f"{g},q{n},trivsel,1,Spørgsmål {n},Question {n},{n}\n" for g in GROUPS for n in (1, 2))
    book = "".join(
        f"{mapping},{group},s_{n},q{n},enig,{'new' if mapping == '2015' else 'identical'}\n"
        for mapping in ("2015", "2017")
        for group in GROUPS
        for n in (1, 2)
    )
    files = {
        "programme.yaml": PROGRAMME,
        "municipalities.csv": "municipality_id,label\n101,Prøveby\n102,Andenby\n",
        "themes.csv": "respondent_group,theme,label_da,label_en,position\n"
        + "".join(f"{g},trivsel,Trivsel,Well-being,1\n" for g in GROUPS),
        "items.csv": "respondent_group,item_id,theme,direction,text_da,text_en,position\n" + items,
        "scales.csv": "scale,code,value,kind,label_da,label_en\n"
        "enig,1,1,valid,Nej,No\nenig,2,2,valid,Ja,Yes\nenig,9,,missing,Blank,Blank\n",
        "tests.csv": "test,from_year,kind,subject,label_da,label_en\n"
        "nt_laesning,2014/15,national_test,dansk_laesning,Læsning,Reading\n",
        "codebook.csv": "mapping,respondent_group,variable,item_id,scale,comparability\n" + book,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def _frame(base: Mapping[str, object], *rows: Mapping[str, object]) -> pd.DataFrame:
    """Rows that differ from `base` in what they say; a suppressed one holds nothing else."""
    return pd.DataFrame([{**base, **row} for row in rows])


def _hidden(base: Mapping[str, object], kept: tuple[str, ...], **row: object) -> dict[str, object]:
    """A suppressed row."""
    return {**{name: base[name] if name in kept else None for name in base}, "suppressed": "n_lt_min", **row}


SCORE: dict[str, object] = {
    "programme": "proeve",
    "mapping": "2015",
    "level": "programme",
    "unit_id": "proeve",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "form": "full",
    "breakdown": "all",
    "breakdown_value": "all",
    "base_mapping": "2015",
    "n": 40,
    "clusters": 8,
    "raters": None,
    "mean": 500.0,
    "se": 5.0,
    "df": 7.0,
    "ci_low": 490.0,
    "ci_high": 510.0,
    "sd": 100.0,
    "mean_raw": 3.0,
    "favourable": 0.5,
    "programme_difference": None,
    "programme_difference_low": None,
    "programme_difference_high": None,
    "band": None,
    "suppressed": None,
}
SCORE_KEY = tuple(SCORE)[:10]
CHANGE: dict[str, object] = {
    "programme": "proeve",
    "mapping_from": "2015",
    "mapping_to": "2017",
    "level": "programme",
    "unit_id": "proeve",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "breakdown": "all",
    "breakdown_value": "all",
    "n_from": 40,
    "n_to": 50,
    "raters_from": None,
    "raters_to": None,
    "clusters_from": 8,
    "clusters_to": 9,
    "clusters": 10,
    "items": 4,
    "mean_from": 500.0,
    "mean_to": 525.0,
    "delta": 25.0,
    "se": 4.0,
    "df": 9.0,
    "ci_low": 16.0,
    "ci_high": 34.0,
    "p": 0.001,
    "q": 0.002,
    "hedges_g": 0.25,
    "status": "increase",
    "magnitude": "moderate",
    "reason": None,
    "suppressed": None,
}
CHANGE_KEY = (*tuple(CHANGE)[:9], "items")
RELIABLE: dict[str, object] = {
    "programme": "proeve",
    "mapping": "2015",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "items": 4,
    "n": 40,
    "alpha": 0.85,
    "omega": 0.86,
    "min_item_total": 0.4,
    "icc_school": 0.05,
    "icc_municipality": 0.01,
    "verdict": "good",
    "suppressed": None,
}
RECONCILED: dict[str, object] = {
    "programme": "proeve",
    "mapping": "2015",
    "respondent_group": "pupils",
    "content": "answers",
    "file": "pupils.csv",
    "rows_read": 50,
    "rows_scored": 40,
    "rows_not_scored": 5,
    "rows_superseded": 2,
    "rows_set_aside": 3,
    "difference": 0,
    "suppressed": None,
}
RESPONSE: dict[str, object] = {
    "programme": "proeve",
    "mapping": "2015",
    "level": "programme",
    "unit_id": "proeve",
    "respondent_group": "pupils",
    "invited": 50,
    "complete": 30,
    "partial": 10,
    "break_off": 2,
    "refusal": 1,
    "not_answered": 6,
    "other": 1,
    "rr1": 0.6,
    "rr2": 0.8,
    "flag": None,
    "suppressed": None,
}
ANSWER: dict[str, object] = {
    "programme": "proeve",
    "mapping": "2015",
    "level": "programme",
    "unit_id": "proeve",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "item_id": "q1",
    "answer": 1,
    "n": 25,
    "share": 0.4,
    "coded": None,
    "suppressed": None,
}
RECORD: dict[str, object] = {
    "mapping": "2015",
    "respondent_group": "pupils",
    "respondent_id": "pseudonym-1",
    "rater_id": None,
    "municipality_id": "101",
    "institution_id": "101001",
    "grade": 5,
    "gender": "female",
    "is_simulated": True,
    "file_id": "f00d",
    "file_row": 2,
}
RESULT: dict[str, object] = {
    **{name: value for name, value in RECORD.items() if name not in ("rater_id", "gender")},
    "test": "nt_laesning",
    "school_year": "2015/16",
    "measurement": 1,
    "score": None,
    "step": 4,
    "percentile": 50.0,
    "pupils": None,
}
CODE: dict[str, object] = {
    "mapping": "2015",
    "respondent_group": "pupils",
    "variable": "s_1",
    "asked": True,
    "declared": True,
    "n": 30,
}
STAGED: dict[str, object] = {
    "respondent_key": 1,
    "mapping": "2015",
    "respondent_group": "pupils",
    "municipality_id": "101",
    "institution_id": "101001",
    "lineage_id": "101001",
    "grade": 5,
    "grade_band": "4-6",
}
GIVEN: dict[str, object] = {
    "respondent_key": 1,
    "mapping": "2015",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "item_id": "q1",
    "kind": "valid",
    "answer": 2,
    "score": 2,
}
NOTHING: dict[str, object] = dict.fromkeys(
    ("mean_from", "mean_to", "delta", "se", "df", "ci_low", "ci_high", "p", "q", "hedges_g", "magnitude")
)


SUSTAINED: dict[str, object] = {
    "programme": "proeve",
    "level": "programme",
    "unit_id": "proeve",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "mapping_first": "2013",
    "mapping_second": "2015",
    "mapping_third": "2017",
    "n_least": 40,
    "raters_least": None,
    "status": "stable",
    "suppressed": None,
}
PART: dict[str, object] = {
    "programme": "proeve",
    "mapping_from": "2015",
    "mapping_to": "2017",
    "level": "programme",
    "unit_id": "proeve",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "item_id": "q1",
    "n_from": 40,
    "n_to": 50,
    "n_least": 40,
    "raters_least": None,
    "contribution": 6.0,
    "delta": 10.0,
    "residual": 0.5,
    "suppressed": None,
}
COMPOSED: dict[str, object] = {
    **{name: PART[name] for name in tuple(PART)[:7]},
    "n_from": 40,
    "n_to": 50,
    "n_least": 40,
    "raters_least": None,
    "schools_both": 5,
    "schools_opened": 0,
    "schools_closed": 0,
    "n_both_from": 40,
    "n_both_to": 50,
    "delta": 10.0,
    "delta_both": 10.0,
    "composition": 0.0,
    "suppressed": None,
}
DRIFT: dict[str, object] = {
    "programme": "proeve",
    "mapping": "2017",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "item_id": "q1",
    "mapping_from": "2015",
    "comparability": "identical",
    "is_trend": True,
    "n_from": 40,
    "n": 50,
    "shift": 0.1,
    "theme_shift": 0.05,
    "drift": 0.05,
    "is_flagged": False,
    "suppressed": None,
}
ABSENT: dict[str, object] = {
    "programme": "proeve",
    "mapping": "2015",
    "level": "programme",
    "unit_id": "proeve",
    "respondent_group": "pupils",
    "breakdown": "gender",
    "breakdown_value": "female",
    "invited": 50,
    "answered": 40,
    "rr2": 0.8,
    "suppressed": None,
}
BASE: dict[str, object] = {
    "programme": "proeve",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "form": "full",
    "base_mapping": "2015",
    "n": 40,
    "mu": 3.2,
    "sigma": 0.6,
    "parameters_hash": "0cc175b9c0f1b6a831c399e269772661",
    "suppressed": None,
}

GAP: dict[str, object] = {
    "programme": "proeve",
    "mapping": "2015",
    "level": "programme",
    "unit_id": "proeve",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "n": 80,
    "n_unknown": 8,
    "share_unknown": 0.1,
    "n_lowest": 20,
    "n_highest": 25,
    "mean_lowest": 490.0,
    "mean_highest": 520.0,
    "gap": 30.0,
    "se": 10.0,
    "df": 7.0,
    "ci_low": 6.0,
    "ci_high": 54.0,
    "clusters": 8,
    "n_least": 20,
    "raters_least": None,
    "reason": None,
    "suppressed": None,
}
NO_GAP: dict[str, object] = dict.fromkeys(tuple(GAP)[6:21])
GAP_CHANGE: dict[str, object] = {
    **{name: PART[name] for name in tuple(PART)[:7]},
    "n_from": 80,
    "n_to": 90,
    "gap_from": 30.0,
    "gap_to": 20.0,
    "delta": -10.0,
    "se": 10.0,
    "df": 7.0,
    "ci_low": -34.0,
    "ci_high": 14.0,
    "clusters": 8,
    "n_least": 20,
    "raters_least": None,
    "reason": None,
    "suppressed": None,
}
NO_GAP_CHANGE: dict[str, object] = dict.fromkeys(tuple(GAP_CHANGE)[7:19])
INITIATIVE: dict[str, object] = {
    "programme": "proeve",
    "initiative": "bedre_trivsel",
    "respondent_group": "pupils",
    "theme": "trivsel",
    "phase": "during",
    "mapping_from": "2015",
    "mapping_to": "2017",
    **{f"schools_{part}_{side}": 6 for part in ("with", "without") for side in ("from", "to")},
    **{f"n_{part}_{side}": 30 for part in ("with", "without") for side in ("from", "to")},
    "delta_with": 25.0,
    "delta_without": 5.0,
    "difference": 20.0,
    "se": 8.0,
    "df": 11.0,
    "ci_low": 2.0,
    "ci_high": 38.0,
    "clusters": 12,
    "n_least": 30,
    "raters_least": None,
    "reason": None,
    "suppressed": None,
}
TURNOVER: dict[str, object] = {
    **{name: PART[name] for name in tuple(PART)[:7]},
    "n_from": 40,
    "n_to": 50,
    "n_stayers": 30,
    "n_leavers": 10,
    "n_joiners": 20,
    "n_least": 10,
    "raters_least": None,
    "delta": 10.0,
    "delta_stayers": 7.0,
    "joiners": 2.0,
    "leavers": 1.0,
    "suppressed": None,
}
WEIGHTED: dict[str, object] = {
    **{name: SCORE[name] for name in tuple(SCORE)[:6]},
    "n": 40,
    "raters": None,
    "invited": 50,
    "share_covered": 0.9,
    "mean": 500.0,
    "mean_weighted": 501.0,
    "difference": 1.0,
    "suppressed": None,
}
NO_DIFFERENCE: dict[str, object] = dict.fromkeys(tuple(INITIATIVE)[7:25])


ACADEMIC: dict[str, object] = {
    "programme": "proeve",
    "school_year": "2015/16",
    "level": "programme",
    "unit_id": "proeve",
    "respondent_group": "pupils",
    "test": "nt_laesning",
    "grade": "4",
    "background": "all",
    "kind": "national_test",
    "subject": "dansk_laesning",
    "series": 1,
    "n": 40,
    "n_least": 40,
    "schools": 6,
    "share_good": 0.75,
    "share_best": 0.1,
    "share_poor": 0.1,
    "mean_percentile": 52.0,
    "mean_score": None,
    "expected": None,
    "added_value": None,
    "is_significant": None,
    "suppressed": None,
}
GAIN: dict[str, object] = {
    **dict(list(ACADEMIC.items())[:5]),
    "test": "staveproeve",
    "breakdown": "all",
    "breakdown_value": "all",
    "subject": "dansk_laesning",
    "n": 40,
    "clusters": 6,
    "mean_first": 20.0,
    "mean_last": 24.0,
    "gain": 4.0,
    "sd": 6.0,
    "se": 1.0,
    "df": 5.0,
    "ci_low": 1.4,
    "ci_high": 6.6,
    "standardised": 0.4,
    "standardised_low": 0.14,
    "standardised_high": 0.66,
    "sem": 3.0,
    "share_reliable_gain": 0.3,
    "share_reliable_fall": 0.05,
    "reason": None,
    "suppressed": None,
}
TARGET: dict[str, object] = {
    "programme": "proeve",
    "school_year": "2016/17",
    "mapping": "",
    "level": "programme",
    "unit_id": "proeve",
    "target": "1.1",
    "respondent_group": "pupils",
    "measure": "nt_laesning",
    "grade": "4",
    "background": "all",
    "mapping_from": None,
    "school_year_before": None,
    "indicator": "share_good",
    "is_national": True,
    "direction": "at_least",
    "goal": 0.8,
    "n": 40,
    "n_before": None,
    "value": 0.82,
    "value_before": None,
    "status": "met",
    "reason": None,
    "suppressed": None,
}
RISING: dict[str, object] = {"target": "1.2", "indicator": "share_best", "direction": "rises", "goal": None}


def valid_tables() -> dict[str, pd.DataFrame]:
    """Tables that every expectation passes and looks at, for both audiences; rows are named by position in `PLANTS`."""
    no_rate: dict[str, object] = dict.fromkeys(tuple(RESPONSE)[5:14])
    return {
        "theme_scores": _frame(
            SCORE,
            {},
            {"level": "municipality", "unit_id": "101", "mean": 512.0, "ci_low": 500.0, "ci_high": 524.0},
            {"level": "municipality", "unit_id": "101", "breakdown": "gender", "breakdown_value": "female"},
            {"level": "institution", "unit_id": "101001", "n": 25, "form": "trend"},
            {"level": "institution", "unit_id": "101001", "breakdown": "grade_band", "breakdown_value": "4-6"},
            {"level": "municipality", "unit_id": "101", "respondent_group": "rated", "raters": 4},
            {"level": "municipality", "unit_id": "101", "respondent_group": "leaders", "n": 6, "clusters": 6},
            _hidden(SCORE, SCORE_KEY, level="institution", unit_id="101002"),
        ),
        "progression": _frame(
            CHANGE,
            {},
            {
                "level": "municipality",
                "unit_id": "101",
                "mean_to": 501.0,
                "delta": 1.0,
                "ci_low": -8.0,
                "ci_high": 10.0,
                "p": 0.8,
                "q": 0.8,
                "status": "status_quo",
                "magnitude": None,
            },
            {
                "level": "institution",
                "unit_id": "101001",
                "mean_to": 470.0,
                "delta": -30.0,
                "ci_low": -40.0,
                "ci_high": -20.0,
                "status": "decrease",
            },
            {
                "level": "municipality",
                "unit_id": "102",
                "clusters_from": 3,
                "p": None,
                "q": None,
                "status": "inconclusive",
                "magnitude": None,
                "reason": "few_clusters",
            },
            {
                **NOTHING,
                "level": "institution",
                "unit_id": "101003",
                "n_to": None,
                "status": "no_data",
                "reason": "missing_to",
            },
            {**NOTHING, "unit_id": "x", "status": "not_comparable", "reason": "too_few_common_items"},
            {"respondent_group": "rated", "raters_from": 4, "raters_to": 5},
            {"respondent_group": "leaders", "n_from": 6, "n_to": 7},
            _hidden(CHANGE, CHANGE_KEY, unit_id="101002", level="institution", status="suppressed", reason="n_lt_min"),
        ),
        "reliability": _frame(
            RELIABLE,
            {},
            {"mapping": "2017", "verdict": "weak", "alpha": 0.65},
            {"respondent_group": "leaders", "n": 6},
            {
                "respondent_group": "rated",
                "n": None,
                "alpha": None,
                "omega": None,
                "min_item_total": None,
                "verdict": "not_computable",
            },
            _hidden(RELIABLE, (*tuple(RELIABLE)[:4], "items"), respondent_group="leaders", mapping="2017"),
        ),
        "extract_reconciliation": _frame(RECONCILED, {}, {"mapping": "2017"}),
        "response_rates": _frame(
            RESPONSE,
            {},
            {"level": "municipality", "unit_id": "101"},
            {"level": "institution", "unit_id": "101001", "flag": "low"},
            {**no_rate, "level": "municipality", "unit_id": "102", "flag": "no_roster"},
            {
                **dict.fromkeys(("break_off", "refusal", "not_answered", "other"), 0),
                "respondent_group": "leaders",
                "invited": 8,
                "complete": 6,
                "partial": 2,
                "rr1": 0.75,
                "rr2": 1.0,
            },
            _hidden(RESPONSE, tuple(RESPONSE)[:5], level="institution", unit_id="101002"),
        ),
        "item_distributions": _frame(
            ANSWER,
            {},
            {"answer": 2, "share": 0.6, "coded": "below"},
            {"respondent_group": "leaders", "n": 20, "share": 0.25},
            {"respondent_group": "leaders", "n": 20, "answer": 2, "share": 0.75},
            _hidden(ANSWER, tuple(ANSWER)[:8], level="institution", unit_id="101002"),
            _hidden(ANSWER, tuple(ANSWER)[:8], level="institution", unit_id="101002", answer=2),
        ),
        "sustained": _frame(
            SUSTAINED,
            {},
            {"respondent_group": "leaders", "n_least": 6},
            {"respondent_group": "rated", "raters_least": 4},
            _hidden(SUSTAINED, tuple(SUSTAINED)[:8], level="institution", unit_id="101002", status="suppressed"),
        ),
        "item_contribution": _frame(
            PART,
            {},
            {"item_id": "q2", "contribution": 3.5},
            {"respondent_group": "leaders", "n_least": 20, "delta": 6.5},
            {"respondent_group": "rated", "raters_least": 4, "delta": 6.5},
            _hidden(PART, tuple(PART)[:8], level="institution", unit_id="101002"),
        ),
        "composition": _frame(
            COMPOSED,
            {},
            {"respondent_group": "leaders", "n_least": 6},
            {"respondent_group": "rated", "raters_least": 4},
            _hidden(COMPOSED, tuple(COMPOSED)[:7], level="municipality", unit_id="102"),
        ),
        "item_comparability": _frame(
            DRIFT,
            {},
            {"respondent_group": "leaders", "n": 6},
            {"mapping": "2015", "mapping_from": None, "comparability": "new", "n_from": None}
            | dict.fromkeys(("shift", "theme_shift", "drift", "is_flagged")),
            _hidden(DRIFT, tuple(DRIFT)[:8], item_id="q2"),
        ),
        "nonresponse": _frame(
            ABSENT,
            {},
            {"respondent_group": "leaders", "answered": 6, "rr2": 0.12},
            _hidden(ABSENT, tuple(ABSENT)[:7], level="institution", unit_id="101002"),
        ),
        "social_gap": _frame(
            GAP,
            {},
            {"level": "municipality", "unit_id": "101", "respondent_group": "leaders", "n_least": 6},
            {"respondent_group": "rated", "raters_least": 4},
            {**NO_GAP, "unit_id": "x", "reason": "no_data"},
            _hidden(GAP, tuple(GAP)[:6], level="institution", unit_id="101002", reason="n_lt_min"),
        ),
        "social_gap_change": _frame(
            GAP_CHANGE,
            {},
            {"level": "municipality", "unit_id": "101", "respondent_group": "leaders", "n_least": 6},
            {"respondent_group": "rated", "raters_least": 4},
            {**NO_GAP_CHANGE, "unit_id": "x", "reason": "missing_from"},
            _hidden(GAP_CHANGE, tuple(GAP_CHANGE)[:7], level="institution", unit_id="101002", reason="n_lt_min"),
        ),
        "initiative_development": _frame(
            INITIATIVE,
            {},
            {"respondent_group": "leaders", "n_least": 6},
            {"respondent_group": "rated", "raters_least": 4},
            {**NO_DIFFERENCE, "phase": "after", "reason": "missing_to"},
            _hidden(INITIATIVE, tuple(INITIATIVE)[:7], phase="before", reason="n_lt_min"),
        ),
        "turnover": _frame(
            TURNOVER,
            {},
            {"level": "municipality", "unit_id": "101", "respondent_group": "leaders"},
            {"respondent_group": "rated", "raters_least": 4},
            _hidden(TURNOVER, tuple(TURNOVER)[:7], level="institution", unit_id="101002"),
        ),
        "nonresponse_weighted": _frame(
            WEIGHTED,
            {},
            {"level": "municipality", "unit_id": "101", "respondent_group": "leaders", "n": 6},
            {"respondent_group": "rated", "raters": 4},
            _hidden(WEIGHTED, tuple(WEIGHTED)[:6], level="municipality", unit_id="102"),
        ),
        "academic_results": _frame(
            ACADEMIC,
            {},
            {"background": "1", "n": 12, "n_least": 12},
            _hidden(ACADEMIC, tuple(ACADEMIC)[:11], level="municipality", unit_id="101", suppressed="confidential"),
        ),
        "school_year_progression": _frame(
            GAIN,
            {},
            {"breakdown": "grade", "breakdown_value": "4"},
            {
                "breakdown": "grade",
                "breakdown_value": "5",
                "se": None,
                "ci_low": None,
                "ci_high": None,
                "reason": "no_interval",
            },
            _hidden(
                GAIN,
                tuple(GAIN)[:9],
                level="institution",
                unit_id="101001",
                suppressed="confidential",
                reason="confidential",
            ),
        ),
        "result_targets": _frame(
            TARGET,
            {},
            {
                **RISING,
                "school_year_before": "2015/16",
                "value": 0.1,
                "value_before": 0.12,
                "n_before": 41,
                "status": "not_met",
            },
            {**RISING, "grade": "6", "value": 0.1, "status": "not_comparable", "reason": "no_year_before"},
            _hidden(
                TARGET,
                tuple(TARGET)[:16],
                level="municipality",
                unit_id="101",
                status="suppressed",
                suppressed="confidential",
                reason="confidential",
            ),
        ),
        "base_parameters": _frame(
            BASE,
            {},
            {"respondent_group": "leaders", "n": 6},
            _hidden(BASE, tuple(BASE)[:5], respondent_group="rated"),
        ),
        "extract_respondents": _frame(
            RECORD,
            {},
            {"respondent_id": "pseudonym-2", "file_row": 3, "gender": None, "grade": None},
            {"respondent_id": "pseudonym-3", "file_row": 4, "gender": "male", "grade": 10, "municipality_id": "102"},
        ),
        "extract_results": _frame(
            RESULT,
            {},
            {"respondent_id": "pseudonym-2", "file_row": 3, "step": 1, "percentile": 1.0},
            {"respondent_id": "pseudonym-2", "file_row": 4, "measurement": 2, "step": 6, "percentile": 100.0},
        ),
        "stg_respondents": _frame(STAGED, {}, {"respondent_key": 2, "grade": None, "grade_band": None}),
        "stg_answers": _frame(
            GIVEN, {}, {"item_id": "q2", "kind": "declined", "answer": None, "score": None}, {"respondent_key": 2}
        ),
        "extract_codes": _frame(CODE, {}, {"variable": "s_2", "n": 28}),
    }


def rated_records() -> pd.DataFrame:
    """Records of the group whose pupils are rated."""
    other = {"respondent_id": "pseudonym-2", "rater_id": "rater-2", "file_row": 3}
    return _frame({**RECORD, "respondent_group": "rated", "rater_id": "rater-1"}, {}, other)


@dataclass(frozen=True)
class Plant:
    """A violation: what is changed in a valid table, and the rows that must then be named.

    `rows` are positions in the changed table; None where the table as a whole fails, then `keys` says what is named.
    """

    change: Callable[[pd.DataFrame], pd.DataFrame]
    rows: tuple[int, ...] | None
    keys: tuple[dict[str, object], ...] = ()
    group: str = "pupils"


def cell(row: int, **values: object) -> Plant:
    """One row gets other values and must be named."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        result = frame.astype(object)
        for name, value in values.items():
            result.loc[row, name] = value
        return result.infer_objects()

    return Plant(change, (row,))


def twice(row: int) -> Plant:
    """A row stands twice; both are named."""
    return Plant(lambda f: pd.concat([f, f.iloc[[row]]], ignore_index=True), (row, -1))


def without(column: str) -> Plant:
    """A column is missing and is named."""
    return Plant(lambda f: f.drop(columns=column), None, ({"column": column},))


def both(row: int, other: int, **values: object) -> Plant:
    """One row is changed, and it and another are named."""
    return Plant(cell(row, **values).change, (row, other))


EMPTY = Plant(lambda f: f.head(0), None)
INF = float("inf")


@dataclass
class Plants:
    """Plants of one table, those that every mart has included."""

    table: str
    found: dict[str, Plant] = field(default_factory=dict)

    def mart(self, hidden: int, figure: str, level: bool = True, rows: bool = True) -> Plants:
        """What every mart is checked for; `hidden` is its suppressed row."""
        self.found |= {
            "columns": without(figure),
            "key_unique": twice(0),
            "key_present": cell(0, programme=None),
            "group_declared": cell(0, respondent_group="strangers"),
            "finite": cell(0, **{figure: INF}),
            "suppressed_known": cell(hidden, suppressed="because"),
            "suppressed_empty": cell(hidden, **{figure: 0.5}),
        }
        self.found |= {"level_known": cell(0, level="region")} if level else {}
        self.found |= {"rows": EMPTY} if rows else {}
        return self

    def add(self, **plants: Plant) -> Plants:
        """What this table is checked for besides."""
        self.found |= plants
        return self


TABLES = (
    Plants("theme_scores")
    .mart(hidden=7, figure="mean")
    .add(
        theme_declared=cell(0, theme="unheard_of"),
        form_known=cell(0, form="short"),
        breakdown_known=cell(2, breakdown="eye_colour"),
        whole_has_no_part=cell(1, breakdown_value="female"),
        genders_known=cell(2, breakdown_value="1"),
        grade_bands_known=cell(4, breakdown_value="5-7"),
        n_present=cell(1, n=None),
        n_rule=cell(3, n=4),
        n_rule_leaders=cell(6, n=4),
        leaders_level=cell(6, level="institution"),
        raters_rule=cell(5, raters=None),
        clusters_within_n=cell(1, clusters=41),
        ci_low_below_mean=cell(1, ci_low=513.0),
        ci_high_above_mean=cell(1, ci_high=511.0),
        se_not_negative=cell(1, se=-1.0),
        sd_not_negative=cell(1, sd=-1.0),
        favourable_is_share=cell(1, favourable=1.1),
        base_mean_500=cell(0, mean=500.00001),
        base_sd_100=cell(0, sd=99.9999),
    ),
    Plants("progression")
    .mart(hidden=8, figure="delta", rows=False)
    .add(
        theme_declared=cell(0, theme="unheard_of"),
        status_present=cell(0, status=None),
        status_known=cell(0, status="better"),
        inconclusive_has_reason=cell(3, reason=None),
        inconclusive_reason_known=cell(3, reason="unclear"),
        no_data_reason_known=cell(4, reason="lost"),
        not_comparable_reason_known=cell(5, reason="changed"),
        suppressed_says_so=cell(8, status="decrease"),
        suppressed_has_code=cell(8, suppressed=None),
        no_claim_without_data=cell(5, delta=3.0),
        claim_has_delta=cell(1, delta=None),
        claim_has_n=cell(1, n_to=None),
        n_from_rule=cell(2, n_from=4),
        n_to_rule=cell(2, n_to=4),
        n_from_rule_leaders=cell(7, n_from=4),
        n_to_rule_leaders=cell(7, n_to=4),
        leaders_level=cell(7, level="institution"),
        raters_from_rule=cell(6, raters_from=2),
        raters_to_rule=cell(6, raters_to=None),
        clusters_from_rule=cell(1, clusters_from=4),
        clusters_to_rule=cell(0, clusters_to=4),
        delta_is_difference=cell(0, delta=26.0),
        ci_low_below_delta=cell(0, ci_low=26.0),
        ci_high_above_delta=cell(0, ci_high=24.0),
        se_not_negative=cell(0, se=-4.0),
        p_is_probability=cell(0, p=-0.1),
        q_is_probability=cell(0, q=1.1),
        q_not_below_p=cell(0, q=0.0005),
        direction_holds=cell(2, status="increase"),
        direction_is_significant=cell(0, q=0.05),
        status_quo_is_equivalence=cell(1, ci_high=20.0),
        magnitude_known=cell(0, magnitude="huge"),
    ),
    Plants("reliability")
    .mart(hidden=4, figure="alpha", level=False)
    .add(
        item_total_not_negative=cell(0, min_item_total=-0.01),
        alpha_at_most_1=cell(0, alpha=1.01),
        omega_is_share=cell(0, omega=-0.2),
        n_present=cell(0, n=None),
        n_rule=cell(0, n=4),
        n_rule_leaders=cell(2, n=4),
        verdict_known=cell(0, verdict="splendid"),
        is_a_theme=cell(1, verdict="not_a_theme"),
    ),
    Plants("extract_reconciliation").add(
        columns=without("rows_scored"),
        rows=EMPTY,
        key_unique=twice(0),
        nothing_lost=cell(0, difference=1),
    ),
    Plants("response_rates")
    .mart(hidden=5, figure="rr1")
    .add(
        rr1_is_share=cell(0, rr1=1.02),
        rr2_is_share=cell(0, rr2=1.02),
        rr2_not_below_rr1=cell(0, rr2=0.5),
        rates_match_counts=cell(0, rr1=0.61),
        dispositions_add_up=cell(0, not_answered=7),
        flag_not_error=cell(1, flag="error"),
        flag_known=cell(1, flag="odd"),
        response_not_low=cell(1, flag="low"),
        invited_present=cell(1, invited=None),
        invited_rule=cell(2, invited=4),
        invited_rule_leaders=cell(4, invited=4),
        answered_rule=cell(2, complete=3, partial=1),
        answered_rule_leaders=cell(4, complete=4, partial=0),
        leaders_level=cell(4, level="institution"),
    ),
    Plants("item_distributions")
    .mart(hidden=4, figure="share")
    .add(
        n_present=cell(0, n=None),
        n_rule=cell(0, n=9),
        leaders_level=cell(2, level="institution"),
        share_is_share=cell(0, share=-0.1),
        not_unanimous=cell(0, share=1.0),
        extremes_coded=cell(0, share=0.02),
        coded_known=cell(1, coded="about"),
        shares_add_up=both(0, 1, share=0.5),
    ),
    Plants("sustained")
    .mart(hidden=3, figure="n_least", rows=False)
    .add(
        n_rule=cell(0, n_least=4),
        n_rule_leaders=cell(1, n_least=4),
        leaders_level=cell(1, level="institution"),
        raters_rule=cell(2, raters_least=None),
        status_known=cell(0, status="better"),
    ),
    Plants("item_contribution")
    .mart(hidden=4, figure="contribution", rows=False)
    .add(
        n_rule=cell(0, n_least=9),
        n_rule_leaders=cell(2, n_least=9),
        leaders_level=cell(2, level="institution"),
        raters_rule=cell(3, raters_least=2),
        parts_add_up=both(0, 1, contribution=6.1),
    ),
    Plants("composition")
    .mart(hidden=3, figure="delta", rows=False)
    .add(
        n_rule=cell(0, n_least=4),
        n_rule_leaders=cell(1, n_least=4),
        raters_rule=cell(2, raters_least=2),
        parts_of_n=cell(0, n_both_from=41),
    ),
    Plants("item_comparability")
    .mart(hidden=3, figure="shift", level=False)
    .add(n_rule=cell(0, n=4), n_rule_leaders=cell(1, n=4), drift_small=cell(0, is_flagged=True)),
    Plants("nonresponse")
    .mart(hidden=2, figure="rr2", rows=False)
    .add(
        n_rule=cell(0, answered=4),
        n_rule_leaders=cell(1, answered=4),
        leaders_level=cell(1, level="institution"),
        rate_is_share=cell(0, rr2=1.1),
    ),
    Plants("social_gap")
    .mart(hidden=4, figure="gap", rows=False)
    .add(
        n_rule=cell(0, n_least=4),
        n_rule_leaders=cell(1, n_least=4),
        leaders_level=cell(1, level="institution"),
        raters_rule=cell(2, raters_least=2),
        gap_is_difference=cell(0, gap=31.0),
        share_unknown_is_share=cell(0, share_unknown=1.1),
        ci_low_below=cell(0, ci_low=31.0),
        ci_high_above=cell(0, ci_high=29.0),
        reason_known=cell(3, reason="odd"),
        missing_has_reason=cell(0, ci_low=None),
    ),
    Plants("social_gap_change")
    .mart(hidden=4, figure="delta", rows=False)
    .add(
        n_rule=cell(0, n_least=4),
        n_rule_leaders=cell(1, n_least=4),
        leaders_level=cell(1, level="institution"),
        raters_rule=cell(2, raters_least=2),
        delta_is_difference=cell(0, delta=-11.0),
        ci_low_below=cell(0, ci_low=-9.0),
        ci_high_above=cell(0, ci_high=-11.0),
        reason_known=cell(3, reason="odd"),
        missing_has_reason=cell(0, ci_low=None),
    ),
    Plants("initiative_development")
    .mart(hidden=4, figure="difference", level=False, rows=False)
    .add(
        n_rule=cell(0, n_least=4),
        n_rule_leaders=cell(1, n_least=4),
        raters_rule=cell(2, raters_least=2),
        phase_known=cell(0, phase="later"),
        difference_is_difference=cell(0, difference=21.0),
        ci_low_below=cell(0, ci_low=21.0),
        ci_high_above=cell(0, ci_high=19.0),
        reason_known=cell(3, reason="odd"),
        missing_has_reason=cell(0, ci_low=None),
    ),
    Plants("turnover")
    .mart(hidden=3, figure="delta", rows=False)
    .add(
        n_rule=cell(0, n_least=4),
        n_rule_leaders=cell(1, n_least=4),
        leaders_level=cell(1, level="institution"),
        raters_rule=cell(2, raters_least=2),
        parts_add_up=cell(0, joiners=3.0),
        counts_add_up=cell(0, n_leavers=11),
    ),
    Plants("nonresponse_weighted")
    .mart(hidden=3, figure="difference", rows=False)
    .add(
        n_rule=cell(0, n=4),
        n_rule_leaders=cell(1, n=4),
        raters_rule=cell(2, raters=2),
        difference_is_difference=cell(0, difference=2.0),
        covered_is_share=cell(0, share_covered=1.1),
    ),
    Plants("academic_results")
    .mart(hidden=2, figure="share_good", rows=False)
    .add(
        confidential=cell(0, level="municipality"),
        n_rule=cell(1, n_least=4),
        kind_known=cell(0, kind="quiz"),
        shares_are_shares=cell(0, share_poor=1.2),
        best_are_good=cell(0, share_best=0.8),
        percentile_range=cell(0, mean_percentile=0.4),
    ),
    Plants("school_year_progression")
    .mart(hidden=3, figure="gain", rows=False)
    .add(
        confidential=cell(0, level="institution"),
        n_rule=cell(0, n=4),
        breakdown_known=cell(1, breakdown="shoe_size"),
        gain_is_difference=cell(0, mean_last=25.0),
        ci_low_below=cell(0, ci_low=4.1),
        ci_high_above=cell(0, ci_high=3.9),
        shares_are_shares=cell(0, share_reliable_fall=0.8),
        missing_has_reason=cell(0, ci_low=None),
    ),
    Plants("result_targets")
    .mart(hidden=3, figure="value", rows=False)
    .add(
        confidential=cell(0, level="municipality"),
        n_rule=cell(0, n=4),
        status_known=cell(0, status="nearly"),
        suppressed_says_so=cell(3, status="met"),
        not_comparable_has_reason=cell(2, reason="odd"),
        value_present=cell(0, value=None),
        judged_rightly=cell(1, status="met"),
    ),
    Plants("base_parameters")
    .mart(hidden=2, figure="mu", level=False)
    .add(n_rule=cell(0, n=4), n_rule_leaders=cell(1, n=4), has_spread=cell(0, sigma=0.0)),
    Plants("extract_respondents").add(
        rows=EMPTY,
        record_unique=twice(0),
        respondent_present=cell(0, respondent_id=None),
        respondent_unique=both(0, 1, respondent_id="pseudonym-2"),
        mapping_right=cell(1, mapping="2017"),
        group_right=cell(1, respondent_group="leaders"),
        municipality_present=cell(1, municipality_id=None),
        municipality_known=cell(1, municipality_id="751"),
        institution_present=cell(1, institution_id=None),
        grade_range=cell(0, grade=11),
        grade_in_group=cell(0, grade=3),
        gender_canonical=cell(0, gender="1"),
        simulated_throughout=cell(2, is_simulated=False),
        rater_present=Plant(cell(1, rater_id=None).change, (1,), group="rated"),
    ),
    Plants("extract_results").add(
        rows=EMPTY,
        record_unique=twice(0),
        result_unique=both(1, 2, measurement=2),
        pupil_present=cell(0, respondent_id=None),
        mapping_right=cell(1, mapping="2017"),
        group_right=cell(1, respondent_group="leaders"),
        municipality_known=cell(1, municipality_id="751"),
        institution_present=cell(1, institution_id=None),
        grade_range=cell(0, grade=11),
        test_declared=cell(0, test="quiz"),
        school_year_form=cell(0, school_year="2015/2016"),
        measurement_counts=cell(0, measurement=0),
        step_range=cell(0, step=7),
        percentile_range=cell(0, percentile=0.0),
        simulated_throughout=cell(2, is_simulated=False),
    ),
    Plants("stg_respondents").add(
        rows=EMPTY,
        record_unique=twice(0),
        group_declared=cell(0, respondent_group="strangers"),
        municipality_known=cell(1, municipality_id="751"),
        lineage_present=cell(1, lineage_id=None),
        grade_has_band=cell(0, grade_band=None),
    ),
    Plants("stg_answers").add(
        rows=EMPTY,
        answer_unique=twice(0),
        kind_known=cell(0, kind="guess"),
        theme_declared=cell(1, theme="unheard_of"),
        valid_has_score=cell(0, score=None),
        others_have_no_score=cell(1, score=1),
    ),
    Plants("extract_codes").add(
        rows=EMPTY,
        codes_declared=cell(0, declared=False),
        variables_asked=cell(1, asked=False),
        questions_answered=cell(1, n=0),
    ),
)

PLANTS = {f"{plants.table}.{name}": plant for plants in TABLES for name, plant in plants.found.items()}

"""Disclosure's attack test on a candidate's marts, as checks of the verdict.

Belongs here: what the test finds, in the form of all checks. Does not belong here: the test (`pipelines.disclosure`).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipelines.disclosure import Disclosed, attacked
from pipelines.disclosure.relations import KEY
from pipelines.errors import KortlaegningError
from pipelines.marts import Audience
from pipelines.validation.results import CheckResult

QUESTIONS = {
    "determined": (
        "Et skjult tal, der følger af de viste, er offentliggjort (method.md 10).",
        "A hidden figure that follows from those shown is published (method.md 10).",
    ),
    "narrow": (
        "Et skjult gennemsnit skal kunne ligge på mindst en tiendedel af skalaen (method.md 10).",
        "A hidden mean must be free to lie anywhere on at least a tenth of the scale (method.md 10).",
    ),
    "near": (
        "Et skjult antal må ikke kunne regnes ud på én nær (method.md 10).",
        "A hidden number must not be known to within one (method.md 10).",
    ),
    "shown": (
        "Et tal, som reglerne skjuler, må ikke stå i nogen fil, og det, forvaltningen ikke ser, må ikke være offentligt.",
        "A figure that the rules hide must not be in any file, nor may what the administration does not see be public.",
    ),
}
"""Why each question matters, in Danish and English."""


def attack_marts(disclosed: Disclosed, marts_dir: Path, audience: Audience) -> list[CheckResult]:
    """One check per question.

    Args:
        disclosed: what disclosure control left, with the truth behind it.
        marts_dir: folder with `<audience>/<mart>.parquet`.
        audience: whose marts are attacked.
    """
    checked = sum(len(system.cells) for system in disclosed.ground.systems.values())
    try:
        found = attacked(disclosed, marts_dir, audience)
    except (KortlaegningError, OSError) as error:
        return [_result(question, audience, checked, None, str(error)) for question in QUESTIONS]
    return [_result(question, audience, checked, found[question], "") for question in QUESTIONS]


def _result(question: str, audience: Audience, checked: int, keys: pd.DataFrame | None, message: str) -> CheckResult:
    """One question's answer."""
    failed = 0 if keys is None else len(keys)
    return CheckResult(
        check_id=f"attack.{question}",
        table="attack",
        context=audience,
        source="disclosure",
        severity="error",
        owner="disclosure",
        why=QUESTIONS[question][1],
        why_da=QUESTIONS[question][0],
        verdict="could_not_run" if keys is None else "failed" if failed else "passed",
        n_checked=checked,
        n_failed=failed,
        failing_keys=pd.DataFrame(columns=KEY) if keys is None else keys,
        message=message or (f"{failed} of {checked} cells" if failed else ""),
    )

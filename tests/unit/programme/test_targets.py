"""Whom the national targets are about."""

from __future__ import annotations

from pipelines.programme import load_programme


def test_well_being_is_that_of_the_pupils_who_are_asked_themselves() -> None:
    """Svendborg also asks children in day-care, and parents about their children, on themes of the same family."""
    programme = load_programme("svendborg")
    family = programme.themes[programme.themes["family"].eq("trivsel")]
    assert {"barn_4_6", "elev_4_9", "foraelder_dagtilbud"} <= set(family["respondent_group"])
    wellbeing = programme.targets[programme.targets["target"].eq("3.1")]
    assert set(wellbeing["respondent_group"]) == {"elev_4_9"}
    assert set(wellbeing["theme"]) == {"trivsel"}

"""simulation.yaml: wrong entries are told with their place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipelines.errors import ConfigurationError
from pipelines.programme import Programme
from pipelines.simulate.plan import cumulative, read_plan
from pipelines.simulate.world import make_world

MakeTiny = Callable[[dict[str, str]], Programme]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sizes: {pupil: 3}", "sizes.pupil"),
        ("groups: {nobody: {}}", "'nobody' is not a respondent group"),
        ("groups: {child: {icc_school: 0.6, icc_class: 0.5}}", "leave no variance"),
        ("groups: {child: {loading: [0.9, 0.5]}}", "the lower first"),
        ("themes: [{respondent_group: child, theme: sorrow}]", r"themes\[0\]: child / sorrow is not in themes.csv"),
        ("changes: [{respondent_group: child, theme: joy, municipality_id: C}]", "'C' is not in municipalities.csv"),
        ("changes: [{respondent_group: child, theme: joy, by_mapping: {first: 1}}]", "not a mapping after the base"),
        ("shares: {four: [0.5, 0.5]}", "has 4 valid answers, not 2"),
        ("shares: {six: [0.5, 0.5]}", "'six' is not in scales.csv"),
        ("sizes: {municipalities: {C: 1}}", "'C' is not in municipalities.csv"),
        ("sizes: [", "is not YAML"),
    ],
)
def test_faults_are_told(make_tiny: MakeTiny, tiny_files: dict[str, str], text: str, told: str) -> None:
    tiny_files["simulation.yaml"] = text
    programme = make_tiny(tiny_files)
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_plan(programme)
    assert "simulation.yaml" in str(caught.value)


def test_a_scale_without_usual_shares_needs_them(make_tiny: MakeTiny, tiny_files: dict[str, str]) -> None:
    tiny_files["scales.csv"] += "".join(f"four,{n},{n},valid,{n},{n}\n" for n in (5, 6, 7))
    programme = make_tiny(tiny_files)
    with pytest.raises(ConfigurationError, match="no typical answers for the 7 codes of scale four"):
        make_world(programme, 0.01, 1)


def test_shares_need_not_sum_to_one() -> None:
    assert cumulative((1 / 8, 1 / 8, 1 / 4)) == pytest.approx([0.25, 0.5])

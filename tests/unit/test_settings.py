"""Settings: what is unknown is refused, what is given wins."""

from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError
from pipelines.settings import load_settings


def test_environment_and_options_are_read_and_options_win(tmp_path: Path) -> None:
    environ = {"KORTLAEGNING_HOME": str(tmp_path / "a"), "KORTLAEGNING_THREADS": "3", "OTHER": "x"}
    settings = load_settings(environ, home=tmp_path / "b")
    assert settings.home == tmp_path / "b"
    assert settings.threads == 3
    assert settings.landing_dir == tmp_path / "b" / "landing"


def test_unknown_setting_is_named() -> None:
    with pytest.raises(ConfigurationError, match="KORTLAEGNING_TREADS is unknown"):
        load_settings({"KORTLAEGNING_TREADS": "3"})


@pytest.mark.parametrize(("name", "value"), [("THREADS", "0"), ("MEMORY_LIMIT", "much"), ("PSEUDONYM_KEY", "short")])
def test_value_that_does_not_fit_is_refused_without_showing_it(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as caught:
        load_settings({f"KORTLAEGNING_{name}": value})
    assert "short" not in str(caught.value)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.threads = 5  # type: ignore[misc]

"""One frozen settings object for a run: where things are and how much of the machine may be used.

Belongs here: what differs between machines and users. Does not belong here: what differs between programmes
(`programme.yaml`), because that decides what the numbers mean and is part of a release's identity.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import ConfigurationError

CHECKOUT = Path(__file__).resolve().parent.parent
PREFIX = "KORTLAEGNING_"

Extent = Literal["all", "sample"]
"""Which documents are written. A sample: those of the whole programme, each municipality's report, and of all else (archives of
charts and tables too) what is the first municipality's, its schools', or the first theme's."""
Papers = Literal["all", "joint", "report"]
"""Which of them are written as PDF too: all, those of the whole programme, or its læringsrapport alone."""


class Settings(BaseModel):
    """Settings of one run. Each field can be set by an environment variable `KORTLAEGNING_<FIELD>`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(default=CHECKOUT / "data", description="everything that a run writes")
    landing: Path | None = Field(default=None, description="extracts as delivered; default: `landing/` under home")
    programme: str = Field(default="pfl", description="slug or folder of the programme that `dagster dev` shows")
    documents: Extent = Field(
        default="all",
        description="documents that are written: all, or of each kind a sample and every municipality's report",
    )
    threads: int = Field(default=2, ge=1, le=256, description="threads of DuckDB, and processes of a run")
    memory_limit: str = Field(default="2GB", pattern=r"^\d+(\.\d+)?(MB|GB)$", description="DuckDB's own memory bound")
    pdf: Papers = Field(
        default="all",
        description="documents that are written as PDF too: all, those of the whole programme, or its report alone",
    )
    pseudonym_key: str | None = Field(
        default=None, min_length=16, description="secret for pseudonyms; default: a key file under home, mode 0600"
    )

    source_username: str | None = Field(default=None, description="user at the source that `--source` names")
    source_password: str | None = Field(default=None, description="password there")
    credentials: Path | None = Field(
        default=None, description="JSON file, mode 0600: host to username, password, client_keys, known_hosts"
    )

    keep_releases: int | None = Field(
        default=None, ge=1, description="releases to keep; left out: all. The current one and those gone back to stay"
    )
    confidential: Literal["owner", "group"] = Field(
        default="owner",
        description="who may read what is `internal` and deliveries: the owner of home alone, or its group",
    )
    signing_key: Path | None = Field(
        default=None, description="Ed25519 private key (PEM, mode 0600) that signs the ledger's lines"
    )
    deliver: str | None = Field(
        default=None,
        description="where deliveries are sent to, besides `deliver` of the programme: URLs with blanks between",
    )

    @property
    def landing_dir(self) -> Path:
        """Folder that holds `<programme>/<mapping>/…`."""
        return self.landing if self.landing is not None else self.home / "landing"

    @property
    def raw_dir(self) -> Path:
        """Folder of raw Parquet."""
        return self.home / "raw"

    @property
    def work_dir(self) -> Path:
        """Folder of candidates: what a run builds before it is released."""
        return self.home / ".work"

    @property
    def quarantine_dir(self) -> Path:
        """Folder of what was set aside, with reasons."""
        return self.home / "quarantine"

    @property
    def dagster_dir(self) -> Path:
        """Dagster's storage: `DAGSTER_HOME` if set, else `dagster/` under home."""
        given = os.environ.get("DAGSTER_HOME")
        return Path(given) if given else self.home / "dagster"


def load_settings(environ: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Settings from the environment, then from `overrides` that are not None.

    Raises:
        ConfigurationError: an unknown `KORTLAEGNING_` variable or a value that does not fit.
    """
    environ = os.environ if environ is None else environ
    given: dict[str, object] = {
        name.removeprefix(PREFIX).lower(): value for name, value in environ.items() if name.startswith(PREFIX)
    }
    given.update({name: value for name, value in overrides.items() if value is not None})
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(PREFIX + field.upper() for field in Settings.model_fields))
            raise ConfigurationError(f"setting {PREFIX}{name.upper()} is unknown; known are {known}") from None
        raise ConfigurationError(f"setting {name} ({PREFIX}{name.upper()}): {first['msg']}") from None
    absolute = {"home": settings.home.absolute()}
    if settings.landing is not None:
        absolute["landing"] = settings.landing.absolute()
    return settings.model_copy(update=absolute)

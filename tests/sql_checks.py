"""Style of the models (sqlfluff) and rules of the dbt project (dbt-bouncer): `python -m tests.sql_checks`.

Belongs here: calling the two on a scratch parse, so that nothing is written into the project. Does not belong here: the
rules (`.sqlfluff`, `dbt-bouncer.yml`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pipelines.programme import load_programme
from pipelines.settings import CHECKOUT
from pipelines.warehouse import DATABASE, manifest


def main() -> int:
    """Run both; the exit code tells whether anything was found."""
    binaries = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as scratch:
        parsed = Path(scratch) / "manifest.json"
        parsed.write_text(json.dumps(manifest(load_programme("pfl"))), encoding="utf-8")
        config = Path(scratch) / "dbt-bouncer.yml"
        rules = (CHECKOUT / "dbt-bouncer.yml").read_text(encoding="utf-8")
        config.write_text(f"dbt_artifacts_dir: {parsed.parent}\n{rules}", encoding="utf-8")
        environment = os.environ | {
            "DBT_TARGET_PATH": scratch,
            "DBT_LOG_PATH": scratch,
            "DBT_KORTLAEGNING_DATABASE": f"{scratch}/{DATABASE}",
            "DO_NOT_TRACK": "1",
        }
        lint = [binaries / "sqlfluff", "lint", "--disable-progress-bar", "dbt_project/models"]
        bouncer = [binaries / "dbt-bouncer", "run", "--config-file", config]
        codes = [
            subprocess.run([str(part) for part in command], cwd=CHECKOUT, env=environment, check=False).returncode
            for command in (lint, bouncer)
        ]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())

"""kortlaegning: survey mappings of schools and day-care, from raw extracts to released marts and reports.

The package is laid out as the data flow: `programme` (what is surveyed), `extract`, `warehouse`, `inference`,
`disclosure`, `validation`, `release`, `reporting`; `assets` and `definitions` hang them into Dagster, `cli` is the way in.
Imports run downhill only (see `[tool.importlinter]` in pyproject.toml).
"""

__version__ = "0.1.0"

"""Reports: an audience's suppressed marts to pages that people read.

Belongs here: content, words, figures and layout of the reports. Does not belong here: computing or hiding a figure; whatever
stands on a page is read from the marts of its audience.

marts ─▶ `reading` ─▶ `content` (`records`) ─▶ sections, `documents` (blocks of `model`) ─▶ `figures` ─▶ `html` and other
renderers. Words come from `reports/texts` through `texts` and `wording`, layout from `reports/templates` and `reports/style`.
"""

from pipelines.reporting.build import Edition, write_reports
from pipelines.reporting.model import BESIDE, InputFile, Provenance
from pipelines.reporting.on_demand import write_figures
from pipelines.reporting.pupil import Measured, write_pupil_sheet

__all__ = [
    "BESIDE",
    "Edition",
    "InputFile",
    "Measured",
    "Provenance",
    "write_figures",
    "write_pupil_sheet",
    "write_reports",
]

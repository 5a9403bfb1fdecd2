"""The questions that were asked against those of the codebook: a variable name that came to mean something else is found.

Belongs here: comparing. Does not belong here: reading what a delivery says of its questions (`questionnaire`).
"""

from __future__ import annotations

from pipelines.extract.deliveries import Delivery
from pipelines.extract.findings import Finding
from pipelines.extract.questionnaire import Questionnaire, Variable, read_inside, read_questionnaire
from pipelines.files import sha256_text
from pipelines.programme import Programme

SHORT = 8
"""Characters that SurveyXact's structure and old .sav files leave of a variable's name."""


def text_hash(text: str) -> str:
    """Hash of a wording; blanks, case and the mark at the end do not count."""
    return sha256_text(" ".join(text.split()).casefold().rstrip(" .:?!"))


def check_companion(programme: Programme, companion: Delivery) -> list[Finding]:
    """Findings of a structure or labels file.

    Raises:
        InputError: it cannot be read.
    """
    name = f"{companion.mapping}/{companion.name}"
    structure, labels = (companion.path if companion.part == part else None for part in ("structure", "labels"))
    return check_wording(programme, companion, read_questionnaire(companion.extract, name, structure, labels))


def check_inside(programme: Programme, delivery: Delivery) -> list[Finding]:
    """Findings of what a data file itself says of its questions: the labels of .sav and .dta, the sheets of a workbook.

    Raises:
        InputError: it cannot be read.
    """
    extract, name = delivery.extract, f"{delivery.mapping}/{delivery.name}"
    if extract.content != "answers" or extract.format == "csv" or not (extract.structure or extract.labels):
        return []
    if extract.format == "xlsx":
        structure, labels = (delivery.path if sheet else None for sheet in (extract.structure, extract.labels))
        return check_wording(programme, delivery, read_questionnaire(extract, name, structure, labels))
    return check_wording(programme, delivery, read_inside(delivery.path, name, extract.format))


def check_wording(programme: Programme, delivery: Delivery, asked: Questionnaire) -> list[Finding]:
    """Findings that stop: a question whose wording, or an answer whose label, is not the codebook's.

    Args:
        programme: its codebook, items and scales, in Danish and English.
        delivery: the file that the questionnaire belongs to; findings name it.
        asked: what the delivery says of its questions. What it does not say is not compared.
    """
    group, mapping = delivery.extract.respondent_group, delivery.mapping
    items = {str(i.item_id): i for i in programme.items.itertuples(index=False) if i.respondent_group == group}
    findings = []
    for row in programme.asked(mapping, group).itertuples(index=False):
        variable = asked.get(str(row.variable)) or asked.get(str(row.variable)[:SHORT])
        if variable is None:
            continue
        item = items[str(row.item_id)]
        wordings = [str(row.text_da or item.text_da), str(row.text_en or item.text_en)]
        findings += _question(delivery, variable, str(row.variable), wordings)
        findings += _answers(programme, delivery, variable, str(row.variable), str(row.scale))
    return findings


def _question(delivery: Delivery, variable: Variable, name: str, wordings: list[str]) -> list[Finding]:
    """The wording, which may stand in the question or, in a battery, in the choice."""
    said = {text_hash(text) for text in (variable.text, variable.choice) if text}
    if not said or said & {text_hash(text) for text in wordings if text}:
        return []
    message = (
        "the question is another than the codebook's: was the variable given a new meaning? Correct items.csv, or give the "
        "wording of this mapping in codebook.csv and say how it compares"
    )
    return [_finding(delivery, "question_changed", message, name, variable.row)]


def _answers(programme: Programme, delivery: Delivery, variable: Variable, name: str, scale: str) -> list[Finding]:
    """The labels of the codes: another scale or another direction shows here."""
    rows = programme.scales[programme.scales["scale"].eq(scale)]
    labels = {
        str(row.code): {text_hash(str(row.label_da)), text_hash(str(row.label_en))}
        for row in rows.itertuples(index=False)
    }
    if not variable.codes:
        return []
    for code, label in variable.codes.items():
        # Scales with labels at the ends only have numbers between.
        if code in labels and (label == code or not label or text_hash(label) in labels[code]):
            continue
        message = (
            "the answers have other labels than the scale in scales.csv: was a scale changed or turned? Declare the scale of "
            "this mapping and say in codebook.csv how it compares"
        )
        return [_finding(delivery, "labels_changed", message, name, variable.row)]
    return []


def _finding(delivery: Delivery, reason: str, message: str, column: str, row: int | None) -> Finding:
    """A finding that stops."""
    return Finding(delivery.mapping, delivery.name, reason, message, "stop", row, column)

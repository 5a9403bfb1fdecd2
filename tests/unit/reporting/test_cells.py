"""What many rows say is said once, and a table of nothing but the sign is a sentence."""

from __future__ import annotations

from pipelines.reporting.cells import condensed, told_once
from pipelines.reporting.model import Block, Column, Fold, Hidden, Number, Paragraph, Part, Row, Said, Status, Table
from pipelines.reporting.texts import Speaker, Voices

WIDE: Said = {"da": "usikkerheden er for stor", "en": "too uncertain"}
OTHER: Said = {"da": "få skoler", "en": "few schools"}
FEW = Hidden({"da": "for få", "en": "too few"})


def said(text: str) -> Said:
    return {"da": text, "en": text}


def open_(reason: Said | None) -> Status:
    return Status("inconclusive", said("uafklaret"), reason)


def table(*rows: tuple[Number | Hidden | Status, ...], foot: Row | None = None) -> Table:
    columns = (Column(said("Tema"), False), Column(said("Point")), Column(said("Status"), False))
    return Table(
        "t", said("Tabel"), columns, (Part(None, tuple(Row(said(str(k)), row) for k, row in enumerate(rows))),), foot
    )


def notes(found: Table) -> list[Said | None]:
    return [cell.note for row in found.rows for cell in row.cells if isinstance(cell, Status)]


def test_a_reason_of_many_rows_is_said_once(voices: Voices) -> None:
    one = Number(1.0, "change")
    made = told_once(Speaker(voices), table(*((one, open_(reason)) for reason in (WIDE, WIDE, OTHER, WIDE))))
    assert notes(made) == [None, None, OTHER, None]
    assert made.note is not None
    assert made.note["da"] == "Hvor der kun står »uafklaret«: usikkerheden er for stor."


def test_a_reason_stays_where_it_is_rare_or_the_bare_word_means_nothing(voices: Voices) -> None:
    one = Number(1.0, "change")
    for reasons in ((WIDE, WIDE, OTHER), (WIDE, WIDE, WIDE, None)):
        found = table(*((one, open_(reason)) for reason in reasons))
        assert told_once(Speaker(voices), found) == found


def test_a_table_of_which_all_is_hidden_is_a_sentence(voices: Voices) -> None:
    hidden = table(*((FEW, Status("suppressed", said("undertrykt"))) for _ in range(3)))
    fold, theme = Fold(said("mere"), (hidden,)), Fold(said("tema"), (Paragraph(said("spurgt om")), hidden))
    *made, kept = condensed(Speaker(voices), (hidden, fold, theme))
    assert isinstance(kept, Fold)
    assert [type(one) for one in kept.blocks] == [Paragraph, Paragraph]
    assert [one.words["da"] for one in made if isinstance(one, Paragraph)] == ["• Tabel: Alle tal er undertrykt."] * 2


def test_a_table_with_one_figure_stays(voices: Voices) -> None:
    status = Status("suppressed", said("undertrykt"))
    for shown in (
        table((FEW, status), (Number(1.0, "change"), status)),
        table((FEW, status), foot=Row(said("alle"), (Number(1.0, "count"),))),
        table(),
    ):
        blocks: tuple[Block, ...] = (shown, Fold(said("mere"), (shown,)))
        assert condensed(Speaker(voices), blocks) == blocks

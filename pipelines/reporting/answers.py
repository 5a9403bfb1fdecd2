"""How each question of a group was answered.

Belongs here: tables and charts of the distributions of answers.
Does not belong here: which documents have them (`documents`).
"""

from __future__ import annotations

from pipelines.reporting.model import (
    Bar,
    Bars,
    Block,
    Chart,
    Column,
    Fold,
    Heading,
    Paragraph,
    Part,
    Row,
    Said,
    Table,
)
from pipelines.reporting.records import (
    AnswerTable,
    GroupBlock,
    ItemAnswers,
)
from pipelines.reporting.sections import Sections


def answer_blocks(sections: Sections, group: GroupBlock, name: str) -> list[Block]:
    """What was answered to each question, a fold per theme."""
    say = sections.say
    folds: list[Block] = []
    for number, theme in enumerate(group.themes, 1):
        if theme.answers:
            inner: list[Block] = [Paragraph(theme.description)] if theme.description["da"] else []
            inner += [
                answer_chart(sections, theme.label, shared, f"{name}-svar-{number}-{k}")
                for k, shared in enumerate(theme.answers, 1)
            ]
            is_open = theme.level.state == "by_item"
            folds.append(Fold(theme.label, tuple(inner), is_open=is_open, is_printed=is_open))
    if not folds:
        return []
    is_printed = any(isinstance(fold, Fold) and fold.is_printed for fold in folds)
    has_limits = any(any(item.limits) for theme in group.themes for shared in theme.answers for item in shared.items)
    lead = [say("group.answers_lead"), *([say("group.answers_limits")] if has_limits else [])]
    return [
        Heading(say("group.answers"), is_printed),
        Paragraph(say.joined(lead), is_printed=is_printed),
        *folds,
    ]


def answer_chart(sections: Sections, theme: Said, shared: AnswerTable, name: str) -> Block:
    """Diverging bars and the shares of questions that share one scale; a profile has the shares with bars in the table."""
    say = sections.say
    caption = say("caption.answers", theme=theme, mapping=sections.frame.latest.label)
    table = Table(
        name=name,
        caption=caption,
        columns=(
            Column(say("table.question"), False),
            *(Column(answer) for answer in shared.answers),
            Column(say("table.n")),
        ),
        parts=(Part(None, tuple(_answer_row(sections, item) for item in shared.items)),),
        look="shares" if sections.is_profile else "figures",
    )
    if sections.is_profile or not any(_is_whole(item) for item in shared.items):
        return table
    return Chart(
        name=name,
        title=caption,
        description=say("figure.answers.describe", n=len(shared.items)),
        read=say("figure.answers.read"),
        plot=Bars(
            shared.answers,
            tuple(
                Bar(_question(sections, item), tuple(share for share in item.shares if share is not None))
                if _is_whole(item)
                else Bar(
                    _question(sections, item),
                    (),
                    say(f"state.{item.state if item.state != 'shown' else 'suppressed'}"),
                )
                for item in shared.items
            ),
        ),
        table=table,
    )


def _question(sections: Sections, item: ItemAnswers) -> Said:
    if not item.is_negative:
        return item.text
    return sections.say("figure.answers.negative", question=item.text)


def _answer_row(sections: Sections, item: ItemAnswers) -> Row:
    cells = sections.cells
    shares = zip(item.shares, item.limits, strict=True)
    numbers = (
        *(cells.number(share, "share", limit=limit) for share, limit in shares),
        cells.number(item.n, "count"),
    )
    remark = sections.say("table.negative") if item.is_negative else None
    return Row(item.text, cells.figures(item.state, item.code, numbers), remark)


def _is_whole(item: ItemAnswers) -> bool:
    """Whether all shares of a question are shown."""
    return item.state == "shown" and all(share is not None for share in item.shares)

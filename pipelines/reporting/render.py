"""From content and figures to HTML: one self-contained file, no script, nothing fetched.

Belongs here: handing the templates what they need. Does not belong here: layout (`reports/templates`, `reports/style`), words
(`reports/texts`), figures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.marts import SIMULATED
from pipelines.reporting import wording
from pipelines.reporting.canvas import Drawing
from pipelines.reporting.content import Source
from pipelines.reporting.figures import Figures
from pipelines.reporting.model import Language, Said
from pipelines.reporting.order import by_change, by_level
from pipelines.reporting.panels import LONGEST_KEY
from pipelines.reporting.records import (
    COMPARABLE,
    STATUSES,
    Frame,
    GroupBlock,
    Page,
    Response,
    ResponseRow,
    Tally,
    ThemeBlock,
)
from pipelines.reporting.texts import Voice, Voices
from pipelines.settings import CHECKOUT

REPORTS = CHECKOUT / "reports"

STATUS_SIGNS = {"increase": "▲", "decrease": "▼", "status_quo": "■", "inconclusive": "○", "suppressed": "•"}
"""Marks before the status words, the same as in the figures."""

PROGRAMME_PAGE = "programme.html"


def render_page(
    page: Page,
    tally_drawing: Drawing | None,
    figures: Sequence[Figures],
    voice: Voice,
    file_name: str,
) -> str:
    """A report in one language."""
    frame = page.frame
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            **_shared(voice, frame),
            page=page,
            tally_drawing=tally_drawing,
            figures=figures,
            file_name=file_name,
            other_language="en" if voice.language == "da" else "da",
            summary_line=lambda page: wording.summary_line(voice, page.tally, page.pairs[0] if page.pairs else None),
            group_line=lambda page, group: wording.summary_line(voice, group.tally, page.pairs[0]),
            period_line=lambda page: wording.summary_line(voice, page.period.tally, page.period.pair),
            notes=lambda group: _notes(voice, group),
            hidden_in_group=lambda group: wording.hidden_note(voice, _hidden_codes(group), frame),
            hidden_in_responses=lambda page: wording.hidden_note(
                voice,
                [one.code for row in page.responses for one in _responses(row) if one.state == "suppressed"],
                frame,
            ),
            guide_text=lambda entry, page: voice(f"guide.entries.{entry}.text", **_settings(page)),
            method_text=lambda entry, page: voice(
                f"method.entries.{entry}",
                valid=voice.number.share(frame.thresholds.min_valid_share),
                alpha=frame.thresholds.alpha,
            ),
            disclosure_text=lambda page: voice(
                f"disclosure.text.{frame.audience}",
                n=frame.limits.min_n,
                leaders=frame.limits.leaders_min_n,
                raters=frame.limits.min_raters,
                items=frame.limits.item_min_n,
            ),
            flags=lambda page: sorted(
                {row.rounds[-1].flag for row in page.responses if row.rounds[-1].flag is not None}
            ),
            round_note=lambda page: _round_note(voice, page),
        )
    )


def render_index(source: Source, names: dict[str, str], voices: Voices) -> str:
    """The way in: every report in both languages, Danish first."""
    frame, voice = source.frame, voices["da"]
    entries = [{"label": None, "file": PROGRAMME_PAGE, "kind": "programme"}] + [
        {"label": label, "file": names[unit], "kind": "municipality"} for unit, label in source.municipalities.items()
    ]
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            **_shared(voice, frame),
            english=voices["en"],
            entries=entries,
            latest=frame.rounds[-1],
            programme_label=frame.programme_label,
            about=frame.about,
            data_source=frame.data_source,
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Templates with everything escaped, and an error where one names what is not there."""
    return Environment(
        loader=FileSystemLoader(REPORTS / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@lru_cache(maxsize=1)
def _style() -> Markup:
    return Markup((REPORTS / "style" / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


def _shared(voice: Voice, frame: Frame) -> dict[str, object]:
    """What every template may use: words, number formats, order."""
    language, number = voice.language, voice.number
    return {
        "voice": voice,
        "say": lambda said: _say(said, language),
        "audience": frame.audience,
        "provenance": frame.provenance,
        "simulated_mark": SIMULATED,
        "style": _style(),
        "status_signs": STATUS_SIGNS,
        "by_level": by_level,
        "by_change": by_change,
        "ordered": _with_status,
        "present_statuses": _present,
        "svg": lambda drawing, name: Markup(drawing.in_language(language, name)),  # noqa: S704 - words are escaped there
        "status_word": lambda change: wording.status_word(voice, change),
        "why": lambda change: "" if change.status == "suppressed" else wording.change_reason(voice, change, frame),
        "why_hidden": lambda code: wording.hidden_reason(voice, code, frame),
        "whole": _or_none(lambda value: number.decimal(value, 0)),
        "count": _or_none(lambda value: number.integer(int(value))),
        "share": _or_none(number.share),
        "rate": _or_none(lambda value: number.share(value, 1)),
        "percent": number.share,
        "coefficient": _or_none(lambda value: number.decimal(value, 2)),
        "interval": lambda low, high: None if low is None or high is None else number.interval(low, high),
        "signed": lambda value: number.signed(value, 1),
        "change_interval": lambda low, high: (
            voice("sign.none") if low is None or high is None else number.change_interval(low, high)
        ),
        "probability": lambda value: voice("sign.none") if value is None else number.probability(value),
        "effect_size": lambda value: voice("sign.none") if value is None else number.signed(value, 2),
        "bar": lambda value: f"{100 * value:.0f}",
    }


def _say(said: Said, language: Language) -> str:
    return said[language]


def _or_none(write: Callable[[float], str]) -> Callable[[float | None], str | None]:
    """A format that leaves nothing as nothing."""
    return lambda value: None if value is None else write(value)


def _present(tally: Tally) -> list[str]:
    """Columns of the résumé: the four that make a theme comparable, and others that occur."""
    return [status for status in STATUSES if status in COMPARABLE or tally.counts[status]]


def _with_status(group: GroupBlock, status: str) -> list[ThemeBlock]:
    """Themes of one status over the latest pair, the largest change first."""
    found = [theme for theme in by_change(group.themes) if theme.changes[0].status == status]
    return found[::-1] if status == "decrease" else found


def _settings(page: Page) -> dict[str, float | str]:
    thresholds = page.frame.thresholds
    return {
        "base": page.frame.base,
        "trivial": thresholds.trivial,
        "relevant": thresholds.relevant,
        "marked": thresholds.marked,
        "alpha": thresholds.alpha,
    }


def _hidden_codes(group: GroupBlock) -> list[str | None]:
    """Reason codes of everything hidden in a group's section."""
    levels = [
        level
        for theme in group.themes
        for level in (
            theme.level,
            theme.programme,
            *theme.spread,
            *(one for r in theme.rounds for one in (r.unit, r.programme)),
        )
    ]
    items = [item for theme in group.themes for table in theme.answers for item in table.items]
    changes = [change for theme in group.themes for change in theme.changes]
    return [
        *(level.code for level in levels if level is not None and level.state == "suppressed"),
        *(item.code for item in items if item.state == "suppressed"),
        *(change.reason for change in changes if change.status == "suppressed"),
    ]


def _responses(row: ResponseRow) -> list[Response]:
    return [*row.rounds, *([row.programme] if row.programme else [])]


def _notes(voice: Voice, group: GroupBlock) -> list[str]:
    """Reservations on a group's themes, each said once: weak reliability, a later base."""
    said: dict[str, list[str]] = {}
    for theme in group.themes:
        note = wording.verdict_note(voice, theme.reliability)
        later = "" if theme.base is None else voice("group.base", mapping=theme.base)
        for text in filter(None, (note, later)):
            said.setdefault(text, []).append(theme.label[voice.language])
    return [f"{'; '.join(names)}: {text}" for text, names in said.items()]


def _round_note(voice: Voice, page: Page) -> str:
    """How to read the panels; the mappings' names where their keys do not fit under them."""
    keys = [held.key for held in page.frame.rounds]
    read = voice("figure.rounds.read")
    return (
        read
        if max(map(len, keys)) <= LONGEST_KEY
        else f"{read} {voice('figure.rounds.numbered', names=', '.join(keys))}"
    )

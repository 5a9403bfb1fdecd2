"""Codes to readers' words: statuses, reasons, signs, and the summary line of method.md 5.

Belongs here: which text a code takes. Does not belong here: the texts (`reports/texts`).
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.reporting.records import (
    Change,
    Frame,
    Level,
    Pair,
    Reliability,
    Tally,
)
from pipelines.reporting.texts import Voice


def status_word(voice: Voice, change: Change) -> str:
    """The status as readers see it: *moderat stigning*."""
    key = f"status.{change.status}"
    if change.status in ("increase", "decrease") and change.magnitude in ("moderate", "marked"):
        return voice(f"magnitude.{change.magnitude}_{change.status}")
    return voice(key)


def absent_word(voice: Voice, change: Change) -> str:
    """What stands in a figure instead of a change that has none; the sign before the word where it is suppressed."""
    return voice("state.suppressed") if change.status == "suppressed" else status_word(voice, change)


def change_reason(voice: Voice, change: Change, frame: Frame) -> str:
    """Why no more can be said of a change; empty where nothing is to be explained."""
    if change.status == "by_item":
        return voice("reason.by_item")
    if change.status == "suppressed":
        return hidden_reason(voice, change.reason, frame)
    if change.reason is None:
        return ""
    known = change.reason if voice.has(f"reason.{change.reason}") else "other"
    thresholds = frame.thresholds
    return voice(
        f"reason.{known}",
        before=change.pair.before,
        after=change.pair.after,
        clusters=thresholds.min_clusters,
        trivial=thresholds.trivial,
        relevant=thresholds.relevant,
    )


def hidden_reason(voice: Voice, code: str | None, frame: Frame) -> str:
    """Why disclosure control hid a figure."""
    known = code if code is not None and voice.has(f"hidden.{code}") else "other"
    limits = frame.limits
    return voice(
        f"hidden.{known}",
        n=limits.min_n,
        raters=limits.min_raters,
        leaders=limits.leaders_min_n,
        items=limits.item_min_n,
    )


def hidden_note(voice: Voice, codes: Iterable[str | None], frame: Frame) -> str:
    """The legend of the sign and the reasons that occur; empty where nothing is hidden."""
    reasons = sorted({hidden_reason(voice, code, frame) for code in codes})
    return voice("disclosure.here", reasons="; ".join(reasons)) if reasons else ""


def level_word(voice: Voice, level: Level) -> str:
    """What stands instead of a level that is not shown."""
    return voice(f"state.{level.state}")


def verdict_note(voice: Voice, reliability: Reliability) -> str:
    """The note on a theme whose items do not hang together well enough; empty where they do."""
    if reliability.state != "shown":
        return ""
    if reliability.verdict is None:
        return voice("reliability.note.unknown")
    return "" if reliability.verdict in ("good", "acceptable") else voice(f"reliability.note.{reliability.verdict}")


def summary_line(voice: Voice, tally: Tally | None, pair: Pair | None) -> str:
    """The summary of method.md 5.

    Comparable themes that are increase or status quo, of all comparable themes; inconclusive as its own figure; *størstedelen*
    only above one half.
    """
    if tally is None or pair is None:
        return voice("summary.one_round")
    when = {"before": pair.before, "after": pair.after}
    if not tally.comparable:
        sentences = [voice("summary.none", **when)]
    else:
        key = _share_key(tally)
        apart = voice(
            "summary.apart",
            inconclusive=voice.count("summary.inconclusive", tally.counts["inconclusive"]),
            decrease=voice.count("summary.decrease", tally.counts["decrease"]),
        )
        line = voice.count(f"summary.{key}", tally.comparable, good=tally.good, **when)
        sentences = [line, apart[:1].upper() + apart[1:]]
    if tally.left_out:
        parts = [voice.count(f"summary.left_out_by.{status}", count) for status, count in tally.left_out.items()]
        sentences.append(voice("summary.left_out", parts=", ".join(parts)))
    return " ".join(sentences)


def _share_key(tally: Tally) -> str:
    """Which sentence the share of increases and status quo takes."""
    if not tally.good:
        return "nothing"
    if tally.good == tally.comparable:
        return "all"
    return "majority" if tally.is_majority else "part"

"""Codes to readers' words: statuses, reasons, signs, and the summary line of method.md 5.

Belongs here: which text a code takes, in every language at once. Does not belong here: the texts (`reports/texts`).
"""

from __future__ import annotations

from pipelines.reporting.model import Said
from pipelines.reporting.records import Change, Frame, Pair, Reliability, Tally
from pipelines.reporting.texts import Speaker


def status_word(say: Speaker, change: Change) -> Said:
    """The status as readers see it: *moderat stigning*."""
    if change.status in ("increase", "decrease") and change.magnitude in ("moderate", "marked"):
        return say(f"magnitude.{change.magnitude}_{change.status}")
    return say(f"status.{change.status}")


def absent_word(say: Speaker, change: Change) -> Said:
    """What stands in a figure instead of a change that has none; the sign before the word where it is suppressed."""
    return say("state.suppressed") if change.status == "suppressed" else status_word(say, change)


def change_reason(say: Speaker, change: Change, frame: Frame) -> Said | None:
    """Why no more can be said of a change; None where nothing is to be explained."""
    if change.status == "by_item":
        return say("reason.by_item")
    if change.status == "suppressed":
        return hidden_reason(say, change.reason, frame)
    if change.reason is None:
        return None
    known = change.reason if say.has(f"reason.{change.reason}") else "other"
    thresholds = frame.thresholds
    return say(
        f"reason.{known}",
        before=change.pair.before,
        after=change.pair.after,
        clusters=thresholds.min_clusters,
        units=say(f"clusters.{frame.clusters}"),
        trivial=thresholds.trivial,
        relevant=thresholds.relevant,
    )


def hidden_reason(say: Speaker, code: str | None, frame: Frame) -> Said:
    """Why disclosure control hid a figure."""
    known = code if code is not None and say.has(f"hidden.{code}") else "other"
    limits = frame.limits
    return say(
        f"hidden.{known}",
        n=limits.min_n,
        raters=limits.min_raters,
        leaders=limits.leaders_min_n,
        items=limits.item_min_n,
    )


def verdict_note(say: Speaker, reliability: Reliability) -> Said | None:
    """The note on a theme whose items do not hang together well enough; None where they do."""
    if reliability.state != "shown":
        return None
    if reliability.verdict is None:
        return say("reliability.note.unknown")
    return None if reliability.verdict in ("good", "acceptable") else say(f"reliability.note.{reliability.verdict}")


def summary_line(say: Speaker, tally: Tally | None, pair: Pair | None) -> Said:
    """The summary of method.md 5.

    Comparable themes that are increase or status quo, of all comparable themes; inconclusive as its own figure; *størstedelen*
    only above one half.
    """
    if tally is None or pair is None:
        return say("summary.one_round")
    when = {"before": pair.before, "after": pair.after}
    if not tally.comparable:
        sentences = [say("summary.none", **when)]
    elif tally.counts["inconclusive"] == tally.comparable:
        sentences = [say.count("summary.unsettled", tally.comparable, **when)]
    else:
        key = _share_key(tally)
        apart = say(
            "summary.apart",
            inconclusive=say.count("summary.inconclusive", tally.counts["inconclusive"]),
            decrease=say.count("summary.decrease", tally.counts["decrease"]),
        )
        line = say.count(f"summary.{key}", tally.comparable, good=tally.good, **when)
        sentences = [line, capitalised(apart)]
    if tally.left_out:
        parts = [say.count(f"summary.left_out_by.{status}", count) for status, count in tally.left_out.items()]
        sentences.append(say("summary.left_out", parts=say.joined(parts, ", ")))
    return say.joined(sentences)


def capitalised(said: Said) -> Said:
    """With a capital letter in front."""
    return {language: text[:1].upper() + text[1:] for language, text in said.items()}


def _share_key(tally: Tally) -> str:
    """Which sentence the share of increases and status quo takes."""
    if not tally.good:
        return "nothing"
    if tally.good == tally.comparable:
        return "all"
    return "majority" if tally.is_majority else "part"

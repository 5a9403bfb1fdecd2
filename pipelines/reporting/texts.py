"""The words of the reports: `reports/texts`, the only place where readers' sentences stand.

`<language>.yml` has those of the reports, `method.<language>.yml` those of the methods page, the data book and the workbook.

Belongs here: finding a text by its key and filling in what it leaves open. Does not belong here: any text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Concatenate, ParamSpec, cast

from pipelines.errors import ConfigurationError
from pipelines.files import read_yaml
from pipelines.reporting.model import LANGUAGES, Language, Number, Said
from pipelines.reporting.numbers import NumberFormat
from pipelines.settings import CHECKOUT

FOLDER = CHECKOUT / "reports" / "texts"

Value = str | int | float
P = ParamSpec("P")


@dataclass(frozen=True)
class Voice:
    """One language: its texts by dotted key (`summary.none`) and its number format."""

    language: Language
    texts: Mapping[str, str]
    number: NumberFormat

    def __call__(self, key: str, **values: Value) -> str:
        """The text, with whole numbers and settings written in the language's format.

        Raises:
            ConfigurationError: there is no such text, or it leaves something open that was not given.
        """
        if key not in self.texts:
            raise ConfigurationError(f"reports/texts/{self.language}.yml: text {key!r} is missing; add it")
        written = {name: self._written(value) for name, value in values.items()}
        try:
            return self.texts[key].format_map(written)
        except (KeyError, IndexError, ValueError):
            raise ConfigurationError(
                f"reports/texts/{self.language}.yml: text {key!r} has a place in braces that is not one of: "
                f"{', '.join(sorted(written)) or 'none'}"
            ) from None

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.texts

    def count(self, key: str, n: int, **values: Value) -> str:
        """The text for this number of things: `<key>.zero` where there is one, `<key>.one`, `<key>.other`."""
        form = "zero" if n == 0 and self.has(f"{key}.zero") else "one" if n == 1 else "other"
        return self(f"{key}.{form}", n=n, **values)

    def listed(self, key: str) -> list[str]:
        """Keys of the entries below a key, in the file's order; an entry is a text or has texts of its own."""
        below = [name[len(key) + 1 :].partition(".")[0] for name in self.texts if name.startswith(f"{key}.")]
        return list(dict.fromkeys(below))

    def _written(self, value: Value) -> str:
        if isinstance(value, str):
            return value
        return self.number.integer(value) if isinstance(value, int) else self.number.plain(value)


Voices = Mapping[Language, Voice]


def in_each(voices: Voices, say: Callable[Concatenate[Voice, P], str], *args: P.args, **kwargs: P.kwargs) -> Said:
    """The same thing said in every language."""
    return {language: say(voice, *args, **kwargs) for language, voice in voices.items()}


def text_in_each(voices: Voices, key: str, **values: Value) -> Said:
    """One text in every language."""
    return {language: voice(key, **values) for language, voice in voices.items()}


class Speaker:
    """Texts in every language at once. Values may themselves be said in every language, or figures."""

    def __init__(self, voices: Voices) -> None:
        self.voices = voices
        self._known: dict[object, Said] = {}

    def __call__(self, key: str, **values: Value | Said | Number) -> Said:
        """The text of this key."""
        if values:
            return {language: voice(key, **_in(voice, values)) for language, voice in self.voices.items()}
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = {language: voice(key) for language, voice in self.voices.items()}
        return known

    def count(self, key: str, n: int, **values: Value | Said | Number) -> Said:
        """The text for this number of things."""
        return {language: voice.count(key, n, **_in(voice, values)) for language, voice in self.voices.items()}

    def has(self, key: str) -> bool:
        """Whether there is such a text, in any language."""
        return any(voice.has(key) for voice in self.voices.values())

    def listed(self, key: str) -> list[str]:
        """Keys of the entries below a key."""
        return next(iter(self.voices.values())).listed(key)

    def joined(self, parts: Sequence[Said], between: str = " ") -> Said:
        """Texts behind one another; empty ones leave no trace."""
        return {language: between.join(part[language] for part in parts if part[language]) for language in self.voices}


def _in(voice: Voice, values: Mapping[str, Value | Said | Number]) -> dict[str, Value]:
    """Values in one language."""
    found: dict[str, Value] = {}
    for name, value in values.items():
        if isinstance(value, Number):
            found[name] = voice.number.write(value.kind, value.value)
        elif isinstance(value, Mapping):
            found[name] = value[voice.language]
        else:
            found[name] = value
    return found


@lru_cache(maxsize=1)
def load_voices() -> Voices:
    """Both languages, Danish first."""
    return {
        language: load_voice(FOLDER / f"{language}.yml", language, FOLDER / f"method.{language}.yml")
        for language in LANGUAGES
    }


def load_voice(file: Path, language: Language, *more: Path) -> Voice:
    """One language from its files.

    Raises:
        ConfigurationError: a file cannot be read or is not texts all through.
    """
    texts = {key: text for part in (file, *more) for key, text in _flat(read_yaml(part), part)}
    marks = ("decimal_mark", "thousands_mark", "percent", "extent", "change_extent", "below")
    absent = [mark for mark in marks if f"format.{mark}" not in texts]
    if absent:
        raise ConfigurationError(f"{file}: format.{absent[0]} is missing; numbers cannot be written without it")
    return Voice(language, texts, NumberFormat(**{mark: texts[f"format.{mark}"] for mark in marks}))


def places(text: str) -> set[str]:
    """Names of the places in braces that a text leaves open."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _flat(content: object, file: Path, above: str = "") -> Iterator[tuple[str, str]]:
    """Nested texts as dotted keys."""
    if isinstance(content, str):
        yield above, content.strip()
    elif isinstance(content, dict):
        for name, value in cast("dict[object, object]", content).items():
            yield from _flat(value, file, f"{above}.{name}" if above else str(name))
    else:
        raise ConfigurationError(f"{file}: {above or 'the file'} is not a text; put it in quotes")

"""What the files of one run share, so that nothing is set up or worked out again for each of them.

Belongs here: the in-memory DuckDB, pseudonyms already made, the programme's tables as files are held against them. Does not
belong here: anything of one file (`raw`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from types import TracebackType

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.extract.columns import Column
from pipelines.extract.placing import register
from pipelines.extract.pseudonyms import Pseudonymiser
from pipelines.extract.results import series_of
from pipelines.extract.screening import delivered_directions
from pipelines.programme import Programme
from pipelines.settings import Settings

PERSON_NAMESPACE = {"pupil": "pupil", "rated_pupil": "pupil", "staff": "staff", "parent": "pupil", "leader": "leader"}
"""Whose number a respondent number is: contact teachers and parents answer about a pupil."""
RATERS = "staff"
"""Whose number a contact teacher's is."""


class Session:
    """Opened once a run (or once a group, where nobody opened one) and closed with it."""

    def __init__(
        self, programme: Programme, settings: Settings, key: str, forgotten: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        """Open the database; `key` is the secret behind the pseudonyms, `forgotten` who must not come back."""
        self.forgotten = forgotten or {}
        self.programme = programme
        self._key = key
        self.con = duckdb.connect(config={"threads": settings.threads, "memory_limit": settings.memory_limit})
        self.con.execute("set enable_progress_bar = false")
        self.con.register("municipalities", pa.Table.from_pandas(programme.municipalities[["municipality_id"]]))
        self.tests = series_of(programme)
        self.forget_roster()
        # Tables of the programme are looked through once a mapping and group, not once a file.
        self.asked, self.values, self.themes = cache(self._asked), cache(self._values), cache(self._themes)
        self.directions = cache(partial(delivered_directions, programme))
        self.register = cache(self._register)
        self._makers: dict[str, Pseudonymiser] = {}
        self._kinds = {
            str(scale): dict(zip(rows["code"], rows["kind"], strict=True))
            for scale, rows in programme.scales.groupby("scale")
        }

    def __enter__(self) -> Session:
        """Use as a context so that the database is closed."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Close the database."""
        self.con.close()

    def _asked(self, mapping: str, group: str) -> dict[str, dict[str, str]]:
        """Variables asked of a group in a mapping, each with its codes and their kinds."""
        rows = self.programme.asked(mapping, group)
        return {v: self._kinds.get(s, {}) for v, s in zip(rows["variable"], rows["scale"], strict=True)}

    def _values(self, mapping: str, group: str) -> dict[str, dict[str, float]]:
        """Variables asked, each with what its valid codes count."""
        rows = self.programme.asked(mapping, group)
        worth: dict[str, dict[str, float]] = {}
        for one in self.programme.scales.itertuples(index=False):
            if one.kind == "valid":
                worth.setdefault(str(one.scale), {})[str(one.code)] = float(str(one.value))
        return {v: worth.get(s, {}) for v, s in zip(rows["variable"], rows["scale"], strict=True)}

    def _themes(self, mapping: str, group: str) -> dict[str, str]:
        """Variables asked, each with its theme."""
        items = self.programme.items[self.programme.items["respondent_group"].eq(group)]
        theme = dict(zip(items["item_id"], items["theme"], strict=True))
        rows = self.programme.asked(mapping, group)
        return {v: theme[i] for v, i in zip(rows["variable"], rows["item_id"], strict=True)}

    def _register(self, mapping: str) -> pa.Table:
        """The institutions as a mapping's rows are judged by them."""
        return register(self.programme, mapping)

    def forget_roster(self) -> None:
        """No roster has been read: what follows is another mapping or group."""
        self.has_roster = False
        self.con.execute("create or replace temp table listed (respondent_id varchar, institution_id varchar)")

    def keep_roster(self) -> None:
        """Remember whom the roster file that was just read lists, and where."""
        self.has_roster = True
        self.con.execute(
            "insert into listed select respondent_id, institution_id from respondent "
            "where reason is null and respondent_id is not null"
        )

    def pseudonyms(self, whose: str, column: Column) -> pa.StringArray:
        """The pseudonym of each row's number; a blank number has none.

        Args:
            whose: kind of person, a value of `PERSON_NAMESPACE`.
            column: numbers as delivered.
        """
        maker = self._makers.setdefault(whose, Pseudonymiser(self._key, f"{self.programme.slug}/{whose}"))
        made = pa.array(maker(column.trimmed()), pa.string())
        return made.take(pa.array(column.place)) if len(made) else pa.nulls(len(column.place), pa.string())

    def is_forgotten(self, whose: str, pseudonyms: pa.StringArray) -> NDArray[np.bool_]:
        """Which of them asked to be removed."""
        people = self.forgotten.get(whose)
        if not people:
            return np.zeros(len(pseudonyms), dtype=bool)
        found: NDArray[np.bool_] = pc.is_in(pseudonyms, pa.array(sorted(people))).to_numpy(zero_copy_only=False)
        return found


def empty_column(rows: int) -> Column:
    """A column of blanks, for a role that is not delivered."""
    return Column("", 0, pa.array([""], pa.string()), np.zeros(rows, dtype=np.int32))

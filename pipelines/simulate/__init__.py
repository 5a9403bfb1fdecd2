"""A programme's extracts, simulated with known truth.

Belongs here: drawing a population, its answers and the files that carry them, for any programme with a register of
institutions, and stating what is true of them. Does not belong here: reading extracts or estimating anything; the
pipeline never learns the truth.

`simulate` writes `out/<slug>/<mapping>/<files>` as the programme's extracts declare them and `out/truth/` beside it.
What the data are like is said in the programme's optional `simulation.yaml` (fields: `plan`). The model is in `model`,
what follows from it in `truth`. Every row bears the mark that it is simulated, where the programme declares a column
for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ConfigurationError, StorageError
from pipelines.programme import Programme
from pipelines.simulate.answers import draw_answers
from pipelines.simulate.defects import plant_defects
from pipelines.simulate.plan import read_plan
from pipelines.simulate.results import write_results
from pipelines.simulate.truth import write_truth
from pipelines.simulate.world import make_world
from pipelines.simulate.writing import WrittenFile, field_period, write_extract

__all__ = ["SimulationSummary", "WrittenFile", "demo_scale", "simulate"]


@dataclass(frozen=True)
class SimulationSummary:
    """What was written, in which folder, and where the truth about it is."""

    files: tuple[WrittenFile, ...]
    folder: Path
    truth: Path

    @property
    def answers(self) -> int:
        """Answers to items in all files."""
        return sum(file.answers for file in self.files)

    def __str__(self) -> str:
        """One line for people."""
        return f"{len(self.files)} files with {self.answers:,} answers in {self.folder}; the truth is in {self.truth}"


def demo_scale(programme: Programme) -> float:
    """Scale at which a programme is shown: a large one small, a small one whole.

    Raises:
        ConfigurationError: `simulation.yaml` is wrong.
    """
    return read_plan(programme).demo_scale


def simulate(
    programme: Programme,
    out: Path,
    scale: float = 1.0,
    seed: int = 2015,
    progress: Callable[[str], None] | None = None,
    has_defects: bool = False,
) -> SimulationSummary:
    """Write a programme's simulated extracts and the truth about them.

    The same programme, scale and seed give the same bytes.

    Args:
        programme: what to simulate, with all its mappings.
        out: folder that gets `<slug>/<mapping>/…` and `truth/`; files of the same names are replaced, no others.
        scale: number of pupils and staff relative to `simulation.yaml`; below a third there are fewer schools too.
        seed: of everything that is random, 0 or more.
        progress: gets one line a file.
        has_defects: plant every known kind of defect in the files (`defects`), and list them in `truth/defects.csv`.

    Raises:
        ConfigurationError: scale or seed is out of range, `simulation.yaml` is wrong, or there are no institutions.
        StorageError: `out` cannot be written.
    """
    if not 0 < scale < float("inf"):
        raise ConfigurationError(f"scale {scale} is not a positive number; 1 is the full size, 0.1 a tenth of it")
    if seed < 0:
        raise ConfigurationError(f"seed {seed} is negative; give a whole number from 0")
    world = make_world(programme, scale, seed)
    files: list[WrittenFile] = []
    for position, mapping in enumerate(programme.mappings):
        days = field_period(programme, position)[1]
        for group in programme.respondent_groups:
            wanted = [e for e in programme.extracts(mapping.key) if e.respondent_group == group.code and not e.optional]
            if not wanted:
                continue
            answers = draw_answers(world, group, position, days)
            for extract in wanted:
                if extract.content == "results":
                    files.append(write_results(world, extract, position, out / programme.slug / mapping.key))
                    continue
                is_roster = extract.content == "roster"
                file = write_extract(
                    world,
                    extract,
                    position,
                    out / programme.slug / mapping.key,
                    persons=world.population.invited(position, group) if is_roster else answers.persons,
                    answers=None if is_roster else answers,
                )
                files.append(file)
                if progress:
                    progress(f"{mapping.key} {file.path.name}: {file.rows} rows, {file.answers} answers")
    truth = out / "truth"
    try:
        write_truth(truth, world)
        if has_defects:
            plant_defects(programme, out)
    except OSError as error:
        reason = f"{truth}: cannot be written: {error.strerror}; free space or choose another folder"
        raise StorageError(reason) from None
    return SimulationSummary(files=tuple(files), folder=out / programme.slug, truth=truth)

"""The command line: reads arguments, calls the stages, prints. Thin.

Belongs here: what is typed and what is printed. Does not belong here: anything worth testing without a terminal. Heavy
packages are imported by the command that needs them: `--help` and a run with nothing to do must be quick.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import sys
import time
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import __version__
from pipelines.errors import ConfigurationError, KortlaegningError, StorageError
from pipelines.marts import SIMULATED
from pipelines.memory import collect_rarely, give_back
from pipelines.settings import CHECKOUT, PREFIX, Settings, load_settings
from pipelines.workers import IMPORTS, Workers

if TYPE_CHECKING:
    from pipelines.assets.plan import RunPlan
    from pipelines.extract import Finding
    from pipelines.programme import Programme

DEMO_PROGRAMME = "pfl"
INTERRUPTED = 130
TRACED = 12
"""Runs of rows that `trace` prints of a file."""
WIDE = 200
"""Characters of a table that is not read on a terminal."""


def entry() -> None:
    """Run one command as a process of its own, and leave at once when it is done.

    What was registered for the end is done. Taking the interpreter apart after that would take a second and let native
    libraries print what they think of it.
    """
    collect_rarely()
    code = _command(None)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command in a process that goes on, and give back the memory that it took.

    Returns:
        Its exit code: 0 done, 1 failed or blocked, 2 wrong use or configuration.
    """
    try:
        return _command(arguments)
    finally:
        give_back()


def _command(arguments: Sequence[str] | None) -> int:
    """Run one command; gives its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except KortlaegningError as error:
        return _say_error(options, str(error), error.exit_code)
    except KeyboardInterrupt:
        return _say_error(options, "interrupted; the current release is untouched", INTERRUPTED)
    except OSError as error:
        return _say_error(options, str(StorageError(f"{error.filename or 'a file'}: {error.strerror or error}")), 1)
    except Exception as error:
        return _say_error(options, f"unforeseen {type(error).__name__}; run again with --debug and report it", 1)


def _say_error(options: argparse.Namespace, message: str, code: int) -> int:
    """Print an error, with its trace under --debug."""
    print(f"kortlaegning: {message}", file=sys.stderr)
    if options.debug:
        traceback.print_exc()
    return code


def _run(options: argparse.Namespace) -> int:
    """`run`."""
    from pipelines.extract import pull
    from pipelines.release import home_lock

    settings = _settings(options)
    programme = _programme(options.programme)
    sources = [*programme.definition.sources, *(options.source or ())]
    if sources:
        with home_lock(settings.home, "kortlaegning pull"):
            for source in sources:
                pulled = pull(programme, settings, source)
                print(f"source {source}: {len(pulled.downloaded)} new files, {pulled.unchanged} known")
    with Workers(settings.threads - 1) as hands:
        return _build(programme, settings, options, "command line", hands, tuple(options.mapping or ()))


def _programme(named: str | Path) -> Programme:
    """The programme that a command is about."""
    from pipelines.programme import load_programme

    return load_programme(named)


def _demo(options: argparse.Namespace) -> int:
    """`demo`."""
    # A thousand documents would take longer than all the rest of so small a run.
    settings = _settings(options, documents="sample", pdf="report")
    with Workers(settings.threads - 1) as hands:
        hands.prepare("pipelines.simulate")
        began = time.monotonic()
        programme = _programme(options.programme)
        target = settings.landing_dir / programme.slug
        marker = settings.landing_dir / "truth" / "parameters.json"
        if target.exists() and any(target.iterdir()) and not marker.exists():
            raise ConfigurationError(
                f"{target} holds extracts that were not simulated; the demo would overwrite them; give another --home"
            )
        from pipelines.simulate import demo_scale, simulate

        scale = options.scale or demo_scale(programme)
        simulated = hands.give(simulate, programme, settings.landing_dir, scale, options.seed)
        if settings.threads > 1:
            # Meanwhile Dagster, and then dbt.
            import_module("pipelines.execution")
            import_module("pipelines.warehouse").prepare(programme)
        simulated.result()
        print(f"{SIMULATED}: extracts of {programme.label.en} in {target} ({time.monotonic() - began:.1f} s)")
        return _build(programme, settings, options, "demo", hands)


def _build(
    programme: Programme,
    settings: Settings,
    options: argparse.Namespace,
    trigger: str,
    hands: Workers,
    mappings: tuple[str, ...] = (),
) -> int:
    """Plan a run, execute it unless nothing has changed, and say where things are."""
    from pipelines.assets.plan import plan_run
    from pipelines.extract import begin
    from pipelines.release import catch_up, home_lock, is_caught_up, is_current, withdrawn

    began = time.monotonic()
    plan = plan_run(programme, settings, mappings)
    for note in plan.notes:
        print(f"note: {note}", file=sys.stderr)
    if is_current(settings.home, plan.release_id):
        if not is_caught_up(settings.home):
            with home_lock(settings.home, f"kortlaegning {trigger}"):
                catch_up(settings.home)
        print(f"Nothing has changed: release {plan.release_id} is current.")
        _print_places(settings, plan)
        return 0
    line = withdrawn(settings.home, plan.release_id)
    if line is not None:
        print(
            f"Nothing has changed since {line.content['actor']} went back from release {plan.release_id} to "
            f"{line.release_id} on {str(line.content['time'])[:10]}; to let readers see it again: "
            f"kortlaegning rollback {plan.release_id}"
        )
        return 0
    print(f"{plan.programme.label.en}: mappings {', '.join(plan.programme.mapping_keys)} → release {plan.release_id}")
    with home_lock(settings.home, f"kortlaegning {trigger}"):
        # Dagster takes two seconds to come and as long to begin: workers read meanwhile.
        begun = begin(plan.programme, settings, plan.landings, hands)
        hands.prepare(*IMPORTS)
        from pipelines.execution import STEPS, execute
        from pipelines.progress import RunProgress

        with RunProgress(STEPS) as progress:
            outcome = execute(settings, plan, progress, trigger, hands, begun)
    if not outcome.success:
        message, _, trace = outcome.message.partition("\nTraceback")
        print(
            f"kortlaegning: {message.splitlines()[0] if message.startswith('unforeseen') else message}", file=sys.stderr
        )
        if options.debug:
            print(f"Traceback{trace}" if trace else outcome.message, file=sys.stderr)
        return outcome.exit_code
    print(f"Released in {time.monotonic() - began:.1f} s.")
    if settings.documents == "sample":
        print("Of each kind of document there is a sample; KORTLAEGNING_DOCUMENTS=all writes all of them.")
    if settings.pdf == "report":
        print("On paper there is the joint report alone; KORTLAEGNING_PDF=all puts all of them on paper.")
    _print_places(settings, plan)
    return 0


def _print_places(settings: Settings, plan: RunPlan) -> None:
    """Where a reader finds what was made."""
    release = settings.home / "current"
    for name, path in (
        ("reports", release / "reports" / "public" / "index.html"),
        ("", release / "reports" / "internal" / "index.html"),
        ("marts", release / "marts" / "public"),
        ("", release / "marts" / "internal"),
        ("validation", release / "validation" / "index.html"),
        ("manifest", release / "manifest.json"),
    ):
        print(f"  {name:<11}{path}")


def _simulate(options: argparse.Namespace) -> int:
    """`simulate`."""
    from pipelines.simulate import simulate

    programme = _programme(options.programme)
    summary = simulate(programme, Path(options.out), options.scale, options.seed, has_defects=options.defects)
    print(f"{SIMULATED}: {summary}")
    return 0


def _check(options: argparse.Namespace) -> int:
    """`check`."""
    from pipelines.extract import BLOCKS, check_files

    findings = check_files(_programme(options.programme), [Path(path) for path in options.path], _settings(options))
    blocking = sum(finding.action in BLOCKS for finding in findings)
    if options.json:
        print(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False, indent=1))
    else:
        _print_findings(findings)
        print(f"{len(findings)} findings, {blocking} of them stop a run or block its release")
    return int(blocking > 0)


def _print_findings(findings: Sequence[Finding]) -> None:
    """A table: file, row, column, what, what will happen."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from pipelines.extract import WHAT_HAPPENS

    table = Table("file", "row", "column", "what", "what will happen", box=None, pad_edge=False)
    for finding in findings:
        more = f" ({finding.rows} rows)" if finding.rows > 1 else ""
        row = str(finding.row) if finding.row is not None else ""
        place = f"{finding.mapping}/{finding.file}"
        cells = (place, row, finding.column or "", finding.message + more, WHAT_HAPPENS[finding.action])
        table.add_row(*(Text(cell) for cell in cells))
    if findings:
        Console(width=None if sys.stdout.isatty() else WIDE, highlight=False).print(table)


def _draft(options: argparse.Namespace) -> int:
    """`draft-codebook`."""
    from pipelines.extract import draft_codebook

    draft = draft_codebook(options.file, options.mapping, options.group, options.language)
    if options.out is None:
        print(draft.codebook, end="")
        return 0
    for path in draft.write(options.out):
        print(path)
    print(f"{draft.variables} variables; themes, directions and comparability are yours to say")
    return 0


def _draft_institutions(options: argparse.Namespace) -> int:
    """`draft-institutions`."""
    from pipelines.extract import draft_institutions

    print(draft_institutions(options.file, tuple(options.municipality or ())), end="")
    return 0


def _status(options: argparse.Namespace) -> int:
    """`status`."""
    from pipelines.assets.plan import describe_status

    settings = _settings(options)
    for line in describe_status(_programme(options.programme), settings):
        print(line)
    return 0


def _forget(options: argparse.Namespace) -> int:
    """`forget`."""
    from pipelines.extract import forget, read_wishes
    from pipelines.release import home_lock

    settings = _settings(options)
    wishes = read_wishes(options.file)
    named = [options.programme] if options.programme else sorted(p.name for p in settings.landing_dir.glob("*/"))
    code = 0
    for name in named:
        if not options.programme and name == "truth":
            continue
        programme = _programme(name)
        with home_lock(settings.home, "kortlaegning forget"):
            removed = forget(programme, settings, wishes)
        print(f"{programme.slug}: {removed} rows removed from the landing folder")
        if removed:
            with Workers(settings.threads - 1) as hands:
                code = max(code, _build(programme, settings, options, "forget", hands))
    return code


def _verify(options: argparse.Namespace) -> int:
    """`verify`."""
    from pipelines.release import last_line, load_checker, verify

    settings = _settings(options)
    checker = load_checker(options.public_key) if options.public_key else None
    problems = verify(settings.home, checker)
    for problem in problems:
        print(f"kortlaegning: {problem}", file=sys.stderr)
    if not problems:
        signed = f", and the ledger is signed with key {checker.key_id}" if checker else ""
        print(f"{settings.home}: every release and the ledger fit their hashes{signed}")
        last = last_line(settings.home)
        if last is not None:
            print(f"last line of the ledger: {last.number}, {last.content['sha256']}")
    return int(bool(problems))


def _rollback(options: argparse.Namespace) -> int:
    """`rollback`."""
    from pipelines.release import actor, catch_up, home_lock, load_signer, roll_back

    settings = _settings(options)
    fields = {"actor": actor(), "trigger": "rollback"} | ({"reason": options.reason} if options.reason else {})
    with home_lock(settings.home, "kortlaegning rollback"):
        back = roll_back(settings.home, options.release, fields, signer=load_signer(settings.signing_key))
        catch_up(settings.home)
    print(f"Readers see release {back.release_id} again (was {back.ledger_line['from']}); {back.path}")
    return 0


def _trace(options: argparse.Namespace) -> int:
    """`trace`."""
    from dataclasses import asdict

    from pipelines.assets.trace import trace

    found = trace(_settings(options).home, options.figure, options.audience, options.release)
    if options.json:
        print(json.dumps(asdict(found) | {"agrees": found.agrees}, ensure_ascii=False, indent=1, default=str))
        return int(not found.agrees)
    print(f"release {found.release_id}, marts/{found.audience}/{found.mart}.parquet (sha256 {found.mart_sha256})")
    for name, value in found.figure.items():
        print(f"  {name:<20} {'–' if value is None else value}")
    print(f"checks of it: {', '.join(f'{count} {verdict}' for verdict, count in found.checks.items()) or 'none'}")
    if found.note:
        print(f"rows: {found.note}")
    for mapping, (told, rows) in found.counted.items():
        agrees = "" if told is None else f"; the mart counts {told}{'' if told == rows else ': THEY DIFFER'}"
        print(f"respondents of {mapping}: {rows} rows{agrees}")
    for file in found.files:
        runs = [f"{first}–{last}" if last > first else str(first) for first, last in file.ranges[:TRACED]]
        more = f", … ({len(file.ranges)} runs; --json has all)" if len(file.ranges) > TRACED else ""
        print(f"  {file.mapping}/{file.file} (sha256 {file.sha256}): {file.rows} rows: {', '.join(runs)}{more}")
    print("made by, in order:")
    for name, digest in found.models.items():
        print(f"  {name:<32} {digest}")
    return int(not found.agrees)


def _deliver(options: argparse.Namespace) -> int:
    """`deliver`."""
    from pipelines.release import places_to_deliver, send_deliveries

    settings = _settings(options)
    release = (settings.home / "current").resolve()
    if not release.is_dir():
        raise ConfigurationError(f"{settings.home}: has no release; there is nothing to deliver")
    places = list(options.to or ())
    if not places:
        named = _programme(options.programme).definition if options.programme else None
        places = places_to_deliver(named, settings)
    if not places:
        raise ConfigurationError("no place to deliver to: give --to, --programme or KORTLAEGNING_DELIVER")
    for place in send_deliveries(release, places, settings):
        print(f"{place.url}: {place.sent} deliveries sent, {place.unchanged} were there already")
    return 0


def _figures(options: argparse.Namespace) -> int:
    """`figures`: a document's charts and tables out of the current release."""
    from pipelines.release import current_release, read_manifest
    from pipelines.reporting import Edition, Provenance, write_figures

    settings = _settings(options)
    release = current_release(settings.home)
    if release is None:
        raise ConfigurationError(f"{settings.home} has no release yet; run `kortlaegning run` first")
    folder = settings.home / "releases" / release
    about = read_manifest(folder)
    programme = _programme(options.programme or str(about["programme"]))
    edition = Edition(options.audience, folder / "marts" / options.audience, options.out)
    provenance = Provenance(release, __version__, (), simulated=bool(about["simulated"]))
    written = write_figures(programme, edition, provenance, options.document)
    print(
        f"{len(written)} files of {options.document} ({options.audience}, release {release}) in {written[0].parents[1]}"
    )
    return 0


def _pupil(options: argparse.Namespace) -> int:
    """`pupil`: one pupil's own sheet."""
    from pipelines.assets.pupil import write_sheet

    number = sys.stdin.readline().strip() if options.number == "-" else options.number
    written = write_sheet(
        _programme(options.programme), _settings(options), number, options.out, is_pseudonym=options.pseudonym
    )
    print(f"the pupil's own sheet, for internal use only: {', '.join(str(path) for path in written)}")
    return 0


def _dev(options: argparse.Namespace) -> int:
    """`dev`: Dagster's web page with this home's storage."""
    from pipelines.execution import prepare_instance

    settings = _settings(options)
    os.environ["DAGSTER_HOME"] = str(prepare_instance(settings).absolute())
    os.chdir(CHECKOUT)
    os.environ["KORTLAEGNING_HOME"] = str(settings.home)
    command = str(Path(sys.executable).parent / "dagster")
    os.execv(command, [command, "dev", "-w", "workspace.yaml", "-h", options.host, "-p", str(options.port)])  # noqa: S606


def _settings(options: argparse.Namespace, **defaults: object) -> Settings:
    """Settings from the options that the command has, from the environment, and the command's own defaults."""
    given = {name: getattr(options, name, None) for name in ("home", "landing")}
    given |= {name: value for name, value in defaults.items() if f"{PREFIX}{name.upper()}" not in os.environ}
    return load_settings(**given)


def _parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--home", type=Path, help="folder for everything that is written (default: data/ in the checkout)"
    )
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    programme = argparse.ArgumentParser(add_help=False)
    programme.add_argument("--programme", required=True, metavar="SLUG|DIR", help="a shipped programme or its folder")
    sized = argparse.ArgumentParser(add_help=False)
    sized.add_argument("--seed", type=int, default=2015, help="same seed, same bytes (default: 2015)")

    parser = argparse.ArgumentParser(prog="kortlaegning", description="Survey mappings: from raw extracts to reports.")
    parser.add_argument("--version", action="version", version=f"kortlaegning {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run", parents=[common, programme], help="build what is out of date and publish a release"
    )
    run.add_argument("--mapping", action="append", metavar="KEY", help="only this round (may be given again)")
    run.add_argument("--landing", type=Path, help="folder with <programme>/<mapping>/… (default: landing/ under home)")
    run.add_argument(
        "--source", action="append", metavar="URL", help="pull new files from here first (may be given again)"
    )
    run.set_defaults(command=_run)

    demo = commands.add_parser("demo", parents=[common, sized], help="simulate a small programme, then run")
    demo.add_argument("--scale", type=_scale, help="1 is full size (default: `demo_scale` of simulation.yaml)")
    demo.add_argument("--programme", default=DEMO_PROGRAMME, metavar="SLUG|DIR", help="default: pfl")
    demo.set_defaults(command=_demo)

    simulate = commands.add_parser("simulate", parents=[common, programme, sized], help="write simulated extracts")
    simulate.add_argument("--out", required=True, type=Path, help="folder for the extracts and truth/")
    simulate.add_argument("--scale", type=_scale, default=1.0, help="1 is full size (default)")
    simulate.add_argument(
        "--defects", action="store_true", help="plant every known kind of defect; truth/defects.csv lists them"
    )
    simulate.set_defaults(command=_simulate)

    check = commands.add_parser(
        "check", parents=[common, programme], help="read extracts, tell every defect, change nothing"
    )
    check.add_argument("path", nargs="+", help="extract files or folders of a mapping")
    check.add_argument("--json", action="store_true", help="for machines")
    check.set_defaults(command=_check)

    _add_draft(commands)
    status = commands.add_parser("status", parents=[common], help="what has arrived and which release is current")
    status.add_argument("--programme", default=DEMO_PROGRAMME, metavar="SLUG|DIR", help="default: pfl")
    status.add_argument("--landing", type=Path, help="folder with <programme>/<mapping>/…")
    status.set_defaults(command=_status)

    forget = commands.add_parser(
        "forget", parents=[common], help="remove the listed respondents everywhere and publish a new release"
    )
    forget.add_argument(
        "file", type=Path, help="one person a line: number, or respondent_group,number, or rater,number"
    )
    forget.add_argument("--programme", metavar="SLUG|DIR", help="default: every programme in the landing folder")
    forget.add_argument("--landing", type=Path, help="folder with <programme>/<mapping>/…")
    forget.set_defaults(command=_forget)

    _add_release_commands(commands, common)

    _add_on_demand(commands, common, programme)
    dev = commands.add_parser("dev", parents=[common], help="Dagster's web page")
    dev.add_argument("--host", default="127.0.0.1")
    dev.add_argument("--port", type=int, default=3000)
    dev.set_defaults(command=_dev)
    return parser


def _add_on_demand(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
    programme: argparse.ArgumentParser,
) -> None:
    """What is made of a release when somebody asks for it."""
    figures = commands.add_parser(
        "figures", parents=[common], help="write a document's charts (SVG, PNG) and tables (CSV) to a folder"
    )
    figures.add_argument("document", help="as in the page's address: municipality-530, school-953001, theme-trivsel")
    figures.add_argument("--out", required=True, type=Path, help="folder to write to")
    figures.add_argument("--audience", choices=("public", "internal"), default="public", help="default: public")
    figures.add_argument("--programme", metavar="SLUG|DIR", help="default: the release's, by its slug")
    figures.set_defaults(command=_figures)

    pupil = commands.add_parser(
        "pupil", parents=[common, programme], help="write one pupil's own sheet of measurements; part of no release"
    )
    pupil.add_argument("number", help="the pupil's number as in the extracts; - reads it from standard input")
    pupil.add_argument("--pseudonym", action="store_true", help="the number is the pupil's pseudonym")
    pupil.add_argument("--out", required=True, type=Path, help="folder to write to; only its owner may enter")
    pupil.set_defaults(command=_pupil)


def _add_release_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """What is done with releases that are there."""
    verify = commands.add_parser(
        "verify", parents=[common], help="recompute every hash of every release and the ledger"
    )
    verify.add_argument("--public-key", type=Path, metavar="FILE", help="the ledger must be signed with this key (PEM)")
    verify.set_defaults(command=_verify)

    traced = commands.add_parser(
        "trace", parents=[common], help="take one released figure back to the rows of the extracts"
    )
    traced.add_argument("--figure", required=True, metavar="MART:KEY=VALUE,…", help="mart and key of its row")
    traced.add_argument("--audience", default="public", help="public (default) or internal")
    traced.add_argument("--release", metavar="ID", help="default: the current one")
    traced.add_argument("--json", action="store_true", help="for machines, with all rows")
    traced.set_defaults(command=_trace)

    deliver = commands.add_parser(
        "deliver", parents=[common], help="send the current release's deliveries to their municipalities"
    )
    deliver.add_argument(
        "--to", action="append", metavar="URL", help="here; {municipality} is replaced (may be repeated)"
    )
    deliver.add_argument("--programme", metavar="SLUG|DIR", help="to the places that its `deliver` names")
    deliver.set_defaults(command=_deliver)

    rollback = commands.add_parser("rollback", parents=[common], help="let readers see an earlier release again")
    rollback.add_argument("release", nargs="?", metavar="ID", help="default: the one before the current one")
    rollback.add_argument("--reason", help="goes into the ledger")
    rollback.set_defaults(command=_rollback)


def _add_draft(commands: Any) -> None:
    """Options of `draft-codebook` and `draft-institutions`."""
    draft = commands.add_parser(
        "draft-codebook", help="draft codebook.csv and scales.csv from a file that says what it asks"
    )
    draft.add_argument("file", type=Path, help="SurveyXact's structure (labels beside it), .xlsx, .sav or .dta")
    draft.add_argument("--out", type=Path, help="folder for both files (default: the codebook is printed)")
    draft.add_argument("--mapping", default="", metavar="KEY", help="written into every row")
    draft.add_argument("--group", default="", metavar="CODE", help="respondent group written into every row")
    draft.add_argument("--language", choices=("da", "en"), default="da", help="of the wording in the file")
    draft.add_argument("--debug", action="store_true", help="show the traceback of an error")
    draft.set_defaults(command=_draft)
    register = commands.add_parser(
        "draft-institutions", help="print institutions.csv from the register of institutions"
    )
    register.add_argument("file", type=Path, help="extract of the Danish register, .csv or .xlsx")
    register.add_argument("--municipality", action="append", metavar="CODE", help="only this one (may be given again)")
    register.add_argument("--debug", action="store_true", help="show the traceback of an error")
    register.set_defaults(command=_draft_institutions)


def _scale(text: str) -> float:
    """A scale above zero."""
    value = float(text)
    if not 0 < value <= 20:  # noqa: PLR2004
        raise argparse.ArgumentTypeError("must be above 0 and at most 20")
    return value


if __name__ == "__main__":
    entry()

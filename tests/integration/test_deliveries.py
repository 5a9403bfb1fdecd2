"""What each municipality receives: its own and nothing of another's; and that it arrives whole.

Belongs here: deliveries of a real release. Does not belong here: what the marts hold.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipelines.errors import ConfigurationError, RemoteError
from pipelines.marts import MARTS
from pipelines.programme import load_programme
from pipelines.release import Recipient, Sent, send_deliveries, write_deliveries
from pipelines.settings import load_settings
from tests.conftest import SMALL, Built, run_cli
from tests.s3 import s3_server
from tests.sftp import sftp_server

NO_PAUSE = (0.0, 0.0)


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def deliveries(built: Built) -> list[Path]:
    return sorted((built.current / "deliveries").iterdir())


def test_each_municipality_has_its_marts_dictionary_and_reports(small: Built) -> None:
    towns = load_programme(SMALL).municipalities["municipality_id"].tolist()
    assert [folder.name for folder in deliveries(small)] == sorted(towns)
    names = {mart.name for mart in MARTS} - {"extract_reconciliation"}
    for folder in deliveries(small):
        assert {path.stem for path in (folder / "marts").iterdir()} == names
        assert {path.stem for path in (folder / "csv").iterdir()} == names
        own = pq.read_table(folder / "marts" / "theme_scores.parquet")
        assert {"programme", "municipality"} <= set(own["level"].to_pylist())
        units = set(own.filter(pc.equal(own["level"], "municipality"))["unit_id"].to_pylist())
        assert units == {folder.name}
        for language in ("da", "en"):
            assert f"reports/{language}/municipality-{folder.name}.html" in tree(folder)
        assert f"reports/da/municipality-{folder.name}.xlsx" in tree(folder)
        inventory = json.loads((folder / "delivery.json").read_text("utf-8"))
        hashes = {n: hashlib.sha256(c).hexdigest() for n, c in tree(folder).items() if n != "delivery.json"}
        assert inventory["files"] == hashes
        assert inventory["release_id"] == small.current.name
        assert b"description_da" in (folder / "data_dictionary.csv").read_bytes()


def test_what_all_deliveries_hold_together_is_what_the_internal_marts_hold(small: Built) -> None:
    whole = pq.read_table(small.current / "marts" / "internal" / "theme_scores.parquet")
    of_units = whole.filter(pc.not_equal(whole["level"], "programme")).num_rows
    together = 0
    for folder in deliveries(small):
        own = pq.read_table(folder / "marts" / "theme_scores.parquet")
        together += own.filter(pc.not_equal(own["level"], "programme")).num_rows
    assert together == of_units


def test_no_byte_names_a_unit_of_another_municipality(small: Built) -> None:
    """Ids and names of all others' units are looked for in every file, Parquet and pages unpacked as text."""
    programme = load_programme(SMALL)
    towns = dict(zip(programme.municipalities["municipality_id"], programme.municipalities["label"], strict=True))
    scores = pq.read_table(small.current / "marts" / "internal" / "theme_scores.parquet")
    units = set(scores.filter(pc.equal(scores["level"], "institution"))["unit_id"].to_pylist())
    for folder in deliveries(small):
        own = set(pq.read_table(folder / "marts" / "theme_scores.parquet")["unit_id"].to_pylist())
        foreign = {*units, *(t for t in towns if t != folder.name), *(n for t, n in towns.items() if t != folder.name)}
        foreign -= {*own, towns[folder.name]}
        assert foreign
        word = re.compile(
            rb"(?<![\w-])(" + b"|".join(re.escape(text.encode()) for text in sorted(foreign)) + rb")(?![\w-])"
        )
        for name, content in tree(folder).items():
            if name.endswith(".parquet"):
                table = pq.read_table(folder / name)
                texts = [c for c in table.schema.names if str(table.schema.field(c).type) == "string"]
                content = "\n".join(str(v) for c in texts for v in set(table[c].to_pylist())).encode()  # noqa: PLW2901
            if name.endswith(".xlsx"):
                with zipfile.ZipFile(folder / name) as book:
                    content = b"\n".join(book.read(part) for part in book.namelist())  # noqa: PLW2901
            found = word.search(content)
            assert found is None, (folder.name, name, found and found.group())


def test_deliveries_are_not_for_everyone(small: Built) -> None:
    for path in [small.current / "deliveries", *(small.current / "deliveries").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release folder whose ids and names mean harm."""
    import pyarrow as pa

    release = tmp_path / "proeve-1"
    evil = '=HYPERLINK("http://x","y")'
    for mart in MARTS:
        path = release / "marts" / "internal" / f"{mart.name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        row = {name: [evil] for name in mart.key} | {"mean": [-1.5]}
        row |= {"level": ["municipality"], "unit_id": ["../../etc"]} if "unit_id" in mart.key else {}
        pq.write_table(pa.table(row), path)
    recipient = Recipient("../../etc", "@SUM(1+1)", {"-1+2": "+cmd", "a/b": "\tx"})
    write_deliveries(release, release.name, [recipient, Recipient("101", "By", {})], is_simulated=True)
    return release


def test_names_stay_inside_and_no_cell_is_a_formula(release: Path, tmp_path: Path) -> None:
    folders = sorted((release / "deliveries").iterdir())
    assert folders[0].name == "101"
    assert re.fullmatch(r"etc-[0-9a-f]{10}", folders[1].name)
    assert {path.name for path in tmp_path.iterdir()} == {"proeve-1"}
    texts = {name: content.decode() for name, content in tree(folders[1]).items() if name.endswith(".csv")}
    assert "'=HYPERLINK" in texts["csv/theme_scores.csv"]
    assert "'@SUM(1+1)" in texts["units.csv"]
    for name, text in texts.items():
        for cell in re.split(r"[,\n]", text):
            assert not re.match(r'"?[=+@\t]', cell), (name, cell)
            assert not re.match(r'"?-(?![\d.]+$)', cell), (name, cell)
        assert all("Simulerede data" in line for line in text.splitlines()[1:]), name
    assert "-1.5" in texts["csv/theme_scores.csv"], "a negative number stays a number"


def test_sent_to_a_folder_once_and_whole(small: Built, tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path)
    there = tmp_path / "there"
    count = len(deliveries(small))
    assert send_deliveries(small.current, [str(there)], settings, NO_PAUSE) == [Sent(str(there), count, 0)]
    for folder in deliveries(small):
        assert tree(there / folder.name / small.current.name) == tree(folder)
    assert all(path.stat().st_mode & 0o077 == 0 for path in there.rglob("*.parquet"))
    assert send_deliveries(small.current, [str(there)], settings, NO_PAUSE) == [Sent(str(there), 0, count)]
    own = f"{tmp_path}/of/{{municipality}}/inbox"
    send_deliveries(small.current, [own], settings, NO_PAUSE)
    assert (tmp_path / "of" / "Denmark" / "inbox" / small.current.name / "delivery.json").is_file()
    assert {path.name for path in (tmp_path / "of" / "Denmark").iterdir()} == {"inbox"}


def test_sent_by_sftp_and_tried_again(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sshfs import SSHFileSystem

    root = tmp_path / "server"
    root.mkdir()
    with sftp_server(root, tmp_path) as (url, credentials):
        settings = load_settings({}, home=tmp_path, credentials=credentials)
        real, faults = SSHFileSystem._mv, ["broken", "broken"]

        async def sometimes(self: SSHFileSystem, *args: object, **more: object) -> object:
            if faults:
                faults.pop()
                raise ConnectionResetError("gone")
            return await real(self, *args, **more)

        monkeypatch.setattr(SSHFileSystem, "_mv", sometimes)
        [sent] = send_deliveries(release, [f"{url}inbox"], settings, NO_PAUSE)
        assert (sent.sent, faults) == (2, [])
        for folder in (release / "deliveries").iterdir():
            assert tree(root / "inbox" / folder.name / release.name) == tree(folder)
        [again] = send_deliveries(release, [f"{url}inbox"], settings, NO_PAUSE)
        assert (again.sent, again.unchanged) == (0, 2)

        faults += ["broken"] * 9
        (root / "inbox" / "101" / release.name / "delivery.json").unlink()
        with pytest.raises(RemoteError, match="cannot be sent after 3 attempts") as caught:
            send_deliveries(release, [f"{url}inbox"], settings, NO_PAUSE)
        assert "hemmelig" not in str(caught.value)
        assert not (root / "inbox" / "101" / release.name / "delivery.json").exists(), "the list of files comes last"


def test_sent_to_s3_and_tried_again(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from s3fs import S3FileSystem

    settings, bucket = load_settings({}, home=tmp_path), "leverancer"
    with s3_server(bucket, monkeypatch) as client:

        def there() -> dict[str, bytes]:
            found = client.list_objects_v2(Bucket=bucket).get("Contents", ())
            return {o["Key"]: client.get_object(Bucket=bucket, Key=o["Key"])["Body"].read() for o in found}

        def here(place: str) -> dict[str, bytes]:
            return {
                f"{place.format(folder.name)}/{release.name}/{name}": content
                for folder in (release / "deliveries").iterdir()
                for name, content in tree(folder).items()
            }

        real, faults, order = S3FileSystem._put_file, ["broken", "broken"], []

        async def sometimes(self: S3FileSystem, source: str, target: str, *args: object, **more: object) -> object:
            if faults:
                faults.pop()
                raise ConnectionResetError("gone")
            order.append(target)
            return await real(self, source, target, *args, **more)

        monkeypatch.setattr(S3FileSystem, "_put_file", sometimes)
        url = f"s3://{bucket}/ud"
        assert send_deliveries(release, [url], settings, NO_PAUSE) == [Sent(url, 2, 0)]
        assert faults == []
        assert there() == here("ud/{}"), "every file whole, and no other: nothing temporary is left"
        for folder in (release / "deliveries").iterdir():
            own = [target for target in order if f"/{folder.name}/" in target]
            assert own[-1].endswith("delivery.json"), "the list of files comes last"
        order.clear()
        assert send_deliveries(release, [url], settings, NO_PAUSE) == [Sent(url, 0, 2)]
        assert order == []

        # A place of each municipality's own; and what breaks for good leaves no list of files.
        client.delete_object(Bucket=bucket, Key=f"ud/101/{release.name}/delivery.json")
        faults += ["broken"] * 9
        with pytest.raises(RemoteError, match="cannot be sent after 3 attempts") as caught:
            send_deliveries(release, [url], settings, NO_PAUSE)
        assert "hemmelig" not in str(caught.value)
        assert f"ud/101/{release.name}/delivery.json" not in there()
        faults.clear()
        send_deliveries(release, [f"s3://{bucket}/til/{{municipality}}"], settings, NO_PAUSE)
        assert {n: c for n, c in there().items() if n.startswith("til/")} == here("til/{}")
        with pytest.raises(RemoteError, match="s3://findes-ikke/ud/101: the place is not there"):
            send_deliveries(release, ["s3://findes-ikke/ud"], settings, NO_PAUSE)


def test_places_that_are_of_no_use(release: Path, tmp_path: Path) -> None:
    settings = load_settings({}, home=tmp_path)
    for url in ("https://example.org/x", "ftp://example.org/x", "sftp://u:geheim@example.org/x"):
        with pytest.raises(ConfigurationError) as caught:
            send_deliveries(release, [url], settings, NO_PAUSE)
        assert "geheim" not in str(caught.value)


def test_deliver_on_the_command_line(small: Built, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_cli("deliver", "--home", str(small.home)) == 2
    assert "no place to deliver to" in capfd.readouterr().err
    assert run_cli("deliver", "--home", str(small.home), "--to", str(tmp_path / "x")) == 0
    assert f"{len(deliveries(small))} deliveries sent" in capfd.readouterr().out

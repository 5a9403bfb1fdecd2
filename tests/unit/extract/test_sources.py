"""Pulling from real servers on the loopback address: what is new arrives whole, half files never, errors are told apart."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.errors import ConfigurationError, RemoteError
from pipelines.extract import Pulled, pull
from pipelines.programme import load_programme
from pipelines.settings import Settings, load_settings
from tests.conftest import DATA, SMALL
from tests.s3 import s3_server
from tests.sftp import sftp_server

NO_PAUSE = (0.0, 0.0, 0.0)
FILES = {f"{m}/{g}.csv" for m in ("2006", "2009", "2012") for g in ("parents", "leaders")}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({}, home=tmp_path / "home")


def go(settings: Settings, url: str) -> Pulled:
    return pull(load_programme(SMALL), settings, url, NO_PAUSE)


def landed(settings: Settings) -> dict[str, bytes]:
    folder = settings.landing_dir / SMALL
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def whole() -> dict[str, bytes]:
    return {name: (DATA / SMALL / name).read_bytes() for name in FILES}


def test_a_folder(settings: Settings) -> None:
    assert set(go(settings, str(DATA)).downloaded) == FILES
    assert landed(settings) == whole()
    assert go(settings, str(DATA)) == Pulled((), len(FILES))


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the folder; `faults` are the ways in which the next answers for data go wrong."""

    faults: list[str]
    asked = 0

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if not self.path.endswith(".csv"):
            return super().do_GET()
        type(self).asked += 1
        fault = self.faults.pop(0) if self.faults else ""
        if fault.isdigit():
            return self.send_error(int(fault))
        if fault in ("drop", "short"):
            body = (DATA / self.path.lstrip("/")).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) if fault == "drop" else len(body) // 2))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return None
        return super().do_GET()


@pytest.fixture
def web() -> Iterator[str]:
    Handler.faults, Handler.asked = [], 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Handler(*a, directory=str(DATA))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_http_with_dropped_connections_faults_and_short_bodies(settings: Settings, web: str) -> None:
    Handler.faults = ["drop", "500", "short", "", "503", "drop"]
    assert set(go(settings, web).downloaded) == FILES
    assert landed(settings) == whole()


def test_what_stays_broken_is_given_up_and_nothing_half_is_seen(settings: Settings, web: str) -> None:
    Handler.faults = ["drop"] * 4
    with pytest.raises(RemoteError, match=r"2006/leaders\.csv: cannot be fetched after 4 attempts"):
        go(settings, web)
    assert landed(settings) == {}


def test_a_refusal_is_asked_for_once(settings: Settings, web: str) -> None:
    Handler.faults = ["403"]
    with pytest.raises(RemoteError, match="refused"):
        go(settings, web)
    assert Handler.asked == 1


def test_a_checksum_that_does_not_fit(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "source" / SMALL / "2006"
    folder.mkdir(parents=True)
    (folder / "parents.csv").write_bytes(b"x")
    (folder / "parents.csv.sha256").write_text("0" * 64)
    with pytest.raises(RemoteError, match="do not fit their checksum"):
        go(settings, str(tmp_path / "source"))
    assert landed(settings) == {}
    (folder / "parents.csv.sha256").write_text(hashlib.sha256(b"x").hexdigest() + "  parents.csv\n")
    assert go(settings, str(tmp_path / "source")).downloaded == ("2006/parents.csv",)


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An SFTP server with one user; its URL and a credentials file."""
    with sftp_server(DATA, tmp_path) as found:
        yield found


def test_sftp(settings: Settings, sftp: tuple[str, Path]) -> None:
    url, path = sftp
    settings = settings.model_copy(update={"credentials": path})
    assert set(go(settings, url).downloaded) == FILES
    assert landed(settings) == whole()
    assert go(settings, url).downloaded == ()
    path.write_text(path.read_text().replace("hemmelig", "forkert"))
    with pytest.raises(RemoteError) as caught:
        go(settings, url)
    assert "forkert" not in str(caught.value)
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="others can read the credentials"):
        go(settings, url)


def test_s3(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server("udtraek", monkeypatch) as client:
        for name, body in whole().items():
            client.put_object(Bucket="udtraek", Key=f"in/{SMALL}/{name}", Body=body)
        assert set(go(settings, "s3://udtraek/in").downloaded) == FILES
        assert landed(settings) == whole()
        assert go(settings, "s3://udtraek/in").downloaded == ()


def test_addresses_that_are_of_no_use(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="holds a password") as caught:
        go(settings, "sftp://u:geheim@example.org/x")
    assert "geheim" not in str(caught.value)
    for url in ("ftp://example.org/x", "/nowhere/at/all"):
        with pytest.raises(ConfigurationError):
            go(settings, url)

"""A signed ledger: no line can be forged without the key, not even the last one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pipelines.errors import ConfigurationError
from pipelines.release import ledger, load_checker, load_signer, publish, verify
from tests.unit.release.fake_release import FIELDS, NOON, make_candidate, publish_number, release_name


def write_keys(folder: Path) -> tuple[Path, Path]:
    """A private key of mode 0600 and its public half."""
    folder.mkdir(exist_ok=True)
    key = Ed25519PrivateKey.generate()
    private, public = folder / "signing.key", folder / "signing.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    private.chmod(0o600)
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return write_keys(tmp_path / "keys")


@pytest.fixture
def home(tmp_path: Path, keys: tuple[Path, Path]) -> Path:
    """One release from before there was a key, and two signed ones."""
    home = tmp_path / "home"
    publish_number(home, 1)
    for number in (2, 3):
        candidate = make_candidate(home / ".work" / str(number), number)
        publish(candidate, home, release_name(number), FIELDS, now=lambda: NOON, signer=load_signer(keys[0]))
    return home


def rewrite(home: Path, number: int, change: Callable[[dict[str, object]], None]) -> None:
    """Change a line and let its own hash and those after it fit again, as a forger would."""
    lines = [json.loads(line) for line in (home / "ledger.jsonl").read_text("utf-8").splitlines()]
    change(lines[number - 1])
    out: list[bytes] = []
    for place, line in enumerate(lines, start=1):
        if place >= number:
            line["previous"] = ledger._sha256(out[-1]) if out else ledger.FIRST
            rest = {name: value for name, value in line.items() if name not in ("sha256", "signature")}
            line["sha256"] = ledger._sha256(ledger._encode(rest))
        out.append(ledger._encode(line))
    (home / "ledger.jsonl").write_bytes(b"".join(line + b"\n" for line in out))


def test_signed_ledger_is_found_good(home: Path, keys: tuple[Path, Path]) -> None:
    assert verify(home, load_checker(keys[1])) == []


def test_forged_last_line_is_found_only_with_the_key(home: Path, keys: tuple[Path, Path]) -> None:
    rewrite(home, 3, lambda line: line.update(actor="bent"))
    assert verify(home) == [], "a chain alone cannot tell"
    [problem] = verify(home, load_checker(keys[1]))
    assert (problem.place, problem.message) == (
        "ledger.jsonl, line 3",
        "bears a signature that was not made with this key for this line",
    )


def test_first_forged_line_is_named_also_before_the_first_signature(home: Path, keys: tuple[Path, Path]) -> None:
    rewrite(home, 1, lambda line: line.update(actor="bent"))
    assert verify(home, load_checker(keys[1]))[0].place == "ledger.jsonl, line 2", "the first line is vouched for by it"


def test_signature_that_was_taken_off_is_missed(home: Path, keys: tuple[Path, Path]) -> None:
    rewrite(home, 3, lambda line: [line.pop("signature"), line.pop("key")])
    assert [str(problem) for problem in verify(home, load_checker(keys[1]))] == ["ledger.jsonl, line 3: is not signed"]


def test_ledger_without_any_signature_is_not_taken_for_signed(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    publish_number(tmp_path)
    assert [problem.message for problem in verify(tmp_path, load_checker(keys[1]))] == ["is not signed"]


def test_another_key_is_told_apart(home: Path, tmp_path: Path) -> None:
    _, other = write_keys(tmp_path / "other")
    assert "is signed with key" in verify(home, load_checker(other))[0].message


def test_key_that_others_can_read_is_refused(keys: tuple[Path, Path]) -> None:
    keys[0].chmod(0o640)
    with pytest.raises(ConfigurationError, match="others can read the signing key; run: chmod 600"):
        load_signer(keys[0])


def test_keys_that_are_of_no_use(tmp_path: Path) -> None:
    rsa = generate_private_key(65537, 2048)
    for name, content in (
        ("none", None),
        ("text", b"key"),
        ("rsa", rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
    ):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
            path.chmod(0o600)
        with pytest.raises(ConfigurationError, match=name):
            load_signer(path)
        with pytest.raises(ConfigurationError, match=name):
            load_checker(path)
    assert load_signer(None) is None

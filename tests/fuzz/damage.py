"""Ways in which a file goes wrong, drawn from one seed.

Belongs here: from whole bytes to damaged bytes and odd names. Does not belong here: what must become of them (`judge`).
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

Damage = Callable[[bytes, random.Random], bytes]
MARKS = [
    b'"',
    b'""',
    b"'",
    b";",
    b",",
    b"\t",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\x1a",
]
FORMULAS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+45",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("x")',
    "{=A1}",
    "#REF!",
    "1e308",
    "NaN",
    "inf",
]
NAMES = [
    "", "_æøå", " med blank", "'", '"', ";drop table x", "--", "$HOME", "`id`", "%2e%2e%2f", "..", "...", "*", "?", "[a]",
    "\n", "\t", "\\..\\..\\", "\u202evsc", "😀", "a" * 200, "~", "|x", "&", "{0}", "%s", "\x7f", "CON", "𝟙",
]  # fmt: skip


def cut(whole: bytes, chance: random.Random) -> bytes:
    """The end is missing, or the beginning, or the middle."""
    first, second = sorted(chance.randrange(len(whole) + 1) for _ in range(2))
    return chance.choice([whole[:first], whole[first:], whole[:first] + whole[second:]])


def flip(whole: bytes, chance: random.Random) -> bytes:
    """Some bytes are others."""
    damaged = bytearray(whole)
    for _ in range(chance.choice([1, 1, 2, 8, 64])):
        if damaged:
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def insert(whole: bytes, chance: random.Random) -> bytes:
    """Quotes, delimiters, line ends, zero bytes where they do not belong."""
    damaged = bytearray(whole)
    for _ in range(chance.choice([1, 1, 2, 5, 40])):
        place = chance.randrange(len(damaged) + 1)
        damaged[place:place] = chance.choice(MARKS)
    return bytes(damaged)


def quotes(whole: bytes, chance: random.Random) -> bytes:
    """Quotes within quotes within quotes."""
    place = chance.randrange(len(whole) + 1)
    return whole[:place] + b'"' * chance.choice([1, 3, 1001, 100_000]) + whole[place:]


def huge(whole: bytes, chance: random.Random) -> bytes:
    """A cell that does not end for a long time."""
    place = chance.randrange(len(whole) + 1)
    return (
        whole[:place]
        + chance.choice([b"A", b"7", b" ", b";", b"\n"]) * chance.choice([5_000, 200_000, 3_000_000])
        + whole[place:]
    )


def encoding(whole: bytes, chance: random.Random) -> bytes:
    """Written in another encoding than declared."""
    for written in ("utf-16" if whole[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "cp1252"):
        try:
            text = whole.decode(written)
            break
        except UnicodeError:
            continue
    else:
        return flip(whole, chance)
    other = chance.choice(
        ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp865", "cp500", "utf-7", "mac-roman"]
    )
    damaged = text.encode(other, "replace")
    half = chance.randrange(len(whole))
    return chance.choice([damaged, damaged, whole[:half] + damaged[half:]])


def lines(whole: bytes, chance: random.Random) -> bytes:
    """Lines twice, gone, in another order, or the header somewhere else."""
    rows = whole.split(b"\n")
    for _ in range(chance.choice([1, 2, 5])):
        one, other = chance.randrange(len(rows)), chance.randrange(len(rows))
        kind = chance.randrange(4)
        if kind == 0:
            rows.insert(one, rows[other])
        elif kind == 1 and len(rows) > 1:
            del rows[one]
        elif kind == 2:
            rows[one], rows[other] = rows[other], rows[one]
        else:
            rows[one] = rows[one] + rows[other]
    return b"\n".join(rows)


def formulas(whole: bytes, chance: random.Random) -> bytes:
    """Cells that a spreadsheet would run, or that are numbers nobody can count with."""
    rows = [row.split(b";") for row in whole.split(b"\n")]
    for _ in range(chance.choice([1, 3, 10])):
        row = chance.choice(rows)
        row[chance.randrange(len(row))] = chance.choice(FORMULAS).encode()
    return b"\n".join(b";".join(row) for row in rows)


def noise(whole: bytes, chance: random.Random) -> bytes:
    """Anything at all."""
    return chance.choice(
        [b"", b"\n", whole[:4] + chance.randbytes(500), chance.randbytes(chance.randrange(3000)), b"\0" * 4096]
    )


def bomb(whole: bytes, chance: random.Random) -> bytes:
    """A workbook that is small packed and enormous unpacked, or that says so."""
    if not zipfile.is_zipfile(io.BytesIO(whole)):
        return huge(whole, chance)
    kind, packed = chance.randrange(5), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                if kind == 0:
                    content = content.replace(b"<sheetData>", b"<sheetData>" + b"<!-- " + b"x" * 30_000_000 + b" -->")
                elif kind == 1:
                    content = content.replace(b'r="A1"', b'r="XFD1048576"', 1)
                elif kind == 2:
                    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
                    start = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">' + laughs + b"]>"
                    content = start + content.split(b"?>", 1)[-1].replace(b"<v>", b"<v>&l9;", 1)
                elif kind == 3:
                    content = flip(content, chance)
            target.writestr(part.filename, content)
        if kind == 4:
            target.writestr("../../../../tmp/outside", b"\0" * 60_000_000)
    return packed.getvalue()


def insides(whole: bytes, chance: random.Random) -> bytes:
    """A workbook whose parts are damaged one by one; other files like `flip`."""
    if not zipfile.is_zipfile(io.BytesIO(whole)):
        return flip(flip(whole, chance), chance)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(packed, "w") as target:
        for part in source.infolist():
            content = source.read(part)
            if chance.random() < 0.3:
                content = chance.choice([cut, flip, insert, noise])(content, chance)
            target.writestr(part.filename, content)
    return packed.getvalue()


DAMAGES: tuple[Damage, ...] = (cut, flip, insert, quotes, huge, encoding, lines, formulas, noise, bomb, insides)


def damaged(seed: int, number: int, files: dict[str, bytes]) -> tuple[str, str, str, bytes]:
    """One damaged file of a seed: kind of damage, group, odd part of its name, bytes."""
    chance = random.Random(f"{seed}/{number}")
    group = chance.choice(list(files))
    damage = chance.choice(DAMAGES)
    content = damage(files[group], chance)
    if chance.random() < 0.2:
        content = chance.choice(DAMAGES[:-2])(content or b"x", chance) if len(content) < 1_000_000 else content
    return damage.__name__, group, chance.choice(NAMES), content

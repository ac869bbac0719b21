"""Packages of the synthetic Testford, sound and spoilt: every fault is found, named and told apart."""

import datetime as dt
import io
import json
import shutil
import struct
import subprocess
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result
from conftest import MENDMAP, Run, times
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford
from test_lake import load

from mendmap.cli import main
from mendmap.errors import BadRequestError
from mendmap.package.archive import Archive, stamp
from mendmap.package.verify import Verified, verify

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed package ``out.zip``, the keys of who signed it, and the public key of somebody else."""
    made = tmp_path_factory.mktemp("verify")
    load(Testford(made / "testford"), made / "lake")
    for name in ("office", "other"):
        key = Ed25519PrivateKey.generate()
        pkcs8 = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (made / f"{name}.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *pkcs8))
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        (made / f"{name}.pub.pem").write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, spki))
    command = [*MENDMAP, "package", "out.zip", "--lake", "lake", "--sign", "office.pem"]
    subprocess.run(command, cwd=made, check=True, capture_output=True, timeout=100)
    return made


def mendmap(*words: object) -> Result:
    """The command, run in this process."""
    return CliRunner().invoke(main, [*map(str, words)])


def files_of(package: Path) -> Files:
    with zipfile.ZipFile(package) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(path: Path, files: Files) -> Path:
    """A package of files, as mendmap packs."""
    with Archive(path, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), 10**9) as archive:
        for name, body in files.items():
            archive.add(name, io.BytesIO(body), len(body))
    return path


def spoilt(folder: Path, tmp_path: Path, change: Callable[[Files], object]) -> Verified:
    """The package after a change to its files, with the signature of the sound one."""
    files = files_of(folder / "out.zip")
    change(files)
    shutil.copy(folder / "out.zip.sig", tmp_path / "out.zip.sig")
    return verify(packed(tmp_path / "out.zip", files), folder / "office.pub.pem")


def test_a_sound_package_is_found_so_without_a_lake(folder: Path, run_mendmap: Run) -> None:
    done = run_mendmap("verify", folder / "out.zip", "--key", folder / "office.pub.pem", MENDMAP_LAKE="/nowhere")
    assert (done.returncode, done.stderr) == (0, "")
    *table, last = done.stdout.splitlines()
    assert len(table) == len(files_of(folder / "out.zip")) - 1
    assert all(line.startswith("ok ") for line in table)
    assert "Testford (synthetic), snapshot 1-" in last and "the signature is right" in last
    assert "no signature was checked" in mendmap("verify", folder / "out.zip").stdout


def test_a_signature_changes_nothing_in_the_package(folder: Path, tmp_path: Path) -> None:
    assert mendmap("package", tmp_path / "out.zip", "--lake", folder / "lake").exit_code == 0
    assert (tmp_path / "out.zip").read_bytes() == (folder / "out.zip").read_bytes()
    assert not (tmp_path / "out.zip.sig").exists()


def test_a_changed_byte_a_removed_file_an_added_one_and_another_key_are_told_apart(
    folder: Path, tmp_path: Path
) -> None:
    name = "tables/readings.csv"
    changed = spoilt(folder, tmp_path, lambda files: files.update({name: files[name].replace(b"0.5", b"0.6", 1)}))
    assert changed.faults == (f"{name}: changed: its SHA-256 is not the one that the manifest says",)
    longer = spoilt(folder, tmp_path, lambda files: files.update({name: files[name] + b"x"}))
    assert longer.faults[0].startswith(f"{name}: changed: it has ")
    assert spoilt(folder, tmp_path, lambda files: files.pop(name)).faults == (f"{name}: missing",)
    added = spoilt(folder, tmp_path, lambda files: files.update({"tables/more.csv": b"x"}))
    assert added.faults == ("tables/more.csv: added; the manifest does not list it",)
    other = verify(folder / "out.zip", folder / "other.pub.pem")
    assert len(other.faults) == 1 and other.faults[0].startswith("signature: it was signed with another key: ")
    done = mendmap("verify", folder / "out.zip", "--key", folder / "other.pub.pem")
    assert done.exit_code == 1 and "signed with another key" in done.stderr


def test_files_changed_together_with_their_manifest_are_found_by_the_signature(folder: Path, tmp_path: Path) -> None:
    def forge(files: Files) -> None:
        told = json.loads(files["manifest.json"])
        told["title"] = "Another place"
        files["manifest.json"] = orjson.dumps(told)

    forged = spoilt(folder, tmp_path, forge)
    assert forged.faults == (
        "signature: another manifest was signed: the package was changed since, or the signature is of another one",
    )
    assert not forged.signed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: {**text, "signature": "A" * 86 + "=="}, "not of this key over this manifest"),
        (lambda text: {**text, "signature": "%"}, "not a signature as mendmap package writes it"),
        (lambda text: {**text, "algorithm": "none"}, "not an Ed25519 signature"),
        (lambda text: [], "not a signature as mendmap package writes it"),
    ],
)
def test_a_spoilt_signature_is_no_signature(
    folder: Path, tmp_path: Path, change: Callable[[dict[str, str]], object], words: str
) -> None:
    signature = tmp_path / "forged.sig"
    signature.write_bytes(orjson.dumps(change(json.loads((folder / "out.zip.sig").read_bytes()))))
    (fault,) = verify(folder / "out.zip", folder / "office.pub.pem", signature).faults
    assert words in fault
    (fault,) = verify(folder / "out.zip", folder / "office.pub.pem", tmp_path / "none.sig").faults
    assert "there is no signature at" in fault


@pytest.mark.system("openssl")
def test_keys_made_with_openssl_sign_and_check(folder: Path, tmp_path: Path) -> None:
    for words in ("genpkey -algorithm ed25519 -out key.pem", "pkey -in key.pem -pubout -out pub.pem"):
        subprocess.run(["openssl", *words.split()], cwd=tmp_path, check=True, capture_output=True)
    out = tmp_path / "out.zip"
    assert mendmap("package", out, "--lake", folder / "lake", "--sign", tmp_path / "key.pem").exit_code == 0
    assert verify(out, tmp_path / "pub.pem").signed


def test_a_key_that_is_none_is_refused_and_never_quoted(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.pem").write_text("-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n")
    done = mendmap("package", tmp_path / "out.zip", "--lake", folder / "lake", "--sign", tmp_path / "secret.pem")
    assert done.exit_code == 1 and "not an Ed25519 private key" in done.stderr and "SECRET" not in done.stderr
    assert not (tmp_path / "out.zip").exists()
    with pytest.raises(BadRequestError, match="not an Ed25519 public key"):
        verify(folder / "out.zip", folder / "office.pem")


@settings(max_examples=times(40, 2000))
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_every_flip_of_a_bit_is_found(folder: Path, share: float, bit: int) -> None:
    _flip(folder, int(share * (folder / "out.zip").stat().st_size), bit)


@settings(max_examples=times(60, 2000))
@given(share=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), headers=st.booleans())
def test_every_flip_of_what_is_between_the_files_is_found(folder: Path, share: float, bit: int, headers: bool) -> None:
    with zipfile.ZipFile(folder / "out.zip") as opened:
        entries, listed = opened.infolist(), opened.start_dir
    size = (folder / "out.zip").stat().st_size
    if headers:
        entry = entries[int(share * len(entries))]
        _flip(folder, entry.header_offset + int(share * 30), bit)
    else:
        _flip(folder, listed + int(share * (size - listed)), bit)


def _flip(folder: Path, place: int, bit: int) -> None:
    body = bytearray((folder / "out.zip").read_bytes())
    body[place] ^= 1 << bit
    path = folder / "flipped.zip"
    path.write_bytes(body)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert verify(path).faults, (place, bit)


@settings(max_examples=times(20, 500))
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_package_cut_short_is_found(folder: Path, share: float) -> None:
    body = (folder / "out.zip").read_bytes()
    path = folder / "cut.zip"
    path.write_bytes(body[: int(share * len(body))])
    assert verify(path).faults == (
        "not a whole zip file: it does not end as one; it may be cut short, or have something behind it",
    )


@settings(max_examples=times(50, 2000))
@given(body=st.binary(max_size=400), end=st.booleans())
def test_what_is_no_zip_file_is_refused_in_words(folder: Path, body: bytes, end: bool) -> None:
    path = folder / "noise.zip"
    path.write_bytes(body + (b"PK\x05\x06" + body[:18].ljust(18, b"\x01") if end else b""))
    assert verify(path).faults


@pytest.mark.parametrize(
    "name", ["../out.csv", "/etc/passwd", "a/../../b", "c:\\b", "a\\b", "a//b", "folder/", ".hidden", "a\nb", "šuma"]
)
def test_a_path_that_leads_elsewhere_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    result = spoilt(folder, tmp_path, lambda files: files.update({name: b"x"}))
    assert result.faults[0].endswith("not a safe path")
    assert result.files == ()


def test_a_name_that_stands_twice_is_refused(folder: Path, tmp_path: Path) -> None:
    files = files_of(folder / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, body in [*files.items(), ("tables/readings.csv", b"other")]:
            opened.writestr(name, body)
    assert verify(tmp_path / "out.zip").faults == ("'tables/readings.csv': stands 2 times",)


def test_a_bomb_is_refused_before_it_is_unpacked(folder: Path, tmp_path: Path) -> None:
    files = files_of(folder / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as opened:
        for name, body in files.items():
            opened.writestr(name, body)
        opened.writestr("tables/bomb.csv", bytes(50_000_000), zipfile.ZIP_DEFLATED, 9)
    assert (tmp_path / "out.zip").stat().st_size < 10_000_000
    fault, claimed = verify(tmp_path / "out.zip").faults
    assert "tables/bomb.csv" in fault and "stored as they are" in fault
    assert claimed == "its files claim to have more bytes than the zip file"


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    """A thousand names of the same bytes, as in the smallest bombs."""
    path = packed(tmp_path / "one.zip", {"manifest.json": bytes(100_000)})
    body = path.read_bytes()
    with zipfile.ZipFile(path) as opened:
        listed = opened.start_dir
    entry = body[listed:-22]
    names = [f"manifest{nth:05}"[:13].encode() for nth in range(1000)]
    many = b"".join(entry.replace(b"manifest.json", name) for name in names)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, len(many), listed, 0)
    path.write_bytes(body[:listed] + many + end)
    assert "its files claim to have more bytes than the zip file" in verify(path).faults


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b"", "not JSON"),
        (b"[]", "mendmap_package: not a int: None"),
        (b'{"mendmap_package":2}', "this version of mendmap reads 1, not 2"),
        (b'{"mendmap_package":true}', "mendmap_package: not a int: True"),
        (b'{"mendmap_package":1,"title":"x","snapshot":{"name":"1"},"files":[{}]}', "files[0].bytes: not a int"),
        (
            b'{"mendmap_package":1,"title":"x","snapshot":{"name":"1"},"files":[{"bytes":-1,"sha256":""}]}',
            "files[0].: not a size",
        ),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_manifest_that_is_none_is_named(tmp_path: Path, manifest: bytes, words: str) -> None:
    (fault,) = verify(packed(tmp_path / "out.zip", {"manifest.json": manifest})).faults
    assert words in fault


def test_a_zip_file_without_a_manifest_is_no_package(tmp_path: Path) -> None:
    (fault,) = verify(packed(tmp_path / "out.zip", {"a.csv": b"a\n"})).faults
    assert "this is not a package" in fault


def test_a_manifest_that_counts_rows_wrongly_is_found(folder: Path, tmp_path: Path) -> None:
    def miscount(files: Files) -> None:
        told = json.loads(files["manifest.json"])
        for each in told["files"]:
            each["rows"] = each.get("rows", 0) + 1
        files["manifest.json"] = orjson.dumps(told)

    found = {each.file.path: each.fault for each in spoilt(folder, tmp_path, miscount).files}
    assert found["tables/readings.csv"] == "it has 5 rows, and the manifest says 6"
    assert found["tables/readings.parquet"] == "it has 5 rows, and the manifest says 6"


def test_what_hides_between_the_files_is_found(folder: Path, tmp_path: Path) -> None:
    files = files_of(folder / "out.zip")
    reordered = packed(tmp_path / "out.zip", dict(reversed(files.items())))
    assert verify(reordered).faults == ()  # another order of the same files is a package too, of other bytes
    with zipfile.ZipFile(tmp_path / "dated.zip", "w") as opened:
        for nth, (name, body) in enumerate(files.items()):
            opened.writestr(zipfile.ZipInfo(name, (1990 + nth, 1, 1, 0, 0, 0)), body)
    (fault,) = verify(tmp_path / "dated.zip").faults
    assert "the zip file is not the one that its files make" in fault


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        ("1970-01-01T00:00:00+00:00", (1980, 1, 1, 0, 0, 0)),
        ("2026-03-01T00:30:31+01:00", (2026, 2, 28, 23, 30, 30)),
        ("2200-01-01T00:00:00+00:00", (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_dates_are_those_that_zip_files_can_tell(moment: str, found: tuple[int, ...]) -> None:
    assert stamp(dt.datetime.fromisoformat(moment)) == found


def test_a_file_that_is_not_there_is_an_error_in_words(run_mendmap: Run, tmp_path: Path) -> None:
    done = run_mendmap("verify", tmp_path / "none.zip")
    assert done.returncode == 1 and "No such file" in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())

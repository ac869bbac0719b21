"""Detached Ed25519 signatures (RFC 8032) of a package's manifest, which holds the SHA-256 of every file.

The signature stands beside the package as ``FILE.zip.sig``, so that a package is the same bytes signed or not. Keys are
PEM files, as ``openssl genpkey -algorithm ed25519`` makes them. What is signed is the manifest and not the zip file,
because Ed25519 takes its message whole, and a package may be larger than memory. Not here: the manifest.
"""

import base64
import hashlib
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mendmap.errors import BadRequestError

_MOST_BYTES = 10_000
_MEMBERS = ("algorithm", "key", "manifest_sha256", "signature")


def private_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a PEM file without a passphrase. Raises BadRequestError, which quotes nothing of the file."""
    try:
        found = serialization.load_pem_private_key(_pem(path), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise BadRequestError(f"{path}: not an Ed25519 private key as PEM without a passphrase")
    return found


def signature_of(package: Path) -> Path:
    """Where the signature of a package stands."""
    return package.with_name(f"{package.name}.sig")


def signed(manifest: bytes, key: Ed25519PrivateKey) -> bytes:
    """The signature of a manifest, as a JSON document."""
    document = {
        "algorithm": "Ed25519",
        "key": fingerprint(key.public_key()),
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        "signature": base64.b64encode(key.sign(manifest)).decode(),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def public_key(path: Path) -> Ed25519PublicKey:
    """The public key of a PEM file. Raises BadRequestError."""
    try:
        found = serialization.load_pem_public_key(_pem(path))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise BadRequestError(f"{path}: not an Ed25519 public key as PEM")
    return found


def fingerprint(key: Ed25519PublicKey) -> str:
    """The SHA-256 of a public key (of its SubjectPublicKeyInfo in DER), by which keys are told apart."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def fault_of(manifest: bytes, signature: Path, key: Ed25519PublicKey) -> str:
    """What is wrong with a signature; blank where the key's owner has signed this manifest. What the document says of
    the key and the manifest only tells faults apart; the signature alone decides."""
    if not signature.is_file():
        return f"there is no signature at {signature}"
    try:
        with signature.open("rb") as file:
            document = orjson.loads(file.read(_MOST_BYTES))
        algorithm, named, digest, signed = (document[each] for each in _MEMBERS)
        value = base64.b64decode(signed, validate=True)
        named, digest = str(named)[:64], str(digest)
    except (ValueError, KeyError, TypeError):
        return f"{signature} is not a signature as mendmap package writes it"
    if algorithm != "Ed25519":
        return f"{signature} is not an Ed25519 signature"
    if named != fingerprint(key):
        return f"it was signed with another key: {named}, and the key given is {fingerprint(key)}"
    if digest != hashlib.sha256(manifest).hexdigest():
        return "another manifest was signed: the package was changed since, or the signature is of another one"
    try:
        key.verify(value, manifest)
    except InvalidSignature:
        return "the signature is not of this key over this manifest"
    return ""


def _pem(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)

"""Signed images for updates: docs/ota.md has the format.

    python tools/image.py keys p256 --private image.key --public image.pub
    python tools/image.py pin image.pub next.pub --output update_keys.bin
    python tools/image.py build esp32_poe --keys update_keys.bin --output app.romfs
    python tools/image.py sign app.romfs --key image.key --product "..." --hardware A B \\
                          --version 1.2.0 --counter 3 --output app.img
    python tools/image.py show app.img
    python tools/image.py verify app.img --keys update_keys.bin
    python tools/image.py ocpp-pki FOLDER
    python tools/image.py ocpp-sign app.img --certificate leaf.pem --key leaf.key

The private key stays where images are signed; a board never sees it. The same sources give the
same image, and with a key on P-256 the same signature too.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

if __package__ in (None, ""):
    _ROOT = Path(__file__).resolve().parent.parent
    sys.path[:0] = [str(_ROOT), str(_ROOT / "firmware")]

from chargepoint.ota import container, slots
from tools import (
    boards,
    build_app,
    build_romfs,
    image_container,
    image_inside,
    image_keys,
    image_ocpp,
)
from tools.image_keys import Failure

_LAST = "it may be one that no other of its key can follow"


def keys(options) -> None:
    key = image_keys.new_key(options.algorithm)
    if options.public.exists():
        raise Failure(f"{options.public} exists; a key is not overwritten")
    image_keys.write_private(options.private, key)
    _write(options.public, image_keys.public_pem(key.public_key()))
    print(
        f"{options.private}: the private key, for its owner only; {options.public}: to be pinned"
    )


def pin(options) -> None:
    data = image_keys.key_file([image_keys.read_public(path) for path in options.public])
    _write(options.output, data)
    for algorithm, public in container.keys(data):
        print(f"{options.output}: {_named(algorithm, container.key_id(algorithm, public))}")


def build(options) -> None:
    board = boards.load(options.board)
    found = boards.problems(board)
    if found:
        raise Failure(found[0])
    files = build_app.files(board)
    if options.keys:
        data = image_keys.read(options.keys)
        _pinned(data, options.keys)
        files[build_romfs.KEY_FILE] = data
    image = build_romfs.image(files)
    room = board.image_slot(options.flash)[1] - container.HEADER_BYTES
    if len(image) > room:
        raise Failure(f"the image has {len(image)} bytes, and the slot has room for {room}")
    _write(options.output, image)
    _write(options.output.with_suffix(".names"), build_app.names(board).encode())
    print(f"{options.output}: {len(image)} bytes, {100 * len(image) // room} % of its slot")


def sign(options) -> None:
    description = image_container.Description(
        options.product,
        options.hardware,
        options.version,
        options.counter,
        options.subprotocols,
        options.kind,
        options.boot_version,
        options.store_format,
        options.downgrade_from,
    )
    payload = image_keys.read(options.payload)
    key = image_keys.read_private(options.key)
    data = image_container.signed(description, payload, key)
    _inside(container.Header(data), payload, options.payload, options.last)
    _write(options.output, data)
    print(f"{options.output}: {len(data)} bytes, version {options.version}")


def show(options) -> None:
    data = image_keys.read(options.image)
    header = _header(data, options.image)
    lines = {
        "kind": {number: name for name, number in image_container.KINDS.items()}[header.kind],
        "product": header.product,
        "hardware": " ".join(header.hardware),
        "version": header.version,
        "security counter": header.counter,
        "downgrade": f"from {header.downgrade_from}" if header.flags else "no",
        "lowest boot version": header.boot_version,
        "lowest store format": header.store_format,
        "subprotocols": " ".join(header.subprotocols),
        "payload": f"{header.payload_bytes} bytes, SHA-256 {header.digest.hex()}",
        "key": _named(header.algorithm, header.key_id),
    }
    for name, value in lines.items():
        print(f"{name:20} {value}")
    _payload(header, data, options.image)


def verify(options) -> None:
    """With the station's own code."""
    data = image_keys.read(options.image)
    pinned = _pinned(image_keys.read(options.keys), options.keys)
    header = _header(data, options.image)
    station = container.Station(
        pinned,
        options.product or header.product,
        options.hardware or header.hardware[0],
        options.counter,
        options.boot_version,
        options.store_format,
        options.room or len(data),
        kind=header.kind,
    )
    try:
        container.check(data, station)
    except container.Refused as refused:
        raise Failure(f"{options.image}: {refused}") from None
    _payload(header, data, options.image)
    _inside(header, data[container.HEADER_BYTES :], options.image, options.last)
    print(f"{options.image}: good, {header.product} {header.version}")


def ocpp_pki(options) -> None:
    image_ocpp.write_certificates(options.folder, options.algorithm)
    print(f"{options.folder}: root.pem, leaf.pem and their keys, for tests only")


def ocpp_sign(options) -> None:
    fields = image_ocpp.request_fields(
        image_keys.read(options.image),
        image_keys.read(options.certificate),
        image_keys.read_private(options.key),
        options.scheme,
    )
    print(json.dumps(fields, indent=2))


def _header(data: bytes, path: Path) -> container.Header:
    try:
        return container.Header(data)
    except container.Refused as refused:
        raise Failure(f"{path}: {refused}") from None


def _payload(header: container.Header, data: bytes, path: Path) -> None:
    """Raises Failure if it is not the one of the header."""
    room = len(data) - container.HEADER_BYTES
    if room != header.payload_bytes:
        why = "truncated" if room < header.payload_bytes else "more than the payload"
        raise Failure(f"{path}: {why}: {room} bytes for {header.payload_bytes}")
    if not slots.is_whole(data):
        raise Failure(f"{path}: {container.WRONG_HASH}")


def _inside(header: container.Header, payload: bytes, path: Path, is_last: bool) -> None:
    """Print the keys. Raises Failure if no other image could follow, unless it is the last."""
    print(f"{path}: signed with {_named(header.algorithm, header.key_id)}")
    if header.kind != container.APP:
        return
    try:
        found = image_inside.pinned(payload)
        if not is_last:
            image_inside.check(payload, header.key_id, header.product, header.subprotocols)
    except Failure as failure:
        raise Failure(f"{path}: {failure}") from None
    for algorithm, public in found:
        key_id = container.key_id(algorithm, public)
        print(f"{path}: the next one with {_named(algorithm, key_id)}")


def _named(algorithm: int, key_id: bytes) -> str:
    return f"{image_keys.NAMES[algorithm]} {key_id.hex()}"


def _pinned(data: bytes, path: Path) -> list[tuple[int, bytes]]:
    try:
        return container.keys(data)
    except container.Refused as refused:
        raise Failure(f"{path}: {refused}") from None


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Signed images for updates.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(function, about: str, *paths: str) -> argparse.ArgumentParser:
        name = function.__name__.replace("_", "-")
        found = commands.add_parser(name, help=about, description=about)
        found.set_defaults(run=function)
        for path in paths:
            found.add_argument(path, type=Path)
        return found

    one = command(keys, "make a key pair; nothing is overwritten")
    one.add_argument("algorithm", choices=sorted(image_keys.ALGORITHMS))
    one.add_argument("--private", type=Path, required=True)
    one.add_argument("--public", type=Path, required=True)

    one = command(pin, "make the key file of an image: the present key, and the next")
    one.add_argument("public", type=Path, nargs="+")
    one.add_argument("--output", type=Path, default=Path(build_romfs.KEY_FILE))

    one = command(build, "build a board's ROMFS image, with the key file in it")
    one.add_argument("board", metavar="BOARD")
    one.add_argument("--keys", type=Path, help="key file")
    one.add_argument("--flash", default="", help="size of the flash, where a board has several")
    one.add_argument("--output", type=Path, required=True)

    one = command(sign, "put the header before a payload", "payload")
    one.add_argument("--key", type=Path, required=True, help="private key")
    one.add_argument("--product", required=True)
    one.add_argument("--hardware", nargs="+", required=True, help="revisions that it fits")
    one.add_argument("--version", required=True)
    one.add_argument("--counter", type=int, required=True, help="security counter")
    one.add_argument(
        "--subprotocols",
        nargs="+",
        choices=image_container.SUBPROTOCOLS,
        default=list(image_container.SUBPROTOCOLS),
    )
    one.add_argument("--kind", choices=sorted(image_container.KINDS), default="app")
    one.add_argument("--boot-version", type=int, default=1, help="lowest that it needs")
    one.add_argument("--store-format", type=int, default=1, help="lowest that it reads")
    one.add_argument(
        "--downgrade-from",
        type=int,
        default=0,
        metavar="COUNTER",
        help="stations up to this security counter may go back to the image",
    )
    one.add_argument("--last", action="store_true", help=_LAST)
    one.add_argument("--output", type=Path, required=True)

    command(show, "print what the header says", "image")

    one = command(verify, "check an image as a station does", "image")
    one.add_argument("--keys", type=Path, required=True, help="key file")
    one.add_argument("--product", default="", help="of the station; default: the image's")
    one.add_argument("--hardware", default="", help="revision of the station; likewise")
    one.add_argument("--counter", type=int, default=0, help="that the station has reached")
    one.add_argument("--boot-version", type=int, default=slots.BOOT_VERSION)
    one.add_argument("--store-format", type=int, default=1)
    one.add_argument("--room", type=int, default=0, help="bytes of the slot behind the header")
    one.add_argument("--last", action="store_true", help=_LAST)

    one = command(ocpp_pki, "make certificates for tests of UpdateFirmware", "folder")
    one.add_argument("--algorithm", choices=sorted(image_keys.ALGORITHMS), default="rsa3072")

    one = command(ocpp_sign, "print signingCertificate and signature of UpdateFirmware", "image")
    one.add_argument("--certificate", type=Path, required=True)
    one.add_argument("--key", type=Path, required=True)
    one.add_argument("--scheme", choices=image_ocpp.SCHEMES, default="pss")
    return parser


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (Failure, boards.Failure) as failure:
        print(f"image: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

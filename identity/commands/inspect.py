"""`python -m identity inspect FILE`: shows the content of an identity file, without network access.

The password comes from --password-file, else HOPRD_IDENTITY_PASSWORD, else a prompt; never from an argument, because
other users of the machine can see arguments.
"""

import argparse
import getpass
import json
import os
import sys
from pathlib import Path

from identity.commands import Subparsers
from identity.errors import IdentityError, KeyfileError
from identity.keys import keyfile

PASSWORD_VARIABLE = "HOPRD_IDENTITY_PASSWORD"  # noqa: S105 - the name of the variable


def add_to(commands: Subparsers) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "inspect", help="print the peer id and the native address of an identity file", allow_abbrev=False
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the identity file (JSON)")
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="F",
        help=f"file with the password; default: ${PASSWORD_VARIABLE}, else a prompt",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the content of the file; after printing an error, return 1."""
    try:
        content = _read(options.file)
        identity = keyfile.read(content, _password(options.password_file))
    except IdentityError as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    shown = {"peerId": identity.peer_id, "nativeAddress": identity.native_address, "form": identity.form}
    if options.json:
        print(json.dumps(shown))
    else:
        print(f"peerId         {identity.peer_id or 'none (old form: chain key alone)'}")
        print(f"nativeAddress  {identity.native_address}")
    return 0


def _password(file: Path | None) -> str:
    if file:
        try:
            return _read(file).decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise KeyfileError(f"the password file {file} is not text") from None
        except KeyfileError as error:
            raise KeyfileError(f"the password file {file} {error}") from None
    from_environment = os.environ.get(PASSWORD_VARIABLE)
    if from_environment is not None:
        return from_environment
    if not sys.stdin.isatty():
        raise KeyfileError(f"no password was given: use --password-file or {PASSWORD_VARIABLE}")
    try:
        return getpass.getpass("Identity password: ")
    except (EOFError, KeyboardInterrupt):
        raise KeyfileError("no password was given") from None
    except UnicodeDecodeError:
        raise KeyfileError("the password is not UTF-8 text") from None


def _read(file: Path) -> bytes:
    """Return the file's bytes, at most one more than an identity file may have."""
    try:
        with file.open("rb") as opened:
            return opened.read(keyfile.MAX_FILE_BYTES + 1)
    except OSError as error:
        raise KeyfileError(f"cannot be read: {error.strerror}") from None

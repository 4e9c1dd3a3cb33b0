"""`python -m devnet.chain_contracts compile`: compiles the contracts and prints the folder of the artifacts."""

from __future__ import annotations

import argparse
import sys

from devnet.chain_contracts.compiler import artifacts
from devnet.errors import ChainContractsError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devnet.chain_contracts", description=__doc__)
    parser.add_argument("command", choices=["compile"])
    parser.parse_args()
    try:
        compiled = artifacts()
    except ChainContractsError as error:
        print(error, file=sys.stderr)
        return 1
    print(compiled.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

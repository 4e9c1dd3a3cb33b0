"""The commands of `python -m identity`: each adds itself to the parser, runs, and returns the exit code."""

import argparse
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

"""The commands of `python -m identity`: each module adds itself to the parser and runs, returning the exit code."""

"""The errors of devnet: each message says what was found and how to continue."""


class DevnetError(Exception):
    """An error that a person can fix; the command line prints the message and exits with code 1."""


class ToolError(DevnetError):
    """A tool could not be found, downloaded or built."""


class PortTakenError(DevnetError):
    """Another process uses a port that devnet needs."""


class StartError(DevnetError):
    """A server of devnet exited or did not answer in time."""


class ChainContractsError(DevnetError):
    """The chain contracts could not be compiled or deployed."""

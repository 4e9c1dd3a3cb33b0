"""The errors of devnet: each message stands alone, says what was found and how to go on."""


class DevnetError(Exception):
    """Something a person can mend; the command line shows the message and ends with exit code 1."""


class ToolError(DevnetError):
    """A tool could not be found or made."""


class PortTakenError(DevnetError):
    """Another process listens where devnet wants to."""


class StartError(DevnetError):
    """A process of devnet ended or did not answer in time."""

"""From Pulumi's configuration to settings: the one module of this package that knows Pulumi."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from config.errors import HoprdError
from config.settings import Settings, parse, plain
from config.stack_file import NAMESPACE

# The language host takes this exit code to mean that the user has been told why; any other adds a line of its own.
USER_HAS_BEEN_TOLD = 32


def load_settings() -> Settings:
    """The settings of the running stack; raises ConfigurationError with every problem."""
    prefix = f"{NAMESPACE}:"
    texts = {key.removeprefix(prefix): text for key, text in CONFIG.get().items() if key.startswith(prefix)}
    secret_sections = [name for name in texts if is_config_secret(prefix + name)]
    return parse({name: plain(text) for name, text in texts.items()}, pulumi.get_stack(), secret_sections)


def settings_or_exit() -> Settings:
    """The stack's settings; where they are wrong, each problem is one line of Pulumi's output and the program ends."""
    with user_is_told():
        return load_settings()


@contextmanager
def user_is_told() -> Iterator[None]:
    """Ends the program on what a user can cause or cure, with a line of Pulumi's output for each problem."""
    try:
        yield
    except HoprdError as error:
        for problem in getattr(error, "problems", (error,)):
            pulumi.log.error(str(problem))
        sys.exit(USER_HAS_BEEN_TOLD)

"""From Pulumi's configuration to settings: the one module of this package that knows Pulumi."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from config.errors import ConfigurationError, HoprdError
from config.logs import conceal, configure_logging
from config.models.settings import Settings
from config.models.stack_file import NAMESPACE
from config.validation.in_clear import rpc_key_in_clear, secrets_in_clear
from config.validation.parse import parse, plain

_log = logging.getLogger(__name__)
# The language host takes this exit code to mean that the user has been told why; any other adds a line of its own.
USER_HAS_BEEN_TOLD = 32


def load_settings() -> Settings:
    """The settings of the running stack; raises ConfigurationError with every problem, warns of a key in clear."""
    configure_logging()
    prefix = f"{NAMESPACE}:"
    texts = {key.removeprefix(prefix): text for key, text in CONFIG.get().items() if key.startswith(prefix)}
    secret_sections = [name for name in texts if is_config_secret(prefix + name)]
    settings = parse({name: plain(text) for name, text in texts.items()}, pulumi.get_stack(), secret_sections)
    conceal(settings.chain.rpc_url)
    _log.info(
        "settings of stack %s: %d pools, %d nodes", settings.stack, len(settings.pools), len(settings.workloads())
    )
    if problems := secrets_in_clear(settings, secret_sections):
        raise ConfigurationError(problems)
    if advice := rpc_key_in_clear(settings, secret_sections):
        pulumi.log.warn(str(advice))
    return settings


def load_settings_or_exit() -> Settings:
    """The stack's settings; where they are wrong, each problem is one line of Pulumi's output and the program ends."""
    with exit_on_user_error():
        return load_settings()


@contextmanager
def exit_on_user_error() -> Iterator[None]:
    """Ends the program on what a user can cause or cure, with a line of Pulumi's output for each problem."""
    try:
        yield
    except HoprdError as error:
        _log.debug("the program ends on a user error", exc_info=True)
        for problem in getattr(error, "problems", (error,)):
            pulumi.log.error(str(problem))
        sys.exit(USER_HAS_BEEN_TOLD)

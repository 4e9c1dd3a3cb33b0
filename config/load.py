"""Load the settings from Pulumi's configuration. No other module of this package imports Pulumi."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pulumi
from pulumi.runtime.config import CONFIG, is_config_secret

from config.errors import ConfigurationError, HoprdError
from config.logs import configure_logging
from config.models.settings import Settings
from config.models.stack_file import NAMESPACE
from config.validation.parse import decode, parse_with_advice
from config.validation.plaintext import plaintext_rpc_key, plaintext_secrets

_log = logging.getLogger(__name__)
# Pulumi's language host adds a message of its own to every other exit code.
EXIT_CODE_ERROR_ALREADY_SHOWN = 32


def load_settings() -> Settings:
    """Return the settings of the running stack. Raise ConfigurationError; log the warnings about them."""
    configure_logging()
    prefix = f"{NAMESPACE}:"
    texts = {key.removeprefix(prefix): text for key, text in CONFIG.get().items() if key.startswith(prefix)}
    secret_sections = [name for name in texts if is_config_secret(prefix + name)]
    settings, warnings = parse_with_advice(decode(texts), pulumi.get_stack(), secret_sections)
    _log.info(
        "settings of stack %s: %d pools, %d nodes", settings.stack, len(settings.pools), len(settings.workloads())
    )
    if problems := plaintext_secrets(settings, secret_sections):
        raise ConfigurationError(problems)
    if warning := plaintext_rpc_key(settings, secret_sections):
        warnings.append(warning)
    for warning in warnings:
        pulumi.log.warn(str(warning))
    return settings


def load_settings_or_exit() -> Settings:
    """Return the settings; if they are invalid, log each problem as an error of Pulumi and exit."""
    with exit_on_user_error():
        return load_settings()


@contextmanager
def exit_on_user_error() -> Iterator[None]:
    """Log each problem of a HoprdError as an error of Pulumi and exit, without a traceback."""
    try:
        yield
    except HoprdError as error:
        _log.debug("the program ends on a user error", exc_info=True)
        for problem in getattr(error, "problems", (error,)):
            pulumi.log.error(str(problem))
        sys.exit(EXIT_CODE_ERROR_ALREADY_SHOWN)

"""What happens before the first resource is registered: secrets, escrow, the stack's own state, and the summary."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import pulumi

from components.allocation_inputs import require_allocatable
from components.recorded_state import read_recorded
from components.restarts import restarting_nodes
from config.models.settings import Settings
from config.models.wallet import password_advice
from identity.consent import Consent
from identity.keys import escrow
from identity.keys.fingerprint import NodeIds
from identity.keys.origin import KeyOrigin
from identity.keys.search import FoundKeys, search
from identity.secrets.sources import Secrets, secrets_of
from summary.entries import Summary
from summary.recorded import Recorded, RecordedObject
from summary.review import Review, Reviewer

DETAILS_VARIABLE = "HOPRD_DETAILS"
_FULL = "full"


@dataclass(frozen=True)
class Prepared:
    """The secrets of the stack, the summary of the run, and what a preview knows of each identity."""

    secrets: Secrets
    summary: Summary = field(default_factory=Summary)
    known: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By identity: its public data, and its state on chain as far as the run does not change it."""
    found: Mapping[str, NodeIds] = field(default_factory=dict)
    """In a preview: the nodes of keys that the state lacks and that `pulumi up` adopts, by identity."""
    objects: tuple[RecordedObject, ...] = ()
    """The objects of the cluster that the state has."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read the secrets, warn of a weak password, and check the escrow, so that a preview reports their errors.

        Raises the errors of `secrets_of` and `escrow.require`.
        """
        secrets = secrets_of(settings.wallet, settings.platform)
        if advice := password_advice(secrets.identity_password):
            pulumi.log.warn(f"wallet.identityPassword {advice}")
        escrow.require(settings.escrow, settings.stack)
        return cls(secrets)


def prepare(settings: Settings) -> Prepared:
    """Prepare the run and show its summary, in a preview with the details of each pool after it.

    Each line is a message of its own, since the engine's plain output shows the first line of a message at once, and
    whole messages only at its end. Raises NotAllowed if this run lacks a permission, SecretsUnavailable if an update
    cannot search the cluster for keys that the state lacks (a preview says so), and the errors of `Prepared.of`,
    `require_allocatable`, `search` and key files.
    """
    secrets, consent = Prepared.of(settings).secrets, Consent.of_this_process()
    state, is_preview = read_recorded(), pulumi.runtime.is_dry_run()
    if not consent.destroys:
        require_allocatable(settings, state.assignments)
    found = FoundKeys() if consent.destroys else search(settings, secrets, state.keys)
    if found.not_searched and not is_preview:
        raise found.not_searched
    recorded = state.with_keys(found.nodes)
    nodes = native_addresses(settings, secrets, recorded)
    restarting = restarting_nodes(settings, recorded)
    reviewer = Reviewer(settings, recorded, nodes, restarting, found.not_searched)
    review = reviewer.review(consent, is_preview=is_preview, full=_wants_full_details())
    _show(review)
    prepared = Prepared(secrets, review.summary, objects=recorded.objects)
    return replace(prepared, known=review.known, found=found.nodes) if is_preview else prepared


def _show(review: Review) -> None:
    for line in review.summary.lines:
        pulumi.log.info(line)
    for text in review.details:
        pulumi.log.info(text)


def _wants_full_details() -> bool:
    return os.environ.get(DETAILS_VARIABLE) == _FULL


def native_addresses(
    settings: Settings, secrets: Secrets, recorded: Recorded
) -> Mapping[str, Mapping[str, str | None]]:
    """The native address of each identity: from its recorded keys, or from the configuration; None for new keys."""
    return {
        pool_name: {
            identity: recorded.keys[identity].native_address
            if identity in recorded.keys
            else KeyOrigin.of(settings, pool_name, identity).known_address(secrets)
            for identity in pool.identity_names(pool_name)
        }
        for pool_name, pool in settings.pools.items()
    }

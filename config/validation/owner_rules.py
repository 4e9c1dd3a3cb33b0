"""Rules about accounts that own Safes: an address that can never sign, or that a Safe refuses, is not an owner."""

from collections.abc import Iterator

from config.errors import Problem
from config.models.networks import BUILT_IN
from config.safe_contracts import NEVER_OWNERS
from config.validation.partial import PartialSettings

_LAST_RESERVED = 0xFFFF
"""Precompiled contracts; 1 is also the mark at both ends of a Safe's list of owners."""


def _owners_can_sign(settings: PartialSettings) -> Iterator[Problem]:
    """The zero address is refused wherever an address is."""
    contracts = _contracts(settings)
    for path, pool, owner in _owners(settings):
        if int(owner, 16) <= _LAST_RESERVED:
            yield Problem(path, f"'{owner}' is a reserved address, which cannot sign; name an account or another Safe")
        elif owner in contracts:
            yield Problem(path, f"'{owner}' is {contracts[owner]}; name an account or a Safe, which can sign")
        elif owner in (own := _existing_safes(settings, pool)):
            yield Problem(path, f"'{owner}' is {own[owner]}; a Safe of this pool cannot own the Safes of this pool")


def _owners(settings: PartialSettings) -> Iterator[tuple[str, str, str]]:
    """The path, pool and address of each owner; the wallets own the Safes that they create."""
    for name, pool in settings.pools.items():
        for position, owner in enumerate(pool.safe.admins):
            yield f"pools.{name}.safe.admins[{position}]", name, owner
    if wallet := settings.wallet:
        yield "wallet.address", "", wallet.address
        if wallet.previous:
            yield "wallet.previous.address", "", wallet.previous.address
        for position, owner in enumerate(wallet.former_addresses):
            yield f"wallet.formerAddresses[{position}]", "", owner


def _contracts(settings: PartialSettings) -> dict[str, str]:
    """What the contracts of Safe and of the configured network are, by address."""
    network = settings.network or ""
    entry = BUILT_IN.get(network) or settings.networks.get(network)
    of_network = entry.contracts.model_dump(by_alias=True, exclude_none=True) if entry else {}
    return NEVER_OWNERS | {address: f"the contract {name} of network {network}" for name, address in of_network.items()}


def _existing_safes(settings: PartialSettings, pool: str) -> dict[str, str]:
    if pool not in settings.pools:
        return {}
    return {
        address: f"the {kind} of {name}"
        for name, addresses in settings.pools[pool].existing_safes.items()
        for kind, address in zip(("Safe", "module"), addresses, strict=True)
    }


OWNER_RULES = (_owners_can_sign,)

"""The two dynamic Pulumi resources of identities; every decision is in the modules below.

Secrets (wallet key, identity password, RPC URL) come from the stack's configuration in `configure`, in the provider's
own process: they are never an input, an output or part of the pickled provider. Deleting leaves the chain as it is.
"""

import base64
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.runtime.rpc import UNKNOWN

from config.chain import Chain, Wallet
from config.scalars import Amount
from config.settings import Settings
from identity import keyfile
from identity.apply import apply
from identity.chain import ChainClient
from identity.errors import CannotProceed, ChainError, IdentityError, WrongPassword
from identity.keys import NodeKeyPair
from identity.observe import look
from identity.plan import plan
from identity.pool_state import identities_in, inputs_of, known_eligible, outputs_of, same_inputs, wanted_of
from identity.preflight import require
from identity.preview import with_placeholders
from identity.wanted import Policy, WantedPool

Properties = dict[str, Any]


class _Configured(ResourceProvider):
    """A provider that knows the stack's wallet and chain, and nothing of them before `configure`."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Keeps the configuration of this process; gRPC's own log would print a traceback for each error."""
        logging.getLogger("grpc").setLevel(logging.CRITICAL)
        self._configuration = req.config

    def _wallet(self) -> Wallet:
        return Wallet.model_validate_json(self._configuration.require("wallet"))

    def _limits(self) -> Chain:
        return Chain.model_validate_json(self._configuration.require("chain"))


class NodeKeysProvider(_Configured):
    """Makes keys once; afterwards only the password of the identity file can change."""

    def create(self, props: Properties) -> CreateResult:
        """Makes both keys and the encrypted file, without any network."""
        keys = NodeKeyPair.generate()
        return CreateResult(keys.native_address, self._outputs(props["identity"], keys))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """The state is the only place that has the keys: there is nothing to compare them with."""
        return ReadResult(id_, dict(props))

    def diff(self, _id: str, olds: Properties, _news: Properties) -> DiffResult:
        """A change only when the configured password does not open the file; never a replacement."""
        password = self._wallet().identity_password.get_secret_value()
        return DiffResult(changes=_keys_in(olds, password) is None)

    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Encrypts the same keys with the configured password; it takes the one before to read them."""
        wallet = self._wallet()
        keys = _keys_in(olds, wallet.identity_password.get_secret_value())
        if keys:
            return UpdateResult(dict(olds))
        previous = wallet.previous_identity_password
        keys = _keys_in(olds, previous.get_secret_value()) if previous else None
        if keys is None:
            raise WrongPassword(
                f"wallet.identityPassword does not open the identity file of {olds['identity']}: to change the "
                "password, set wallet.previousIdentityPassword to the one before; else set the old one back"
            )
        return UpdateResult(self._outputs(news["identity"], keys))

    def delete(self, id_: str, props: Properties) -> None:
        """Forgets the keys; whatever the node owns on chain stays there."""
        _say(f"{props['identity']}: the keys of node {id_} are gone from the state; what it owns on chain stays there")

    def _outputs(self, identity: str, keys: NodeKeyPair) -> Properties:
        text = keyfile.write(keys, self._wallet().identity_password.get_secret_value())
        return {
            "identity": identity,
            "peer_id": keys.peer_id,
            "native_address": keys.native_address,
            "identity_file": base64.b64encode(text.encode()).decode(),
        }


class PoolOnChainProvider(_Configured):
    """Makes a pool what is wanted on chain, and tells when it is not."""

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Preflight of a new or changed pool, also in preview; an unchanged pool is looked at by `diff`."""
        if same_inputs(olds, news):
            return CheckResult(news, [])
        try:
            self._preflight(news)
        except CannotProceed as error:
            return CheckResult(news, [CheckFailure("", str(problem)) for problem in error.problems])
        except IdentityError as error:
            return CheckResult(news, [CheckFailure("", str(error))])
        return CheckResult(news, [])

    def diff(self, _id: str, olds: Properties, news: Properties) -> DiffResult:
        """A change when other things are wanted, or when something is missing or below its minimum on chain."""
        if not same_inputs(olds, news):
            return DiffResult(changes=True)
        limits = self._limits()
        wanted = wanted_of(news, news["nodes"], olds)
        observed = look(_client(limits, wanted), wanted, known_eligible(olds))
        return DiffResult(changes=bool(plan(wanted, observed, limits.block_gas_limit)))

    def create(self, props: Properties) -> CreateResult:
        """Does everything that is missing; adopts what an earlier, killed run has done."""
        return CreateResult(f"{props['network']['name']}/{props['pool']}", self._apply(props, {}))

    def update(self, _id: str, olds: Properties, news: Properties) -> UpdateResult:
        """Does what is missing; identities that are wanted no more stay as they are on chain."""
        outputs = self._apply(news, olds)
        for name in sorted(identities_in(olds).keys() - identities_in(outputs).keys()):
            _say(_left_behind(name, identities_in(olds)[name]))
        return UpdateResult(outputs)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """The pool as the chain shows it now."""
        wanted = wanted_of(props, props["nodes"], props)
        observed = look(_client(self._limits(), wanted), wanted, known_eligible(props))
        return ReadResult(id_, outputs_of(props, wanted, observed))

    def delete(self, _id: str, props: Properties) -> None:
        """Sends nothing: funds stay where they are, and it says where."""
        outputs = self._latest(props)
        for name, identity in identities_in(outputs).items():
            _say(_left_behind(name, identity))

    def _preflight(self, inputs: Properties) -> None:
        limits = self._limits()
        nodes = with_placeholders(_known_nodes(inputs["nodes"]))
        wanted = wanted_of(inputs, nodes)
        chain = _client(limits, wanted)
        observed = look(chain, wanted)
        if plan(wanted, observed, limits.block_gas_limit):
            require(chain, wanted, observed, limits)

    def _apply(self, props: Properties, before: Properties) -> Properties:
        limits, wanted = self._limits(), wanted_of(props, props["nodes"], before)
        outcome = apply(
            _client(limits, wanted),
            self._wallet(),
            wanted,
            limits,
            known_eligible=known_eligible(before),
            report=lambda text: _say(f"{props['pool']}: {text}"),
        )
        return outputs_of(props, wanted, outcome.observed)

    def _latest(self, props: Properties) -> Properties:
        try:
            return self.read("", props).outs or props
        except ChainError:
            return props  # the chain may be gone before the stack is: what was seen last is said then


class NodeKeys(Resource, module="hoprd", name="NodeKeys"):
    """The keys of one identity, made before anything happens on chain; `identity_file` is a secret."""

    peer_id: pulumi.Output[str]
    native_address: pulumi.Output[str]
    identity_file: pulumi.Output[str]
    """base64 of the encrypted file, as in `spec.identityFile`."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        outputs = dict.fromkeys(("peer_id", "native_address", "identity_file"))
        secret = pulumi.ResourceOptions(additional_secret_outputs=["identity_file"])
        super().__init__(
            NodeKeysProvider(),
            name,
            {"identity": name.removesuffix("-keys"), **outputs},
            pulumi.ResourceOptions.merge(opts, secret),
        )


@dataclass(frozen=True)
class PoolOnChainArgs:
    """A pool, the stack's settings, and the native address of each identity by its name."""

    pool_name: str
    settings: Settings
    nodes: Mapping[str, pulumi.Input[str]]


class PoolOnChain(Resource, module="hoprd", name="PoolOnChain"):
    """A whole pool on chain: Safes, modules, funds, registration."""

    identities: pulumi.Output[dict[str, dict[str, Any]]]
    """By name: nativeAddress, safeAddress, moduleAddress, nodeXdaiWei, safeWxhoprWei (decimal texts), registered."""
    wallet_address: pulumi.Output[str]

    def __init__(self, name: str, args: PoolOnChainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        settings, wallet = args.settings, args.settings.wallet.address
        policy = Policy.of(settings.pools[args.pool_name], wallet)
        inputs = inputs_of(args.pool_name, settings.network, wallet, policy, args.nodes)
        super().__init__(PoolOnChainProvider(), name, {**inputs, "identities": None, "wallet_address": None}, opts)

    def identity(self, name: str) -> pulumi.Output[dict[str, Any]]:
        """One identity of the pool."""
        return self.identities.apply(lambda identities: identities[name])


def _keys_in(outputs: Properties, password: str) -> NodeKeyPair | None:
    """The keys in the state's identity file; None where the password does not open it."""
    try:
        return keyfile.read(base64.b64decode(outputs["identity_file"]), password).keys
    except WrongPassword:
        return None


def _known_nodes(nodes: Mapping[str, object]) -> dict[str, str | None]:
    """In a preview the addresses of keys that are not made yet are placeholders of the engine."""
    return {name: node if isinstance(node, str) and node != UNKNOWN else None for name, node in nodes.items()}


def _client(limits: Chain, wanted: WantedPool) -> ChainClient:
    chain = ChainClient(limits.rpc_url.get_secret_value())
    chain.expect_chain(wanted.network.chain_id, wanted.network.name)
    return chain


def _left_behind(name: str, identity: Mapping[str, Any]) -> str:
    xdai, wxhopr = (str(Amount.from_wei(int(identity[key]))) for key in ("nodeXdaiWei", "safeWxhoprWei"))
    return (
        f"{name} stays on chain: node {identity['nativeAddress']} with {xdai} xDai, Safe {identity['safeAddress']} "
        f"with {wxhopr} wxHOPR"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the engine shows it with the resource

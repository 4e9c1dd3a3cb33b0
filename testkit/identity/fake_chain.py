"""A model of the chain: executes the exact call data that the wallet would send, all or nothing."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from identity.chain.client import Block
from identity.evm.calls import Call, Signature, Signers
from identity.evm.contracts import (
    CREATE_CALL,
    CREATOR,
    FALLBACK_HANDLER,
    MODULE,
    MULTI_SEND,
    MULTI_SEND_CALL_ONLY,
    MULTI_SENDER,
    MULTICALL,
    MULTICALL3,
    NETWORK_REGISTRY,
    NODE_SAFE_REGISTRY,
    PROXY_FACTORY,
    SAFE,
    SAFE_PROXY_FACTORY,
    SAFE_SINGLETON,
    TOKEN,
    UNLIMITED_WEI,
    ZERO_ADDRESS,
    Interface,
)
from identity.observation.desired import DesiredPool
from identity.observation.observe import ObservedIdentity, ObservedModule, ObservedPool, ObservedSafe, ObservedWallet
from identity.submission.wallet_transaction import WalletTransaction
from testkit.identity.fake_contracts import FakeModule, FakeSafe, ModelRevert, require
from testkit.identity.fake_registries import FakeNetworkRegistry, FakeNodeSafeRegistry, signed_by
from testkit.protocol import (
    DELEGATECALL,
    create2_address,
    pack_multi_send,
    safe_proxy_address,
    safe_transaction_hash,
    unpack_multi_send,
)


@dataclass(frozen=True)
class FakeSigner:
    """Returns the digest and its own address as the signature, so that the model can compare both."""

    address: str

    def sign_digest(self, digest: bytes) -> Signature:
        return Signature(int.from_bytes(digest), int(self.address, 16), 0)


@dataclass
class FakeChain:
    """One network with one wallet; everything is keyed by checksummed address."""

    desired: DesiredPool
    safes: dict[str, FakeSafe] = field(default_factory=dict)
    modules: dict[str, FakeModule] = field(default_factory=dict)
    xdai: dict[str, int] = field(default_factory=dict)
    wxhopr: dict[str, int] = field(default_factory=dict)
    allowances: dict[tuple[str, str], int] = field(default_factory=dict)
    nonce: int = 0

    def __post_init__(self) -> None:
        self.nodes = FakeNodeSafeRegistry(self.desired.contracts, self.desired.network.chain_id)
        self.network = FakeNetworkRegistry(manager=self.desired.wallet)

    @property
    def signers(self) -> Signers:
        """The wallet, the previous wallet if there is one, and every node of the pool."""
        desired = self.desired
        keys = {identity.name: FakeSigner(identity.node) for identity in desired.identities}
        previous = FakeSigner(desired.previous_wallet) if desired.previous_wallet else None
        return Signers(FakeSigner(desired.wallet), previous, keys.__getitem__)

    # observation

    def observe(self) -> ObservedPool:
        wallet, operator = self.desired.wallet, self.desired.operator
        return ObservedPool(
            Block(1, "0x1", 10**9),
            ObservedWallet(
                xdai_wei=self.xdai.get(wallet, 0),
                wxhopr_wei=self.wxhopr.get(wallet, 0),
                operator_nonce=self.safes[operator].nonce if operator in self.safes else None,
                operator_allowance_wei=self.allowances.get((wallet, operator), 0),
                is_manager=self.network.manager == wallet,
                registry_enabled=self.network.enabled,
            ),
            {one.name: self._observe_one(one.safe, one.module, one.node) for one in self.desired.identities},
        )

    def _observe_one(self, safe_address: str, module_address: str, node: str) -> ObservedIdentity:
        safe, module = self.safes.get(safe_address), self.modules.get(module_address)
        return ObservedIdentity(
            safe=None
            if safe is None
            else ObservedSafe(
                tuple(safe.owners), safe.threshold, safe.nonce, tuple(safe.modules), SAFE_SINGLETON, FALLBACK_HANDLER,
                ZERO_ADDRESS,
            ),
            module=None
            if module is None
            else ObservedModule(module.owner, module.multisend, frozenset(module.rules.values()), node in module.nodes),
            allowance_wei=self.allowances.get((safe_address, self.desired.contracts.channels), 0),
            safe_wxhopr_wei=self.wxhopr.get(safe_address, 0),
            safe_xdai_wei=self.xdai.get(safe_address, 0),
            node_xdai_wei=self.xdai.get(node, 0),
            node_bound_to=self.nodes.of(node),
            registered_to=self.network.registered.get(node, ZERO_ADDRESS),
            eligible=safe_address in self.network.eligible,
            node_signatures=self.nodes.signatures.get(node, 0),
            self_registrations=max(self.network.self_registrations - self.network.of_account(safe_address), 0),
            registry_rule_answers=self.network.self_registrations > 0,
        )  # fmt: skip

    # execution

    def mine(self, transaction: WalletTransaction) -> None:
        """Execute a transaction of the wallet; a ModelRevert changes nothing but the nonce."""
        before = copy.deepcopy(self.__dict__)
        try:
            self._run(self.desired.wallet, transaction.call(self.signers))
        except ModelRevert:
            self.__dict__.update(before)
            self.nonce += 1
            raise
        self.nonce += 1

    def _run(self, sender: str, call: Call) -> None:
        self._pay(sender, call.target, call.value_wei)
        contracts = self.desired.contracts
        handlers: dict[str, tuple[Interface, Callable[..., None]]] = {
            MULTICALL3: (MULTICALL, self._multicall),
            SAFE_PROXY_FACTORY: (PROXY_FACTORY, self._proxy_factory),
            contracts.token: (TOKEN, self._token),
            contracts.network_registry: (NETWORK_REGISTRY, self._network_registry),
            contracts.node_safe_registry: (NODE_SAFE_REGISTRY, self._node_safe_registry),
        }
        if call.target in handlers:
            interface, handler = handlers[call.target]
        elif call.target in self.safes:
            interface, handler = SAFE, self._safe
        elif call.target in self.modules:
            interface, handler = MODULE, self._module
        else:
            return require(not call.data, f"{call.target} has no code")
        function = next(name for name in interface._selectors if interface.selector(name) == call.data[:4])
        return handler(sender, call.target, function, *interface.decode_input(function, call.data))

    def _pay(self, sender: str, receiver: str, wei: int) -> None:
        require(self.xdai.get(sender, 0) >= wei, "not enough xDai")
        self.xdai[sender] = self.xdai.get(sender, 0) - wei
        self.xdai[receiver] = self.xdai.get(receiver, 0) + wei

    def _multicall(self, _sender: str, target: str, function: str, calls: list[tuple[str, bool, int, bytes]]) -> None:
        require(function == "aggregate3Value", function)
        for to, allow_failure, value, data in calls:
            require(not allow_failure, "xDai of a failed call would stay in Multicall3")
            self._run(target, Call(to_checksum_address(to), data, value))
        require(self.xdai.get(target, 0) == 0, "xDai is left in Multicall3")

    def _proxy_factory(
        self, _s: str, target: str, _f: str, singleton: str, initializer: bytes, salt_nonce: int
    ) -> None:
        owners, *rest = SAFE.decode_input("setup", initializer)
        other_arguments = [1, ZERO_ADDRESS, b"", FALLBACK_HANDLER.lower(), ZERO_ADDRESS, 0, ZERO_ADDRESS]
        require(to_checksum_address(singleton) == SAFE_SINGLETON, "other singleton")
        require(len(owners) == 1 and rest == other_arguments, "other setup")
        made = safe_proxy_address(target, initializer, salt_nonce)
        require(made not in self.safes, "Create2 call failed")
        self.safes[made] = FakeSafe([to_checksum_address(owner) for owner in owners])

    def _safe(self, sender: str, address: str, function: str, *arguments: object) -> None:
        safe = self.safes[address]
        if function == "execTransaction":
            return self._execute(address, safe, *arguments)  # type: ignore[arg-type]
        require(sender == address, "GS031")
        safe.administer(function, *arguments)
        return None

    def _execute(
        self, address: str, safe: FakeSafe, to: str, value: int, data: bytes, operation: int, *rest: object
    ) -> None:
        signature = rest[-1]
        chain_id = self.desired.network.chain_id
        digest = safe_transaction_hash(address, chain_id, safe.nonce, to_checksum_address(to), value, data, operation)
        require(any(signed_by(owner, digest, signature) for owner in safe.owners), "GS026")
        require(safe.threshold == 1, "GS020")
        safe.nonce += 1
        (packed,) = MULTI_SENDER.decode_input("multiSend", data)
        steps = unpack_multi_send(packed)
        delegates = any(inner == DELEGATECALL for inner, *_ in steps)
        needed = MULTI_SEND if delegates else MULTI_SEND_CALL_ONLY
        require((to_checksum_address(to), value, operation) == (needed, 0, DELEGATECALL), "not the needed MultiSend")
        require(pack_multi_send(steps) == packed, "malformed steps of a MultiSend")
        for inner, target, value_wei, inner_data in steps:
            if inner == DELEGATECALL:
                require(target == CREATE_CALL, "delegate call")
                _, code, salt = CREATOR.decode_input("performCreate2", inner_data)
                made = create2_address(address, salt, keccak(code))
                require(made not in self.modules, "Could not create contract")
                self.modules[made] = FakeModule()
            else:
                self._run(address, Call(target, inner_data, value_wei))

    def _module(self, sender: str, address: str, function: str, *arguments: object) -> None:
        self.modules[address].call(self.desired.contracts, sender, function, *arguments)

    def _token(self, sender: str, _target: str, function: str, *arguments: object) -> None:
        match function, arguments:
            case "approve", (str(spender), int(wei)):
                key = (sender, to_checksum_address(spender))
                require(self.allowances.get(key, 0) != wei, "nothing to approve")
                self.allowances[key] = wei
            case "transfer", (str(receiver), int(wei)):
                self._move(sender, to_checksum_address(receiver), wei)
            case "transferFrom", (str(holder), str(receiver), int(wei)):
                allowance = (str(to_checksum_address(holder)), sender)
                require(self.allowances.get(allowance, 0) >= wei, "ERC777: insufficient allowance")
                if self.allowances[allowance] != UNLIMITED_WEI:
                    self.allowances[allowance] -= wei
                self._move(to_checksum_address(holder), to_checksum_address(receiver), wei)
            case _:
                raise ModelRevert(function)

    def _move(self, holder: str, receiver: str, wei: int) -> None:
        require(wei, "nothing to pay")
        require(self.wxhopr.get(holder, 0) >= wei, "ERC777: transfer amount exceeds balance")
        self.wxhopr[holder] -= wei
        self.wxhopr[receiver] = self.wxhopr.get(receiver, 0) + wei

    def _network_registry(self, sender: str, _target: str, function: str, *arguments: object) -> None:
        self.network.call(sender, function, arguments, self.nodes)

    def _node_safe_registry(self, sender: str, _target: str, function: str, *arguments: object) -> None:
        self.nodes.call(sender, function, arguments, self.safes, self.modules)

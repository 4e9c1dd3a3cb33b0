"""Each chain test starts from the same state, whatever the tests before it did."""

from __future__ import annotations

from devnet.rpc import Rpc
from testkit.chain.development_chain import DevelopmentChain, next_base_fee, reverted_at_the_end


def test_the_base_fee_is_reverted_with_the_chain(chain: DevelopmentChain) -> None:
    def state(rpc: Rpc) -> tuple[str, str, str]:
        return rpc.call("eth_blockNumber"), next_base_fee(rpc), rpc.call("eth_gasPrice")

    with Rpc(chain.rpc_url) as rpc:
        before = state(rpc)
        with reverted_at_the_end(chain.rpc_url):
            rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**10))
            rpc.call("anvil_mine", hex(10))
            assert state(rpc) != before
        assert state(rpc) == before
        rpc.call("anvil_mine", "0x1")
        assert rpc.call("eth_getBlockByNumber", "latest", False)["baseFeePerGas"] == before[1]

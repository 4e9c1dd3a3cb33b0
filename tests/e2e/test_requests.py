"""The RPC requests of a run without changes, with the real engine."""

from collections.abc import Callable

from devnet.info import DevnetInfo
from testkit.e2e.fleet import Fleet
from testkit.faults.relay import relaying

REQUESTS_OF_AN_OBSERVATION = 3
OBSERVATIONS = ("the preview's table", "the preview's comparison", "the update's comparison")


def test_an_up_without_changes_and_its_preview_observe_a_pool_three_times_and_request_nothing_else(
    small_fleet: Callable[..., Fleet], devnet: DevnetInfo
) -> None:
    with relaying(devnet.rpc_url) as relay:
        fleet = small_fleet("requested", rpc_url=relay.url)
        fleet.must("up")
        sent = relay.transactions
        relay.counts.clear()
        again = fleet.stack.capture("up", ["--yes", "--non-interactive", "--expect-no-changes"])
        assert again.returncode == 0, again.stdout + again.stderr
        assert relay.counts.total() == REQUESTS_OF_AN_OBSERVATION * len(OBSERVATIONS), relay.counts
        assert relay.transactions == sent

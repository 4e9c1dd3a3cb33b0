"""An error that a user can fix ends the engine's call with its message; other exceptions pass unchanged."""

from unittest.mock import create_autospec

import grpc
import pytest

from config.errors import HoprdError
from identity.configured import abort_with_message


class Provider:
    @abort_with_message
    def create(self, props: dict[str, str]) -> str:
        """Raise the given exception."""
        if "cured" in props:
            raise HoprdError(props["cured"])
        if "broken" in props:
            raise ValueError(props["broken"])
        return props["made"]


def host(context: object, props: dict[str, str]) -> str:
    """Call the provider as the dynamic provider host does, which also passes the call's context."""
    assert context is not None
    return Provider().create(props)


@pytest.fixture
def context() -> grpc.ServicerContext:
    context: grpc.ServicerContext = create_autospec(grpc.ServicerContext, instance=True)
    context.abort.side_effect = Exception  # type: ignore[attr-defined]  # gRPC's context ends the call by an exception too
    return context


def test_what_a_person_can_cure_ends_the_call_with_its_own_words(context: grpc.ServicerContext) -> None:
    with pytest.raises(Exception, match=r"^$"):
        host(context, {"cured": "wallet: send it 1 xDai"})
    context.abort.assert_called_once_with(grpc.StatusCode.UNKNOWN, "wallet: send it 1 xDai")  # type: ignore[attr-defined]


def test_a_mistake_of_the_program_is_raised(context: grpc.ServicerContext) -> None:
    with pytest.raises(ValueError, match="oops"):
        host(context, {"broken": "oops"})


def test_where_the_host_is_another_the_error_is_raised() -> None:
    with pytest.raises(HoprdError, match="send it 1 xDai"):
        host("no context", {"cured": "wallet: send it 1 xDai"})


def test_what_is_made_is_returned(context: grpc.ServicerContext) -> None:
    assert host(context, {"made": "it"}) == "it"

"""RPC endpoint, fees and finality."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from config.models.model import Model
from config.models.scalars import check_rpc_url, contradicts


def _rpc_url(value: SecretStr) -> SecretStr:
    check_rpc_url(value.get_secret_value())
    return value


DEFAULT_PATIENCE_S = 60


class ChainSettings(Model):
    """RPC endpoint, fees and finality of the chain that the network is on."""

    rpc_url: Annotated[SecretStr, AfterValidator(_rpc_url), Field(examples=["https://rpc.gnosischain.com"])]
    """JSON-RPC endpoint. Set it with --secret if it contains a provider's key. Messages show only scheme and host."""
    max_fee_gwei: int = Field(default=10, ge=1, le=10_000, examples=[10])
    """Highest total price per gas (maxFeePerGas), gwei."""
    priority_fee_gwei: int = Field(default=2, ge=0, le=10_000, examples=[2])
    """Priority fee per gas (maxPriorityFeePerGas), gwei."""
    confirmations: int = Field(default=8, ge=1, le=64, examples=[8])
    """Confirmations that a transaction needs; 1 means mined."""
    block_time_s: int = Field(default=5, ge=0, le=600, examples=[5])
    """Seconds between blocks; 0 for a development chain that mines on demand."""
    block_gas_limit: int = Field(default=16_700_000, ge=1_000_000, examples=[16_700_000])
    """Maximum gas that one transaction may use."""
    patience_s: int = Field(default=DEFAULT_PATIENCE_S, ge=3, le=3600, examples=[60])
    """Seconds for which a request is repeated while the endpoint limits requests, lags or fails. An endpoint that
    has not worked yet is given up after a sixth of it, unless it limits requests or lags."""

    @field_validator("priority_fee_gwei")
    @classmethod
    def _within_the_maximum(cls, value: int, info: ValidationInfo) -> int:
        max_fee_gwei = info.data.get("max_fee_gwei")
        if max_fee_gwei is not None and value > max_fee_gwei:
            raise contradicts(f"exceeds maxFeeGwei ({max_fee_gwei}), which includes the priority fee")
        return value

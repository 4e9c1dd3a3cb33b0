"""How the chain is reached, what a gas may cost, and when a transaction counts."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from config.models.model import Model
from config.models.scalars import check_rpc_url, contradicts


def _rpc_url(value: SecretStr) -> SecretStr:
    check_rpc_url(value.get_secret_value())
    return value


class ChainSettings(Model):
    """RPC endpoint, fees and finality of the chain that the network is on."""

    rpc_url: Annotated[SecretStr, AfterValidator(_rpc_url), Field(examples=["https://rpc.gnosischain.com"])]
    """JSON-RPC endpoint; where it holds a provider's key, set it with --secret. Messages show scheme and host alone."""
    max_fee_gwei: int = Field(default=10, ge=1, le=10_000, examples=[10])
    """Most that one gas may cost in all (maxFeePerGas), gwei."""
    priority_fee_gwei: int = Field(default=2, ge=0, le=10_000, examples=[2])
    """Tip for the block's maker (maxPriorityFeePerGas), gwei."""
    confirmations: int = Field(default=8, ge=1, le=64, examples=[8])
    """Blocks a transaction must be deep before it counts; 1 means mined."""
    block_time_s: int = Field(default=5, ge=0, le=600, examples=[5])
    """Seconds between blocks; 0 for a development chain that mines at once."""
    block_gas_limit: int = Field(default=16_700_000, ge=1_000_000, examples=[16_700_000])
    """Most gas that one transaction may use."""

    @field_validator("priority_fee_gwei")
    @classmethod
    def _within_the_maximum(cls, value: int, info: ValidationInfo) -> int:
        max_fee_gwei = info.data.get("max_fee_gwei")
        if max_fee_gwei is not None and value > max_fee_gwei:
            raise contradicts(f"is more than maxFeeGwei ({max_fee_gwei}), which includes it")
        return value

// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// Many calls in one transaction, with the interface and the messages of the public Multicall3.
/// It has no owner: xDai that a failed call returns stays here, and any account can take it.
contract Multicall3 {
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Call3Value {
        address target;
        bool allowFailure;
        uint256 value;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory results) {
        results = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length;) {
            Call3 calldata one = calls[i];
            Result memory result = results[i];
            (result.success, result.returnData) = one.target.call(one.callData);
            require(result.success || one.allowFailure, "Multicall3: call failed");
            unchecked { ++i; }
        }
    }

    function aggregate3Value(Call3Value[] calldata calls) external payable returns (Result[] memory results) {
        uint256 spent;
        results = new Result[](calls.length);
        for (uint256 i = 0; i < calls.length;) {
            Call3Value calldata one = calls[i];
            Result memory result = results[i];
            // A sum of existing amounts cannot overflow.
            unchecked { spent += one.value; }
            (result.success, result.returnData) = one.target.call{value: one.value}(one.callData);
            require(result.success || one.allowFailure, "Multicall3: call failed");
            unchecked { ++i; }
        }
        require(msg.value == spent, "Multicall3: value mismatch");
    }

    function getEthBalance(address account) external view returns (uint256) {
        return account.balance;
    }

    function getBlockNumber() external view returns (uint256) {
        return block.number;
    }

    function getCurrentBlockTimestamp() external view returns (uint256) {
        return block.timestamp;
    }

    function getChainId() external view returns (uint256) {
        return block.chainid;
    }
}

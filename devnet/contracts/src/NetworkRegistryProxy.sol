// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

interface ITokenHistory {
    function balanceOfAt(address account, uint128 blockNumber) external view returns (uint256);
}

interface INodeSafes {
    function nodeToSafe(address node) external view returns (address);
}

/// Computes for the network registry how many nodes a Safe may register, from its stake at a block, and which nodes.
/// A new deployment has the threshold 0, so the first call divides by zero: Panic(0x12).
contract NetworkRegistryProxy is AccessControl {
    bytes32 public constant MANAGER_ROLE = keccak256("MANAGER_ROLE");

    address public immutable token;
    address public immutable nodeSafeRegistry;
    uint256 public stakeThreshold;
    uint128 public snapshotBlockNumber;

    event ThresholdUpdated(uint256 indexed threshold);
    event SnapshotUpdated(uint128 indexed blockNumber);

    error SameValue();

    constructor(address administrator, address token_, address nodeSafeRegistry_) {
        _grantRole(DEFAULT_ADMIN_ROLE, administrator);
        _grantRole(MANAGER_ROLE, administrator);
        token = token_;
        nodeSafeRegistry = nodeSafeRegistry_;
    }

    function maxAllowedRegistrations(address safe) external view returns (uint256) {
        return ITokenHistory(token).balanceOfAt(safe, snapshotBlockNumber) / stakeThreshold;
    }

    function canOperateFor(address account, address node) external view returns (bool) {
        return INodeSafes(nodeSafeRegistry).nodeToSafe(node) == account;
    }

    function updateStakeThreshold(uint256 threshold) external onlyRole(MANAGER_ROLE) {
        if (threshold == stakeThreshold) revert SameValue();
        stakeThreshold = threshold;
        emit ThresholdUpdated(threshold);
    }

    function updateSnapshotBlockNumber(uint128 blockNumber) external onlyRole(MANAGER_ROLE) {
        if (blockNumber == snapshotBlockNumber) revert SameValue();
        snapshotBlockNumber = blockNumber;
        emit SnapshotUpdated(blockNumber);
    }
}

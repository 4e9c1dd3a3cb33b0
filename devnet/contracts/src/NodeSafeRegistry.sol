// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

interface ISafe {
    function getModulesPaginated(address start, uint256 pageSize) external view returns (address[] memory, address);
}

interface INodeManagementModule {
    function isNode(address node) external view returns (bool);
    function owner() external view returns (address);
}

/// The Safe of each node: registered by the node, and proven by the node's membership in a module of that Safe.
contract NodeSafeRegistry {
    struct Entry {
        address safe;
        uint96 signatures;
    }

    string public constant VERSION = "1.0.0";
    bytes32 public constant NODE_SAFE_TYPEHASH =
        keccak256("NodeSafeNonce(address safeAddress,address nodeChainKeyAddress,uint256 nodeSigNonce)");
    address private constant FIRST_MODULE = address(1);
    uint256 private constant MODULES_READ = 100;

    bytes32 public domainSeparator;
    mapping(address => Entry) private _entries;

    event RegisteredNodeSafe(address indexed safeAddress, address indexed nodeAddress);
    event DergisteredNodeSafe(address indexed safeAddress, address indexed nodeAddress);

    error NodeHasSafe();
    error NotValidSafe();
    error NotValidSignatureFromNode();
    error SafeAddressZero();
    error NodeAddressZero();
    error NodeIsContract();
    error NodeNotModuleMember();

    constructor() {
        domainSeparator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("NodeSafeRegistry"),
                keccak256(bytes(VERSION)),
                block.chainid,
                address(this)
            )
        );
    }

    function nodeToSafe(address node) external view returns (address) {
        return _entries[node].safe;
    }

    /// The number of registrations of the node: it signs the number, so that a signature is valid once.
    function nodeSigNonce(address node) external view returns (uint256) {
        return _entries[node].signatures;
    }

    function isNodeSafeRegistered(address safe, address node) external view returns (bool) {
        return safe != address(0) && _entries[node].safe == safe;
    }

    function registerSafeByNode(address safe) external {
        _register(safe, msg.sender);
    }

    /// `signature` is the node's, over the EIP-712 struct NodeSafeNonce; any account may submit it.
    function registerSafeWithNodeSig(address safe, address node, bytes calldata signature) external {
        bytes32 content = keccak256(abi.encode(NODE_SAFE_TYPEHASH, safe, node, _entries[node].signatures));
        (address signer, ECDSA.RecoverError problem) =
            ECDSA.tryRecover(ECDSA.toTypedDataHash(domainSeparator, content), signature);
        if (problem != ECDSA.RecoverError.NoError || signer != node) revert NotValidSignatureFromNode();
        _register(safe, node);
    }

    /// Reverts once the node is not a member of a module of the Safe.
    function deregisterNodeBySafe(address node) external {
        if (_entries[node].safe != msg.sender) revert NotValidSafe();
        _requireMember(msg.sender, node);
        _entries[node].safe = address(0);
        emit DergisteredNodeSafe(msg.sender, node);
    }

    function _register(address safe, address node) private {
        if (safe == address(0)) revert SafeAddressZero();
        if (node == address(0)) revert NodeAddressZero();
        if (node.code.length != 0) revert NodeIsContract();
        Entry storage entry = _entries[node];
        if (entry.safe != address(0)) revert NodeHasSafe();
        _requireMember(safe, node);
        entry.safe = safe;
        entry.signatures += 1;
        emit RegisteredNodeSafe(safe, node);
    }

    /// The Safe lists only enabled modules, so a disabled module does not count.
    function _requireMember(address safe, address node) private view {
        (address[] memory modules,) = ISafe(safe).getModulesPaginated(FIRST_MODULE, MODULES_READ);
        for (uint256 i = 0; i < modules.length; i++) {
            INodeManagementModule module = INodeManagementModule(modules[i]);
            if (module.isNode(node) && module.owner() == safe) return;
        }
        revert NodeNotModuleMember();
    }
}

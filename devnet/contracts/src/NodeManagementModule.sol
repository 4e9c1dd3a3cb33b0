// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {TargetSet, TargetWord} from "./Targets.sol";

interface IChannels {
    function token() external view returns (address);
}

/// The nodes that may act for a Safe, and their targets. Each Safe owns an EIP-1167 clone of its own.
contract NodeManagementModule is Initializable {
    using TargetSet for TargetSet.Set;
    using TargetWord for uint256;

    enum Permission {
        None,
        Allow,
        Block
    }

    bool public constant isHoprNodeManagementModule = true;

    address public owner;
    address public multisend;
    mapping(address => bool) public isNode;
    TargetSet.Set private _targets;
    mapping(bytes32 => mapping(bytes32 => Permission)) private _permissions;

    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event SetMultisendAddress(address indexed multisendAddress);
    event NodeAdded(address indexed node);
    event NodeRemoved(address indexed node);
    event RevokedTarget(address indexed targetAddress);
    event ScopedTargetChannels(address indexed targetAddress, uint256 target);
    event ScopedTargetToken(address indexed targetAddress, uint256 target);
    event ScopedTargetSend(address indexed targetAddress, uint256 target);
    event ScopedGranularSendCapability(
        address indexed nodeAddress, address indexed recipientAddress, Permission permission
    );

    error AddressIsZero();
    error SafeMultisendSameAddress();
    error WithMembership();
    error NoMembership();
    error TargetIsScoped();
    error TargetIsNotScoped();

    modifier onlyOwner() {
        require(msg.sender == owner, "Ownable: caller is not the owner");
        _;
    }

    /// The implementation itself has no owner and can never be initialized.
    constructor() {
        _disableInitializers();
    }

    /// `parameters` is abi.encode(address safe, address multisend, bytes32 target word of channels and token).
    function initialize(bytes calldata parameters) external initializer {
        (address safe, address multisend_, uint256 word) = abi.decode(parameters, (address, address, uint256));
        if (safe == address(0) || multisend_ == address(0)) revert AddressIsZero();
        if (safe == multisend_) revert SafeMultisendSameAddress();
        multisend = multisend_;
        _scopeChannelsAndToken(word);
        owner = safe;
        emit OwnershipTransferred(address(0), safe);
        emit SetMultisendAddress(multisend_);
    }

    /// Adds a node as a member, and allows it to send the Safe's xDai to itself.
    function includeNode(uint256 word) external onlyOwner {
        address node = word.addressOf();
        _addNode(node);
        word = word.stored(TargetWord.Kind.Send);
        _scope(word);
        emit ScopedTargetSend(node, word);
        _permissions[bytes32(0)][keccak256(abi.encodePacked(node, node))] = Permission.Allow;
        emit ScopedGranularSendCapability(node, node, Permission.Allow);
    }

    function addNode(address node) external onlyOwner {
        _addNode(node);
    }

    /// Removes the membership only: the node's target stays, so `includeNode` reverts for it from now on.
    function removeNode(address node) external onlyOwner {
        if (!isNode[node]) revert NoMembership();
        isNode[node] = false;
        emit NodeRemoved(node);
    }

    function addChannelsAndTokenTarget(uint256 word) external onlyOwner {
        _scopeChannelsAndToken(word);
    }

    function scopeTargetChannels(uint256 word) external onlyOwner {
        _scopeChannels(word);
    }

    function scopeTargetToken(uint256 word) external onlyOwner {
        _scopeToken(word);
    }

    function revokeTarget(address target) external onlyOwner {
        if (!_targets.remove(target)) revert TargetIsNotScoped();
        emit RevokedTarget(target);
    }

    function getTargets() external view returns (uint256[] memory) {
        return _targets.words;
    }

    function _addNode(address node) private {
        if (isNode[node]) revert WithMembership();
        isNode[node] = true;
        emit NodeAdded(node);
    }

    function _scopeChannelsAndToken(uint256 word) private {
        address token = IChannels(word.addressOf()).token();
        _scopeChannels(word);
        _scopeToken(word.withAddress(token));
    }

    function _scopeChannels(uint256 word) private {
        word = word.stored(TargetWord.Kind.Channels);
        _scope(word);
        emit ScopedTargetChannels(word.addressOf(), word);
    }

    function _scopeToken(uint256 word) private {
        word = word.stored(TargetWord.Kind.Token);
        _scope(word);
        emit ScopedTargetToken(word.addressOf(), word);
    }

    function _scope(uint256 word) private {
        if (word.addressOf() == address(0)) revert AddressIsZero();
        if (!_targets.add(word)) revert TargetIsScoped();
    }
}

// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

interface IImplementer {
    function canImplementInterfaceForAddress(bytes32 interfaceHash, address account) external view returns (bytes32);
}

/// The implementers of interfaces for accounts (ERC-1820, without its ERC-165 cache): ERC-777 finds its hooks here.
contract ERC1820Registry {
    bytes32 private constant ACCEPTED = keccak256("ERC1820_ACCEPT_MAGIC");

    mapping(address => mapping(bytes32 => address)) private _implementers;
    mapping(address => address) private _managers;

    event InterfaceImplementerSet(address indexed account, bytes32 indexed interfaceHash, address indexed implementer);
    event ManagerChanged(address indexed account, address indexed newManager);

    function setInterfaceImplementer(address account, bytes32 hash, address implementer) external {
        address target = _orSender(account);
        require(getManager(target) == msg.sender, "Not the manager");
        if (implementer != address(0) && implementer != msg.sender) {
            require(
                IImplementer(implementer).canImplementInterfaceForAddress(hash, target) == ACCEPTED,
                "Does not implement the interface"
            );
        }
        _implementers[target][hash] = implementer;
        emit InterfaceImplementerSet(target, hash, implementer);
    }

    function setManager(address account, address manager) external {
        require(getManager(account) == msg.sender, "Not the manager");
        _managers[account] = manager == account ? address(0) : manager;
        emit ManagerChanged(account, manager);
    }

    function getInterfaceImplementer(address account, bytes32 hash) external view returns (address) {
        return _implementers[_orSender(account)][hash];
    }

    function interfaceHash(string calldata name) external pure returns (bytes32) {
        return keccak256(bytes(name));
    }

    /// Each account is its own manager until it sets another one.
    function getManager(address account) public view returns (address) {
        return _managers[account] == address(0) ? account : _managers[account];
    }

    function _orSender(address account) private view returns (address) {
        return account == address(0) ? msg.sender : account;
    }
}

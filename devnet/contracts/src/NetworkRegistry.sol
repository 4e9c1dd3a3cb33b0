// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

interface IRegistrationRule {
    function maxAllowedRegistrations(address account) external view returns (uint256);
    function canOperateFor(address account, address node) external view returns (bool);
}

/// The nodes that may join the network, each with the account (Safe) that it is registered for.
/// Managers register any node; accounts register their own nodes, up to the limit of the proxy.
contract NetworkRegistry is AccessControl {
    bytes32 public constant MANAGER_ROLE = keccak256("MANAGER_ROLE");

    IRegistrationRule public immutable requirementImplementation;
    bool public enabled = true;
    mapping(address => uint256) public countRegisterdNodesPerAccount;
    mapping(address => address) public nodeRegisterdToAccount;

    event NetworkRegistryStatusUpdated(bool indexed isEnabled);
    event Registered(address indexed stakingAccount, address indexed nodeAddress);
    event Deregistered(address indexed stakingAccount, address indexed nodeAddress);
    event RegisteredByManager(address indexed stakingAccount, address indexed nodeAddress);
    event DeregisteredByManager(address indexed stakingAccount, address indexed nodeAddress);
    event EligibilityUpdated(address indexed stakingAccount, bool indexed eligibility);

    error GloballyDisabledRegistry();
    error GloballyEnabledRegistry();
    error NodeAlreadyRegisterd(address nodeAddress);
    error NodeNotYetRegisterd(address nodeAddress);
    error NodeRegisterdToOtherAccount(address nodeAddress);
    error NotEnoughAllowanceToRegisterNode();
    error CannotOperateForNode(address nodeAddress);
    error ArrayLengthNotMatch();

    modifier whenEnabled() {
        if (!enabled) revert GloballyDisabledRegistry();
        _;
    }

    constructor(address administrator, address rule) {
        _grantRole(DEFAULT_ADMIN_ROLE, administrator);
        _grantRole(MANAGER_ROLE, administrator);
        requirementImplementation = IRegistrationRule(rule);
        emit NetworkRegistryStatusUpdated(true);
    }

    function enableRegistry() external onlyRole(MANAGER_ROLE) {
        if (enabled) revert GloballyEnabledRegistry();
        enabled = true;
        emit NetworkRegistryStatusUpdated(true);
    }

    function disableRegistry() external onlyRole(MANAGER_ROLE) whenEnabled {
        enabled = false;
        emit NetworkRegistryStatusUpdated(false);
    }

    /// Skips nodes that the sender has already registered.
    function selfRegister(address[] calldata nodes) external whenEnabled {
        for (uint256 i = 0; i < nodes.length; i++) {
            address account = _accountOfOperated(nodes[i]);
            if (account == address(0)) {
                _enter(msg.sender, nodes[i]);
                emit Registered(msg.sender, nodes[i]);
            } else if (account != msg.sender) {
                revert NodeAlreadyRegisterd(nodes[i]);
            }
        }
        if (!isAccountEligible(msg.sender)) revert NotEnoughAllowanceToRegisterNode();
        emit EligibilityUpdated(msg.sender, true);
    }

    /// Skips nodes that are not registered.
    function selfDeregister(address[] calldata nodes) external whenEnabled {
        for (uint256 i = 0; i < nodes.length; i++) {
            address account = _accountOfOperated(nodes[i]);
            if (account == msg.sender) {
                _leave(account, nodes[i]);
                emit Deregistered(account, nodes[i]);
            } else if (account != address(0)) {
                revert NodeRegisterdToOtherAccount(nodes[i]);
            }
        }
        emit EligibilityUpdated(msg.sender, isAccountEligible(msg.sender));
    }

    function managerRegister(address[] calldata accounts, address[] calldata nodes) external onlyRole(MANAGER_ROLE) {
        if (accounts.length != nodes.length) revert ArrayLengthNotMatch();
        for (uint256 i = 0; i < nodes.length; i++) {
            if (nodeRegisterdToAccount[nodes[i]] != address(0)) revert NodeAlreadyRegisterd(nodes[i]);
            _enter(accounts[i], nodes[i]);
            emit RegisteredByManager(accounts[i], nodes[i]);
        }
    }

    function managerDeregister(address[] calldata nodes) external onlyRole(MANAGER_ROLE) {
        for (uint256 i = 0; i < nodes.length; i++) {
            address account = nodeRegisterdToAccount[nodes[i]];
            if (account == address(0)) revert NodeNotYetRegisterd(nodes[i]);
            _leave(account, nodes[i]);
            emit DeregisteredByManager(account, nodes[i]);
        }
    }

    /// Stores nothing: the last event of an account is its eligibility.
    function managerForceSync(address[] calldata accounts, bool[] calldata eligible) external onlyRole(MANAGER_ROLE) {
        if (accounts.length != eligible.length) revert ArrayLengthNotMatch();
        for (uint256 i = 0; i < accounts.length; i++) {
            emit EligibilityUpdated(accounts[i], eligible[i]);
        }
    }

    function managerSync(address[] calldata accounts) external onlyRole(MANAGER_ROLE) {
        for (uint256 i = 0; i < accounts.length; i++) {
            emit EligibilityUpdated(accounts[i], isAccountEligible(accounts[i]));
        }
    }

    function isNodeRegisteredByAccount(address node, address account) external view returns (bool) {
        return account != address(0) && nodeRegisterdToAccount[node] == account;
    }

    function isNodeRegisteredAndEligible(address node) external view returns (bool) {
        address account = nodeRegisterdToAccount[node];
        return account != address(0) && isAccountEligible(account);
    }

    function maxAdditionalRegistrations(address account) external view returns (uint256) {
        uint256 allowed = requirementImplementation.maxAllowedRegistrations(account);
        uint256 used = countRegisterdNodesPerAccount[account];
        return allowed > used ? allowed - used : 0;
    }

    function isAccountEligible(address account) public view returns (bool) {
        uint256 allowed = requirementImplementation.maxAllowedRegistrations(account);
        return allowed != 0 && countRegisterdNodesPerAccount[account] <= allowed;
    }

    function _accountOfOperated(address node) private view returns (address) {
        if (!requirementImplementation.canOperateFor(msg.sender, node)) revert CannotOperateForNode(node);
        return nodeRegisterdToAccount[node];
    }

    function _enter(address account, address node) private {
        countRegisterdNodesPerAccount[account] += 1;
        nodeRegisterdToAccount[node] = account;
    }

    function _leave(address account, address node) private {
        countRegisterdNodesPerAccount[account] -= 1;
        nodeRegisterdToAccount[node] = address(0);
    }
}

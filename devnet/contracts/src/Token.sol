// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC777} from "@openzeppelin/contracts/token/ERC777/ERC777.sol";
import {BalanceHistory} from "./BalanceHistory.sol";

/// wxHOPR of the development chain: ERC-777 with the ERC-20 functions, a minter role, and past balances by block.
contract Token is AccessControl, ERC777 {
    using BalanceHistory for BalanceHistory.Entry[];

    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");

    mapping(address => BalanceHistory.Entry[]) private _balances;
    BalanceHistory.Entry[] private _supplies;

    constructor(address administrator) ERC777("Wrapped xHOPR Token", "wxHOPR", new address[](0)) {
        _grantRole(DEFAULT_ADMIN_ROLE, administrator);
        _grantRole(MINTER_ROLE, administrator);
    }

    /// Reverts for a contract without a registered ERC-777 recipient hook, e.g. a Safe.
    function mint(address account, uint256 amount, bytes calldata userData, bytes calldata operatorData) external {
        require(hasRole(MINTER_ROLE, msg.sender), "caller does not have minter role");
        _mint(account, amount, userData, operatorData);
    }

    function balanceOfAt(address account, uint128 blockNumber) external view returns (uint256) {
        return _balances[account].valueAt(blockNumber);
    }

    function totalSupplyAt(uint128 blockNumber) external view returns (uint256) {
        return _supplies.valueAt(blockNumber);
    }

    function _beforeTokenTransfer(address, address from, address to, uint256 amount) internal override {
        if (from == address(0)) {
            _supplies.record(totalSupply() + amount);
        } else {
            _balances[from].record(balanceOf(from) - amount);
        }
        if (to == address(0)) {
            _supplies.record(totalSupply() - amount);
        } else {
            _balances[to].record(balanceOf(to) + amount);
        }
    }
}

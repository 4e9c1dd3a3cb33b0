// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// Stub of the contract in which nodes announce their network addresses; an identity needs only its address.
contract Announcements {
    string public constant VERSION = "2.0.0";
}

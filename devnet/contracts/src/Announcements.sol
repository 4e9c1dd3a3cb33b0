// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// Where nodes would announce how to reach them; what an identity needs of it is its address.
contract Announcements {
    string public constant VERSION = "2.0.0";
}

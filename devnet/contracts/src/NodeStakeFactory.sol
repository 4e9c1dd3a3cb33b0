// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// Stands where HOPR's factory is, so that preflight finds code there. We make Safes the direct way: it makes none.
contract NodeStakeFactory {
    string public constant VERSION = "3.0.0";
}

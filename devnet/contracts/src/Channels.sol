// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// Stub of the contract of the payment channels; an identity needs only its address and its token.
contract Channels {
    address public immutable token;

    constructor(address token_) {
        token = token_;
    }
}

// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// Where payment channels would be; what an identity needs of it is its address and its token.
contract Channels {
    address public immutable token;

    constructor(address token_) {
        token = token_;
    }
}

// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// The price of a ticket, which nodes read. It is constant: no test changes it.
contract TicketPriceOracle {
    uint256 public constant currentTicketPrice = 0.0001 ether;
}

/// The minimum winning probability of a ticket, which nodes read: always.
contract WinningProbabilityOracle {
    uint56 public constant currentWinProb = type(uint56).max;
}

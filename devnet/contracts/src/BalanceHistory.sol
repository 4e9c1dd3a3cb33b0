// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// The past values of a balance: one entry for each block in which it changed.
/// The first change in a block appends an entry (about 25k gas), later ones in that block overwrite it (about 3k).
/// So a gas estimate on the block of an earlier change is too low for the next block.
library BalanceHistory {
    struct Entry {
        uint128 fromBlock;
        uint128 value;
    }

    function record(Entry[] storage entries, uint256 value) internal {
        uint256 count = entries.length;
        if (count != 0 && entries[count - 1].fromBlock == block.number) {
            entries[count - 1].value = uint128(value);
        } else {
            entries.push(Entry(uint128(block.number), uint128(value)));
        }
    }

    /// The value at the end of block `number`; 0 before the first entry.
    function valueAt(Entry[] storage entries, uint128 number) internal view returns (uint256) {
        uint256 low = 0;
        uint256 high = entries.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (entries[middle].fromBlock <= number) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == 0 ? 0 : entries[low - 1].value;
    }
}

// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

/// A target word: the address in the top 20 bytes, then clearance, kind and default permission (one byte each),
/// then nine permissions, the first seven for functions of channels, the last two for functions of the token.
library TargetWord {
    enum Kind {
        Token,
        Channels,
        Send
    }

    uint256 private constant WITHOUT_KIND = ~(uint256(0xff) << 80);
    uint256 private constant ALL_PERMISSIONS = (uint256(1) << 72) - 1;
    uint256 private constant TOKEN_PERMISSIONS = (uint256(1) << 16) - 1;

    function addressOf(uint256 word) internal pure returns (address) {
        return address(uint160(word >> 96));
    }

    function withAddress(uint256 word, address target) internal pure returns (uint256) {
        return (uint256(uint160(target)) << 96) | (word & type(uint96).max);
    }

    /// Returns the stored form: the kind is set, and permissions that do not apply to the kind are cleared.
    function stored(uint256 word, Kind kind) internal pure returns (uint256) {
        uint256 meaningless = ALL_PERMISSIONS;
        if (kind == Kind.Token) meaningless = ALL_PERMISSIONS & ~TOKEN_PERMISSIONS;
        if (kind == Kind.Channels) meaningless = TOKEN_PERMISSIONS;
        return (word & WITHOUT_KIND & ~meaningless) | (uint256(kind) << 80);
    }
}

/// The targets of one module, in the order of their addition; one word for each address.
library TargetSet {
    using TargetWord for uint256;

    struct Set {
        uint256[] words;
        /// Position in `words` plus one; 0 for an address that is not a target.
        mapping(address => uint256) positions;
    }

    /// Returns false, and changes nothing, when the address is already a target.
    function add(Set storage set, uint256 word) internal returns (bool) {
        address target = word.addressOf();
        if (set.positions[target] != 0) return false;
        set.words.push(word);
        set.positions[target] = set.words.length;
        return true;
    }

    /// Returns false when the address is not a target. Moves the last target to the position of the removed one.
    function remove(Set storage set, address target) internal returns (bool) {
        uint256 position = set.positions[target];
        if (position == 0) return false;
        uint256 last = set.words[set.words.length - 1];
        set.words[position - 1] = last;
        set.positions[last.addressOf()] = position;
        set.words.pop();
        delete set.positions[target];
        return true;
    }
}

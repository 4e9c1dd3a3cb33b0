// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

interface ISafeProxyFactory {
    function createProxyWithNonce(address singleton, bytes calldata initializer, uint256 saltNonce)
        external
        returns (address);
}

interface ISafeWallet {
    function setup(
        address[] calldata owners,
        uint256 threshold,
        address to,
        bytes calldata data,
        address fallbackHandler,
        address paymentToken,
        uint256 payment,
        address payable paymentReceiver
    ) external;
    function execTransaction(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 safeTxGas,
        uint256 baseGas,
        uint256 gasPrice,
        address gasToken,
        address payable refundReceiver,
        bytes calldata signatures
    ) external returns (bool);
    function enableModule(address module) external;
    function swapOwner(address previous, address oldOwner, address newOwner) external;
}

interface IModule {
    function initialize(bytes calldata parameters) external;
}

/// HOPR's factory of Safes with their modules, which hopli uses: here for identities that are created elsewhere and
/// imported. It owns the Safe until the module is enabled, so the Safe's address does not depend on its first owner.
contract NodeStakeFactory {
    address private constant FIRST_OWNER = address(1);
    address private immutable singleton;
    address private immutable proxyFactory;
    address private immutable fallbackHandler;
    address private immutable multiSend;

    event NewHoprNodeStakeModule(address indexed moduleImplementation, address instance);
    event NewHoprNodeStakeSafe(address instance);

    error TooFewOwners();

    constructor(address singleton_, address proxyFactory_, address fallbackHandler_, address multiSend_) {
        singleton = singleton_;
        proxyFactory = proxyFactory_;
        fallbackHandler = fallbackHandler_;
        multiSend = multiSend_;
    }

    function clone(address implementation, address[] memory admins, uint256 nonce, bytes32 defaultTarget)
        external
        returns (address module, address payable safe)
    {
        if (admins.length == 0) revert TooFewOwners();
        module = Clones.cloneDeterministic(implementation, keccak256(abi.encodePacked(msg.sender, nonce)));
        address first = admins[0];
        admins[0] = address(this);
        safe = payable(ISafeProxyFactory(proxyFactory).createProxyWithNonce(singleton, _initializer(admins), nonce));
        IModule(module).initialize(abi.encode(safe, multiSend, defaultTarget));
        _execute(safe, abi.encodeCall(ISafeWallet.enableModule, (module)));
        _execute(safe, abi.encodeCall(ISafeWallet.swapOwner, (FIRST_OWNER, address(this), first)));
        emit NewHoprNodeStakeModule(implementation, module);
        emit NewHoprNodeStakeSafe(safe);
    }

    function _initializer(address[] memory owners) private view returns (bytes memory) {
        return abi.encodeCall(
            ISafeWallet.setup,
            (owners, 1, address(0), "", fallbackHandler, address(0), 0, payable(address(0)))
        );
    }

    /// A Safe accepts a call of its owner as a signature: r is the owner, v is 1.
    function _execute(address safe, bytes memory data) private {
        bytes memory approval = abi.encodePacked(abi.encode(address(this), uint256(0)), uint8(1));
        ISafeWallet(safe).execTransaction(safe, 0, data, 0, 0, 0, 0, address(0), payable(msg.sender), approval);
    }
}

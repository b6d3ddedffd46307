// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// Pays many in one txn, from its caller's pocket.
contract Disperse {
    using SafeERC20 for IERC20;
    function ether_(address payable[] calldata to, uint256[] calldata amounts) external payable {
        for (uint256 i = 0; i < to.length; ++i) _pay(to[i], amounts[i]);
        if (address(this).balance != 0) _pay(payable(msg.sender), address(this).balance);
    }
    function _pay(address payable to, uint256 amount) private {
        (bool good,) = to.call{value: amount}("");
        require(good, "receiver");
    }
    function token(IERC20 what, address[] calldata to, uint256[] calldata amounts) external {
        for (uint256 i = 0; i < to.length; ++i) what.safeTransferFrom(msg.sender, to[i], amounts[i]);
    }
}

/// An exchange's hot wallet as a contract: its operators pay withdrawals in batches.
contract HotWallet {
    using SafeERC20 for IERC20;
    mapping(address => bool) private operators;
    event Paid(uint256 indexed batch, uint256 count);
    uint256 private batches;
    constructor(address[] memory operators_) { for (uint256 i = 0; i < operators_.length; ++i) operators[operators_[i]] = true; }
    receive() external payable {}
    function pay(IERC20 token, address payable[] calldata to, uint256[] calldata amounts) external {
        require(operators[msg.sender], "operator");
        for (uint256 i = 0; i < to.length; ++i) {
            if (address(token) != address(0)) token.safeTransfer(to[i], amounts[i]);
            else {
                (bool good,) = to[i].call{value: amounts[i], gas: 30_000}("");
                require(good, "receiver");
            }
        }
        emit Paid(++batches, to.length);
    }
}

/// A customer's address for deposits, made by CREATE2 only when something came in.
contract Forwarder {
    using SafeERC20 for IERC20;
    address payable private target;
    function initialize(address payable target_) external { require(target == address(0)); target = target_; }
    receive() external payable {}
    function flush(IERC20[] calldata tokens) external {
        for (uint256 i = 0; i < tokens.length; ++i) {
            uint256 all = tokens[i].balanceOf(address(this));
            if (all != 0) tokens[i].safeTransfer(target, all);
        }
        if (address(this).balance != 0) {
            (bool good,) = target.call{value: address(this).balance}("");
            require(good);
        }
    }
}
contract ForwarderFactory {
    address public immutable blueprint = address(new Forwarder());
    address payable private immutable target;
    event Created(address indexed forwarder, bytes32 salt);
    constructor(address payable target_) { target = target_; }
    function at(bytes32 salt) public view returns (address) { return Clones.predictDeterministicAddress(blueprint, salt); }
    function sweep(bytes32[] calldata salts, IERC20[] calldata tokens) external {
        for (uint256 i = 0; i < salts.length; ++i) {
            address payable forwarder = payable(at(salts[i]));
            if (forwarder.code.length == 0) {
                Clones.cloneDeterministic(blueprint, salts[i]);
                Forwarder(forwarder).initialize(target);
                emit Created(forwarder, salts[i]);
            }
            Forwarder(forwarder).flush(tokens);
        }
    }
}

/// A bridge's end: locks and releases, or mints and burns, what enough validators sign.
interface IMintable { function mint(address to, uint256 amount) external; function burn(uint256 amount) external; }
contract Bridge {
    using SafeERC20 for IERC20;
    mapping(address => bool) private validators;
    uint256 private immutable quorum;
    mapping(bytes32 => bool) public done;
    mapping(address => bool) private wrapped;
    uint256 public sent;
    event MessageSent(uint256 indexed nonce, uint256 indexed toChain, address token, uint256 amount, bytes32 recipient);
    event MessageDelivered(uint256 indexed nonce, uint256 indexed fromChain, address token, uint256 amount, address recipient);
    constructor(address[] memory validators_, uint256 quorum_, address[] memory wrapped_) {
        for (uint256 i = 0; i < validators_.length; ++i) validators[validators_[i]] = true;
        for (uint256 i = 0; i < wrapped_.length; ++i) wrapped[wrapped_[i]] = true;
        quorum = quorum_;
    }
    function send(address token, uint256 amount, uint256 toChain, bytes32 recipient) external {
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        if (wrapped[token]) IMintable(token).burn(amount);
        emit MessageSent(++sent, toChain, token, amount, recipient);
    }
    function deliver(uint256 nonce, uint256 fromChain, address token, uint256 amount, address recipient,
        uint8[] calldata v, bytes32[] calldata r, bytes32[] calldata s) external {
        bytes32 message = keccak256(abi.encode(address(this), block.chainid, nonce, fromChain, token, amount, recipient));
        require(!done[message] && v.length >= quorum, "message");
        done[message] = true;
        bytes32 hash = keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", message));
        address before;
        for (uint256 i = 0; i < v.length; ++i) {
            address signer = ecrecover(hash, v[i], r[i], s[i]);
            require(validators[signer] && signer > before, "signer");
            before = signer;
        }
        if (wrapped[token]) IMintable(token).mint(recipient, amount);
        else IERC20(token).safeTransfer(recipient, amount);
        emit MessageDelivered(nonce, fromChain, token, amount, recipient);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// Rewards by share and second, in the manner of MasterChef.
contract Farm {
    using SafeERC20 for IERC20;
    struct Stake { uint256 amount; uint256 debt; }
    IERC20 public immutable token;
    IERC20 public immutable reward;
    uint256 public immutable perSecond;
    uint256 private perShare; // times 1e18
    uint256 private last = block.timestamp;
    uint256 private total;
    mapping(address => Stake) public stakes;
    event Deposit(address indexed user, uint256 amount);
    event Withdraw(address indexed user, uint256 amount);
    event Claim(address indexed user, uint256 amount);

    constructor(IERC20 token_, IERC20 reward_, uint256 perSecond_) { (token, reward, perSecond) = (token_, reward_, perSecond_); }
    function _settle() private {
        if (total != 0) perShare += (block.timestamp - last) * perSecond * 1e18 / total;
        last = block.timestamp;
        Stake storage stake = stakes[msg.sender];
        uint256 due = stake.amount * perShare / 1e18 - stake.debt;
        if (due != 0) {
            reward.safeTransfer(msg.sender, due);
            emit Claim(msg.sender, due);
        }
    }
    function deposit(uint256 amount) external {
        _settle();
        if (amount != 0) token.safeTransferFrom(msg.sender, address(this), amount);
        Stake storage stake = stakes[msg.sender];
        stake.amount += amount;
        total += amount;
        stake.debt = stake.amount * perShare / 1e18;
        emit Deposit(msg.sender, amount);
    }
    function withdraw(uint256 amount) external {
        _settle();
        Stake storage stake = stakes[msg.sender];
        stake.amount -= amount;
        total -= amount;
        stake.debt = stake.amount * perShare / 1e18;
        if (amount != 0) token.safeTransfer(msg.sender, amount);
        emit Withdraw(msg.sender, amount);
    }
}

interface IRouter {
    function swapExactTokensForTokens(uint256, uint256, address[] calldata, address, uint256) external returns (uint256[] memory);
}

/// Stakes what it is given and turns its rewards into more of it.
contract Vault is ERC4626 {
    using SafeERC20 for IERC20;
    Farm private immutable farm;
    IRouter private immutable router;
    address[] private path;
    event Harvested(address indexed by, uint256 rewards, uint256 compounded);

    constructor(IERC20 asset_, Farm farm_, IRouter router_, address[] memory path_)
        ERC20("Vault", "vLINK") ERC4626(asset_) {
        (farm, router, path) = (farm_, router_, path_);
    }
    function totalAssets() public view override returns (uint256) {
        (uint256 staked,) = farm.stakes(address(this));
        return staked + IERC20(asset()).balanceOf(address(this));
    }
    function _deposit(address caller, address receiver, uint256 assets, uint256 shares) internal override {
        super._deposit(caller, receiver, assets, shares);
        _invest();
    }
    function _withdraw(address caller, address receiver, address owner, uint256 assets, uint256 shares) internal override {
        uint256 idle = IERC20(asset()).balanceOf(address(this));
        if (idle < assets) farm.withdraw(assets - idle);
        super._withdraw(caller, receiver, owner, assets, shares);
    }
    function _invest() private {
        uint256 idle = IERC20(asset()).balanceOf(address(this));
        IERC20(asset()).forceApprove(address(farm), idle);
        farm.deposit(idle);
    }
    function harvest() external {
        farm.deposit(0);
        IERC20 reward = farm.reward();
        uint256 got = reward.balanceOf(address(this));
        uint256 tip = got / 100;
        reward.safeTransfer(msg.sender, tip);
        reward.forceApprove(address(router), got - tip);
        uint256[] memory out = router.swapExactTokensForTokens(got - tip, 0, path, address(this), block.timestamp);
        _invest();
        emit Harvested(msg.sender, got, out[out.length - 1]);
    }
}

contract MerkleDrop {
    using SafeERC20 for IERC20;
    IERC20 private immutable token;
    bytes32 public immutable root;
    mapping(uint256 => bool) public claimed;
    event Claimed(uint256 index, address indexed account, uint256 amount);
    constructor(IERC20 token_, bytes32 root_) { (token, root) = (token_, root_); }
    function claim(uint256 index, address account, uint256 amount, bytes32[] calldata proof) external {
        require(!claimed[index], "claimed");
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(index, account, amount))));
        require(MerkleProof.verify(proof, root, leaf), "proof");
        claimed[index] = true;
        token.safeTransfer(account, amount);
        emit Claimed(index, account, amount);
    }
}

/// A price as its reporters sign it; their median is the answer.
contract PriceFeed {
    mapping(address => bool) private reporters;
    uint256 private immutable quorum;
    int256 public latestAnswer;
    uint256 public latestTimestamp;
    uint256 public round;
    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);
    constructor(address[] memory reporters_, uint256 quorum_, int256 first) {
        for (uint256 i = 0; i < reporters_.length; ++i) reporters[reporters_[i]] = true;
        (quorum, latestAnswer) = (quorum_, first);
    }
    function decimals() external pure returns (uint8) { return 8; }
    /// `answers` rise; each signed with the round by another reporter, in the order of their addresses.
    function transmit(uint256 round_, int256[] calldata answers, uint8[] calldata v, bytes32[] calldata r, bytes32[] calldata s) external {
        require(reporters[msg.sender] && round_ == round + 1 && answers.length >= quorum, "report");
        bytes32 hash = keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n32", keccak256(abi.encode(address(this), round_, answers))));
        address before;
        for (uint256 i = 0; i < v.length; ++i) {
            address signer = ecrecover(hash, v[i], r[i], s[i]);
            require(reporters[signer] && signer > before, "signer");
            before = signer;
        }
        require(v.length >= quorum, "quorum");
        latestAnswer = answers[answers.length / 2];
        (latestTimestamp, round) = (block.timestamp, round_);
        emit AnswerUpdated(latestAnswer, round_, block.timestamp);
    }
}

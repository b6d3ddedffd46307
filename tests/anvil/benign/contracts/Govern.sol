// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

contract GovToken is ERC20, ERC20Permit, ERC20Votes {
    address private immutable minter = msg.sender;
    constructor() ERC20("Gov", "GOV") ERC20Permit("Gov") {}
    function clock() public view override returns (uint48) { return uint48(block.timestamp); }
    function CLOCK_MODE() public pure override returns (string memory) { return "mode=timestamp"; }
    function mintMany(address[] calldata to, uint256[] calldata amounts) external {
        require(msg.sender == minter, "minter");
        for (uint256 i = 0; i < to.length; ++i) _mint(to[i], amounts[i]);
    }
    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) { super._update(from, to, value); }
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) { return super.nonces(owner); }
}

contract Dao is Governor, GovernorCountingSimple, GovernorVotes, GovernorTimelockControl {
    constructor(IVotes token, TimelockController timelock) Governor("Dao") GovernorVotes(token) GovernorTimelockControl(timelock) {}
    function votingDelay() public pure override returns (uint256) { return 1 hours; }
    function votingPeriod() public pure override returns (uint256) { return 1 days; }
    function quorum(uint256) public pure override returns (uint256) { return 1000e18; }
    function state(uint256 id) public view override(Governor, GovernorTimelockControl) returns (ProposalState) { return super.state(id); }
    function proposalNeedsQueuing(uint256 id) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.proposalNeedsQueuing(id);
    }
    function _queueOperations(uint256 id, address[] memory a, uint256[] memory b, bytes[] memory c, bytes32 d)
        internal override(Governor, GovernorTimelockControl) returns (uint48) { return super._queueOperations(id, a, b, c, d); }
    function _executeOperations(uint256 id, address[] memory a, uint256[] memory b, bytes[] memory c, bytes32 d)
        internal override(Governor, GovernorTimelockControl) { super._executeOperations(id, a, b, c, d); }
    function _cancel(address[] memory a, uint256[] memory b, bytes[] memory c, bytes32 d)
        internal override(Governor, GovernorTimelockControl) returns (uint256) { return super._cancel(a, b, c, d); }
    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) { return super._executor(); }
}

/// A treasury and a parameter for the votes to decide on.
contract Treasury {
    address private immutable owner;
    uint256 public fee;
    event FeeChanged(uint256 fee);
    constructor(address owner_) { owner = owner_; }
    modifier onlyOwner() { require(msg.sender == owner, "owner"); _; }
    function setFee(uint256 fee_) external onlyOwner { fee = fee_; emit FeeChanged(fee_); }
    function pay(ERC20 token, address to, uint256 amount) external onlyOwner { token.transfer(to, amount); }
}

/// What is upgraded: a registry of points, each version with another rate.
contract Points is UUPSUpgradeable {
    uint256 private immutable rate;
    address public admin;
    mapping(address => uint256) public points;
    event Earned(address indexed user, uint256 points);
    constructor(uint256 rate_) { rate = rate_; }
    function initialize(address admin_) external { require(admin == address(0), "done"); admin = admin_; }
    function earn(uint256 amount) external { points[msg.sender] += amount * rate; emit Earned(msg.sender, amount * rate); }
    function _authorizeUpgrade(address) internal view override { require(msg.sender == admin, "admin"); }
}

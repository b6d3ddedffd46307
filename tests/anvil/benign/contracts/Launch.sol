// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

interface IRouter2 {
    function factory() external view returns (address);
    function addLiquidityETH(address, uint256, uint256, uint256, address, uint256) external payable returns (uint256, uint256, uint256);
    function addLiquidity(address, address, uint256, uint256, uint256, uint256, address, uint256) external returns (uint256, uint256, uint256);
    function swapExactTokensForTokens(uint256, uint256, address[] calldata, address, uint256) external returns (uint256[] memory);
}
interface IWrapped is IERC20 { function deposit() external payable; }

contract Launched is ERC20 {
    constructor(string memory name, string memory symbol, uint256 supply) ERC20(name, symbol) { _mint(msg.sender, supply); }
}

/// Makes a token, its pool, and wallets from which its team is paid over time.
contract Launchpad {
    IRouter2 private immutable router;
    event Launch(address indexed token, address indexed creator);
    constructor(IRouter2 router_) { router = router_; }
    receive() external payable {}
    function launch(string calldata name, string calldata symbol, uint256 supply, address[] calldata team, uint64 length) external payable {
        Launched token = new Launched(name, symbol, supply);
        for (uint256 i = 0; i < team.length; ++i)
            token.transfer(address(new VestingWallet(team[i], uint64(block.timestamp), length)), supply / 20);
        uint256 rest = token.balanceOf(address(this));
        token.approve(address(router), rest);
        router.addLiquidityETH{value: msg.value}(address(token), rest, 0, 0, msg.sender, block.timestamp);
        emit Launch(address(token), msg.sender);
    }
}

/// One coin in, a share of a pool out.
contract Zap {
    using SafeERC20 for IERC20;
    IRouter2 private immutable router;
    IWrapped private immutable weth;
    constructor(IRouter2 router_, IWrapped weth_) { (router, weth) = (router_, weth_); }
    function zap(IERC20 other) external payable {
        weth.deposit{value: msg.value}();
        address[] memory path = new address[](2);
        (path[0], path[1]) = (address(weth), address(other));
        weth.approve(address(router), msg.value);
        uint256[] memory out = router.swapExactTokensForTokens(msg.value / 2, 0, path, address(this), block.timestamp);
        other.forceApprove(address(router), out[1]);
        router.addLiquidity(path[0], path[1], msg.value - msg.value / 2, out[1], 0, 0, msg.sender, block.timestamp);
        IERC20(path[0]).safeTransfer(msg.sender, weth.balanceOf(address(this)));
        other.safeTransfer(msg.sender, other.balanceOf(address(this)));
    }
}

interface IPositions {
    struct DecreaseLiquidityParams { uint256 tokenId; uint128 liquidity; uint256 amount0Min; uint256 amount1Min; uint256 deadline; }
    struct CollectParams { uint256 tokenId; address recipient; uint128 amount0Max; uint128 amount1Max; }
    struct MintParams {
        address token0; address token1; uint24 fee; int24 tickLower; int24 tickUpper; uint256 amount0Desired; uint256 amount1Desired;
        uint256 amount0Min; uint256 amount1Min; address recipient; uint256 deadline;
    }
    function decreaseLiquidity(DecreaseLiquidityParams calldata) external payable returns (uint256, uint256);
    function collect(CollectParams calldata) external payable returns (uint256, uint256);
    function burn(uint256) external payable;
    function mint(MintParams calldata) external payable returns (uint256, uint128, uint256, uint256);
    function positions(uint256) external view returns (uint96, address, address token0, address token1, uint24 fee, int24, int24,
        uint128 liquidity, uint256, uint256, uint128, uint128);
    function transferFrom(address, address, uint256) external;
}

/// Moves its owner's position to where the price is now.
contract Rebalancer {
    using SafeERC20 for IERC20;
    IPositions private immutable positions;
    address private immutable owner = msg.sender;
    uint256 public held;
    constructor(IPositions positions_) { positions = positions_; }
    function open(IPositions.MintParams memory params) public returns (uint256) {
        require(msg.sender == owner, "owner");
        IERC20(params.token0).forceApprove(address(positions), type(uint256).max);
        IERC20(params.token1).forceApprove(address(positions), type(uint256).max);
        params.amount0Desired = IERC20(params.token0).balanceOf(address(this));
        params.amount1Desired = IERC20(params.token1).balanceOf(address(this));
        params.recipient = address(this);
        (held,,,) = positions.mint(params);
        return held;
    }
    function move(IPositions.MintParams memory params) external {
        require(msg.sender == owner, "owner");
        (,,,,,,, uint128 liquidity,,,,) = positions.positions(held);
        positions.decreaseLiquidity(IPositions.DecreaseLiquidityParams(held, liquidity, 0, 0, params.deadline));
        positions.collect(IPositions.CollectParams(held, address(this), type(uint128).max, type(uint128).max));
        positions.burn(held);
        open(params);
    }
}

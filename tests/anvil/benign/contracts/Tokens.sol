// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// What most tokens are: OpenZeppelin's, with a minter and any decimals.
contract Coin is ERC20, ERC20Permit, AccessControl {
    bytes32 public constant MINTER = keccak256("MINTER");
    uint8 private immutable places;

    constructor(string memory name, string memory symbol, uint8 decimals_, address admin)
        ERC20(name, symbol) ERC20Permit(name) {
        places = decimals_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(MINTER, admin);
    }
    function decimals() public view override returns (uint8) { return places; }
    function mint(address to, uint256 amount) external onlyRole(MINTER) { _mint(to, amount); }
    function mintMany(address[] calldata to, uint256[] calldata amounts) external onlyRole(MINTER) {
        for (uint256 i = 0; i < to.length; ++i) _mint(to[i], amounts[i]);
    }
    function burn(uint256 amount) external { _burn(msg.sender, amount); }
}

/// A stable coin behind a proxy, with minters that have an allowance each.
contract Stable is ERC20, ERC20Permit, Initializable {
    address public master;
    mapping(address => uint256) public minterAllowance;
    mapping(address => bool) public frozen;
    event MinterConfigured(address indexed minter, uint256 allowance);
    event Mint(address indexed minter, address indexed to, uint256 amount);
    event Burn(address indexed burner, uint256 amount);

    constructor() ERC20("", "") ERC20Permit("Stable") { _disableInitializers(); }
    function initialize(address master_) external initializer { master = master_; }
    function name() public pure override returns (string memory) { return "Stable"; }
    function symbol() public pure override returns (string memory) { return "USDS"; }
    function decimals() public pure override returns (uint8) { return 6; }
    function configureMinter(address minter, uint256 allowance_) external {
        require(msg.sender == master, "master");
        minterAllowance[minter] = allowance_;
        emit MinterConfigured(minter, allowance_);
    }
    function mint(address to, uint256 amount) public {
        minterAllowance[msg.sender] -= amount;
        _mint(to, amount);
        emit Mint(msg.sender, to, amount);
    }
    function mintMany(address[] calldata to, uint256[] calldata amounts) external {
        for (uint256 i = 0; i < to.length; ++i) mint(to[i], amounts[i]);
    }
    function burn(uint256 amount) external {
        require(minterAllowance[msg.sender] > 0, "minter");
        _burn(msg.sender, amount);
        emit Burn(msg.sender, amount);
    }
    function _update(address from, address to, uint256 value) internal override {
        require(!frozen[from] && !frozen[to], "frozen");
        super._update(from, to, value);
    }
}

contract StableNext is Stable {
    function version() external pure returns (string memory) { return "2"; }
}

interface IHook { function tokensReceived(address from, address to, uint256 amount, bytes calldata data) external; }

/// Calls its receivers, in the manner of ERC-777.
contract Hooked is ERC20 {
    mapping(address => address) public implementer;
    constructor() ERC20("Hooked", "HOOK") { _mint(msg.sender, 1e27); }
    function setImplementer(address hook) external { implementer[msg.sender] = hook; }
    function send(address to, uint256 amount, bytes calldata data) external {
        _transfer(msg.sender, to, amount);
        if (implementer[to] != address(0)) IHook(implementer[to]).tokensReceived(msg.sender, to, amount, data);
        else if (to.code.length != 0) IHook(to).tokensReceived(msg.sender, to, amount, data);
    }
}

/// Pays its shop's customers a bonus from within the token's call.
contract Shop is IHook {
    Hooked private immutable token;
    mapping(address => uint256) public spent;
    constructor(Hooked token_) { token = token_; }
    function tokensReceived(address from, address, uint256 amount, bytes calldata) external {
        require(msg.sender == address(token), "token");
        spent[from] += amount;
        token.transfer(from, amount / 100);
    }
}

/// Takes one percent of each transfer for its treasury.
contract Taxed is ERC20 {
    address private immutable treasury;
    constructor(address treasury_) ERC20("Taxed", "TAX") { treasury = treasury_; _mint(msg.sender, 1e27); }
    function _update(address from, address to, uint256 value) internal override {
        uint256 tax = from == address(0) || from == treasury || to == treasury ? 0 : value / 100;
        if (tax != 0) super._update(from, treasury, tax);
        super._update(from, to, value - tax);
    }
}

contract Child {
    address private immutable parent = msg.sender;
    function end() external { require(msg.sender == parent); selfdestruct(payable(msg.sender)); }
}

/// Stores gas as contracts, as GST2 did, and frees it within a call of its holder.
contract GasToken is ERC20("Gas", "GAS") {
    Child[] private children;
    function mint(uint256 count) external {
        for (uint256 i = 0; i < count; ++i) children.push(new Child());
        _mint(msg.sender, count);
    }
    function free(uint256 count) external {
        _burn(msg.sender, count);
        for (uint256 i = 0; i < count; ++i) {
            children[children.length - 1].end();
            children.pop();
        }
    }
}

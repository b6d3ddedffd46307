// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

contract Art is ERC721 {
    uint256 public constant PRICE = 0.01 ether;
    address payable private immutable artist;
    uint256 public next = 1;
    constructor(address payable artist_) ERC721("Art", "ART") { artist = artist_; }
    function mint(uint256 count) external payable {
        require(msg.value == count * PRICE, "price");
        for (uint256 i = 0; i < count; ++i) _safeMint(msg.sender, next++);
        artist.transfer(msg.value);
    }
}

/// Orders signed off chain, filled on it; the market keeps a fee.
contract Market is EIP712 {
    bytes32 private constant ORDER = keccak256("Order(address seller,address collection,uint256 id,uint256 price,uint256 salt)");
    struct Order { address payable seller; IERC721 collection; uint256 id; uint256 price; uint256 salt; }
    address payable private immutable treasury;
    mapping(bytes32 => bool) public done;
    event Sold(bytes32 indexed order, address indexed seller, address indexed buyer, address collection, uint256 id, uint256 price);
    constructor(address payable treasury_) EIP712("Market", "1") { treasury = treasury_; }
    function buy(Order calldata order, bytes calldata signature) public payable {
        bytes32 hash = keccak256(abi.encode(ORDER, order.seller, order.collection, order.id, order.price, order.salt));
        require(!done[hash] && ECDSA.recover(_hashTypedDataV4(hash), signature) == order.seller, "order");
        done[hash] = true;
        order.collection.safeTransferFrom(order.seller, msg.sender, order.id);
        uint256 fee = order.price / 40;
        treasury.transfer(fee);
        (bool good,) = order.seller.call{value: order.price - fee}("");
        require(good, "seller");
        emit Sold(hash, order.seller, msg.sender, address(order.collection), order.id, order.price);
    }
}

/// One share for each piece; whoever sends a piece is paid in shares from within the callback.
contract NftPool is ERC20, IERC721Receiver {
    IERC721 private immutable collection;
    constructor(IERC721 collection_) ERC20("Pool", "pART") { collection = collection_; }
    function onERC721Received(address, address from, uint256, bytes calldata) external returns (bytes4) {
        require(msg.sender == address(collection), "collection");
        _mint(from, 1e18);
        return this.onERC721Received.selector;
    }
    function redeem(uint256[] calldata ids) external {
        _burn(msg.sender, ids.length * 1e18);
        for (uint256 i = 0; i < ids.length; ++i) collection.safeTransferFrom(address(this), msg.sender, ids[i]);
    }
}

contract Items is ERC1155 {
    constructor() ERC1155("") {}
    function craft(uint256[] calldata ids, uint256[] calldata amounts) external { _mintBatch(msg.sender, ids, amounts, ""); }
}

/// Takes items in and gives others back within the same call.
contract Smith is ERC1155Holder {
    Items private immutable items;
    constructor(Items items_) { items = items_; }
    function onERC1155BatchReceived(address, address from, uint256[] memory ids, uint256[] memory amounts, bytes memory)
        public override returns (bytes4) {
        if (from != address(0)) {
            uint256[] memory made = new uint256[](1);
            uint256[] memory count = new uint256[](1);
            made[0] = 1000 + ids[0];
            count[0] = amounts[0];
            items.craft(made, count);
            items.safeTransferFrom(address(this), from, made[0], count[0], "");
        }
        return this.onERC1155BatchReceived.selector;
    }
}

/// An English auction: who is outbid gets the money back within the next bid.
contract Auction {
    struct Lot { uint256 price; address payable bidder; }
    mapping(uint256 => Lot) public lots;
    event Bid(uint256 indexed lot, address indexed bidder, uint256 price);
    function bid(uint256 lot) external payable {
        Lot memory before = lots[lot];
        require(msg.value > before.price, "low");
        lots[lot] = Lot(msg.value, payable(msg.sender));
        if (before.bidder != address(0)) {
            (bool good,) = before.bidder.call{value: before.price}("");
            require(good, "refund");
        }
        emit Bid(lot, msg.sender, msg.value);
    }
}

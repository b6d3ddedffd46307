// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "txn.hpp"

#include <gtest/gtest.h>

#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>

#include "account.hpp"
#include "rlp.hpp"

namespace cordon::chain {
namespace {

Bytes hex(std::string_view text) { return parse_hex(text).value(); }
Address address(std::string_view text) { return parse_address(kEthereum, text).value(); }
Hash256 filled(uint8_t byte) {
    Hash256 out;
    out.bytes.fill(byte);
    return out;
}

// The example of EIP-155.
constexpr std::string_view kUnsigned =
    "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080";
constexpr std::string_view kSigned =
    "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080"
    "25a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
    "a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
constexpr std::string_view kSigner = "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f";

/// A txn of each type with everything that the type has.
EvmTxn example(EvmTxnType type, ByteView keys) {
    EvmTxn txn;
    txn.type = type;
    txn.chain_id = 1;
    txn.nonce = 7;
    txn.max_fee_per_gas = Amount{300U};
    txn.max_priority_fee_per_gas = type < EvmTxnType::kDynamicFee ? Amount{300U} : Amount{2U};
    txn.gas_limit = Amount{200'000U};
    txn.to = address(kSigner);
    txn.value = Amount{5U};
    if (type != EvmTxnType::kLegacy)
        txn.access_list = {{address(kSigner), keys}, {address(kSigner), {}}};
    if (type == EvmTxnType::kBlob) {
        txn.max_fee_per_blob_gas = Amount{1U};
        txn.blob_hashes = {filled(1)};
    }
    if (type == EvmTxnType::kSetCode)
        txn.authorizations = {{Amount{1U}, address(kSigner), 3, 1, filled(2), filled(3)}};
    return txn;
}

constexpr std::array kTypes{EvmTxnType::kLegacy, EvmTxnType::kAccessList, EvmTxnType::kDynamicFee,
                            EvmTxnType::kBlob, EvmTxnType::kSetCode};

TEST(EvmTxn, is_read_and_recovered) {
    const Bytes bytes = hex(kSigned);
    const auto txn = parse_evm_txn(bytes);
    ASSERT_TRUE(txn) << txn.error().message;
    EXPECT_EQ(txn->chain_id, 1U);
    EXPECT_EQ(txn->nonce, 9U);
    EXPECT_EQ(txn->gas_limit, Amount{21'000U});
    EXPECT_EQ(txn->value, Amount::parse("1000000000000000000").value());
    EXPECT_TRUE(txn->signature && txn->signature->odd_y == false);
    EXPECT_EQ(to_hex(txn->signing_hash),
              "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    EXPECT_EQ(txn->hash, crypto::keccak256(bytes));
    EXPECT_EQ(sender_of(*txn), address(kSigner));
    EXPECT_EQ(encode_evm_txn(*txn), bytes);
    EXPECT_TRUE(check_evm_txn(*txn, EvmFork::kOsaka, 1));
    EXPECT_FALSE(check_evm_txn(*txn, EvmFork::kOsaka, 5));
    EXPECT_FALSE(check_evm_txn(*txn, EvmFork::kTangerine, 1));
}

TEST(EvmTxn, unsigned_has_the_same_signing_hash) {
    const Bytes bytes = hex(kUnsigned);
    const auto txn = parse_evm_txn(bytes);
    ASSERT_TRUE(txn) << txn.error().message;
    EXPECT_EQ(txn->chain_id, 1U);
    EXPECT_FALSE(txn->signature || txn->hash);
    EXPECT_EQ(txn->signing_hash, crypto::keccak256(bytes));
    EXPECT_EQ(encode_evm_txn(*txn), bytes);
    EXPECT_FALSE(sender_of(*txn));
    EXPECT_FALSE(check_evm_txn(*txn, EvmFork::kOsaka, 1));
}

TEST(EvmTxn, every_type_comes_back_as_it_was_written) {
    Bytes keys;
    append_rlp(keys, filled(9));
    append_rlp(keys, filled(8));
    for (const EvmTxnType type : kTypes) {
        EvmTxn txn = example(type, keys);
        for (const bool is_signed : {false, true}) {
            if (is_signed) txn.signature = {filled(4), filled(5), true};
            const Bytes bytes = encode_evm_txn(txn);
            const auto read = parse_evm_txn(bytes);
            ASSERT_TRUE(read) << static_cast<int>(type) << ": " << read.error().message;
            EXPECT_EQ(read->type, type);
            EXPECT_EQ(read->signature, txn.signature);
            EXPECT_EQ(encode_evm_txn(*read), bytes);
            if (type != EvmTxnType::kLegacy) {
                ASSERT_EQ(read->access_list.size(), 2U);
                EXPECT_EQ(read->access_list[0].count(), 2U);
                EXPECT_EQ(to_hex(read->access_list[0].key(1)), to_hex(filled(8)));
            }
            if (!is_signed) {
                EXPECT_EQ(read->signing_hash, crypto::keccak256(bytes));
            }
        }
    }
}

TEST(EvmTxn, a_delegation_names_who_signed_it) {
    // Signed with eth-account 0.14: the sender by EIP-155's key, the authority by another.
    const Bytes bytes =
        hex("04f8c101090114830186a09435353535353535353535353535353535353535350580c0f85cf85a01"
            "9435353535353535353535353535353535353535350480a09dbd69f677495864abffb10cd0da4f71"
            "833bb6f5692da48ce1e491ff100aabe6a07f9cb5cc279568df45dfcb6d810aeb21138d744bfc2438"
            "b4fa5f1fffe652b5d580a0ba6966ec276077d9efa1f5004c17b1383d9faa8057f3f06c42aacb0fa3"
            "314ec6a00545b3c681c29780004f0a64a7717d552dd4901955fdb09365d3568f820700f4");
    const auto txn = parse_evm_txn(bytes);
    ASSERT_TRUE(txn) << txn.error().message;
    EXPECT_EQ(to_hex(*txn->hash),
              "91c0a23459aa4955b0522e0142901f74e244889e1f0884cbc67e382433e0d372");
    EXPECT_EQ(sender_of(*txn).value(), address(kSigner));
    ASSERT_EQ(txn->authorizations.size(), 1U);
    EXPECT_EQ(txn->authorizations[0].authority().value(),
              address("0xe0da1edcea030875cd0f199d96eb70f6ab78faf2"));
    EXPECT_EQ(txn->authorizations[0].nonce, 4U);
    EXPECT_TRUE(check_evm_txn(*txn, EvmFork::kPrague, 1));
    EXPECT_FALSE(check_evm_txn(*txn, EvmFork::kCancun, 1));
}

TEST(EvmTxn, every_cut_and_every_added_byte_is_refused) {
    for (const EvmTxnType type : kTypes) {
        EvmTxn txn = example(type, {});
        txn.signature = {filled(4), filled(5), true};
        Bytes bytes = encode_evm_txn(txn);
        for (std::size_t size = 0; size < bytes.size(); ++size)
            EXPECT_FALSE(parse_evm_txn(ByteView{bytes}.first(size)));
        bytes.push_back(0);
        EXPECT_FALSE(parse_evm_txn(bytes));
    }
    EXPECT_FALSE(parse_evm_txn(Bytes(100'000, 0xFF)));
    EXPECT_EQ(parse_evm_txn(hex("05c0")).error().code, ErrorCode::kUnsupported);
}

TEST(EvmTxn, fields_that_no_chain_takes_are_refused) {
    const auto refused = [](const EvmTxn& txn) {
        const auto read = parse_evm_txn(encode_evm_txn(txn));
        return read ? std::string{} : read.error().message;
    };
    EvmTxn txn = example(EvmTxnType::kBlob, {});
    txn.to.reset();
    EXPECT_NE(refused(txn).find("field to"), std::string::npos);
    txn = example(EvmTxnType::kBlob, {});
    txn.blob_hashes = {filled(2)};
    EXPECT_NE(refused(txn).find("version"), std::string::npos);
    txn.blob_hashes.clear();
    EXPECT_NE(refused(txn).find("at least one"), std::string::npos);
    txn = example(EvmTxnType::kSetCode, {});
    txn.authorizations.clear();
    EXPECT_NE(refused(txn).find("at least one"), std::string::npos);
    txn = example(EvmTxnType::kDynamicFee, {});
    txn.nonce = ~uint64_t{0};
    EXPECT_NE(refused(txn).find("nonce"), std::string::npos);
    txn.nonce = 0;
    txn.signature = {filled(0xFF), filled(1), false};
    EXPECT_NE(refused(txn).find("order"), std::string::npos);
    txn.signature = {filled(1), filled(0), false};
    EXPECT_NE(refused(txn).find("order"), std::string::npos);
    const Bytes data{0x01};  // Looked into.
    txn = example(EvmTxnType::kAccessList, data);
    EXPECT_NE(refused(txn).find("storage key"), std::string::npos);
}

TEST(EvmTxn, forks_say_what_holds) {
    EvmTxn txn = example(EvmTxnType::kDynamicFee, {});
    txn.signature = {filled(1), filled(1), false};
    EXPECT_FALSE(check_evm_txn(txn, EvmFork::kBerlin, 1));
    EXPECT_TRUE(check_evm_txn(txn, EvmFork::kLondon, 1));
    txn.max_priority_fee_per_gas = Amount{301U};
    EXPECT_FALSE(check_evm_txn(txn, EvmFork::kLondon, 1));
    txn = example(EvmTxnType::kLegacy, {});
    txn.chain_id.reset();
    txn.signature = {filled(1), filled(0x80), false};
    EXPECT_TRUE(check_evm_txn(txn, EvmFork::kFrontier, 1));
    EXPECT_FALSE(check_evm_txn(txn, EvmFork::kHomestead, 1));  // A high s.
    txn.max_fee_per_gas = Amount::max();
    EXPECT_FALSE(check_evm_txn(txn, EvmFork::kFrontier, 1));
    txn.max_fee_per_gas = Amount{};
    txn.gas_limit = Amount::from_limbs({0, 1, 0, 0});
    EXPECT_FALSE(check_evm_txn(txn, EvmFork::kFrontier, 1));
}

TEST(EvmTxn, gas_of_data_follows_the_fork) {
    EvmTxn txn = example(EvmTxnType::kLegacy, {});
    const Bytes data{0, 1};
    txn.data = data;
    EXPECT_EQ(intrinsic_gas(txn, EvmFork::kFrontier), 21'072U);
    EXPECT_EQ(intrinsic_gas(txn, EvmFork::kIstanbul), 21'020U);
    txn.to.reset();
    EXPECT_EQ(intrinsic_gas(txn, EvmFork::kFrontier), 21'072U);
    EXPECT_EQ(intrinsic_gas(txn, EvmFork::kHomestead), 53'072U);
    EXPECT_EQ(intrinsic_gas(txn, EvmFork::kShanghai), 53'022U);
    const EvmTxn delegation = example(EvmTxnType::kSetCode, {});
    EXPECT_EQ(intrinsic_gas(delegation, EvmFork::kPrague), 21'000U + 2 * 2'400U + 25'000U);
    for (int fork = 0; fork <= static_cast<int>(EvmFork::kOsaka); ++fork) {
        const auto name = to_string(static_cast<EvmFork>(fork));
        EXPECT_EQ(parse_evm_fork(name), static_cast<EvmFork>(fork));
    }
    EXPECT_FALSE(parse_evm_fork(""));
}

TEST(EvmTxn, blobs_on_the_way_fit_their_hashes) {
    const Bytes blob(4096 * 32, 0), point(48, 7);
    EvmTxn txn = example(EvmTxnType::kBlob, {});
    txn.blob_hashes = {crypto::sha256(point)};
    txn.blob_hashes[0].bytes[0] = 1;
    const auto wrapped = [&](ByteView commitment, std::size_t proofs, bool cells) {
        Bytes items = encode_evm_txn(txn), list;
        items.erase(items.begin());
        if (cells) append_rlp(items, Amount{1U});
        append_rlp(list, blob);
        append_rlp_list(items, list);
        list.clear();
        append_rlp(list, commitment);
        append_rlp_list(items, list);
        list.clear();
        for (std::size_t i = 0; i < proofs; ++i) append_rlp(list, point);
        append_rlp_list(items, list);
        Bytes out{3};
        append_rlp_list(out, items);
        return out;
    };
    for (const bool cells : {false, true}) {
        const Bytes bytes = wrapped(point, cells ? 128 : 1, cells);
        const auto read = parse_evm_txn(bytes);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->blobs, 1U);
        EXPECT_EQ(read->signing_hash, crypto::keccak256(encode_evm_txn(txn)));
    }
    EXPECT_FALSE(parse_evm_txn(wrapped(Bytes(48, 8), 1, false)));
    EXPECT_FALSE(parse_evm_txn(wrapped(point, 2, false)));
}

TEST(EvmAuthorization, is_read_and_names_its_authority) {
    EvmAuthorization given;
    given.chain_id = Amount{1U};
    given.address = address(kSigner);
    given.nonce = 4;
    Bytes fields, bytes{kAuthorizationMagic};
    append_rlp(fields, given.chain_id);
    append_rlp(fields, given.address.payload());
    append_rlp(fields, Amount{given.nonce});
    append_rlp_list(bytes, fields);
    const auto read = parse_evm_authorization(bytes);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->address, given.address);
    EXPECT_EQ(read->signing_hash(), crypto::keccak256(bytes));
    EXPECT_FALSE(read->authority());
    given.r = given.s = filled(1);
    const auto authority = given.authority();
    EXPECT_EQ(authority.has_value(),
              recover_evm_address(given.signing_hash(), given.r, given.s, false).has_value());
    given.s = filled(0x80);
    EXPECT_FALSE(given.authority());
    given.s = filled(1);
    given.y_parity = 2;
    EXPECT_FALSE(given.authority());
    bytes.push_back(0);
    EXPECT_FALSE(parse_evm_authorization(bytes));
    EXPECT_FALSE(parse_evm_authorization({}));
}

// EIP-1014, examples 1 and 2; CREATE of the first txn of a known deployer.
TEST(EvmAccount, contracts_have_addresses_by_their_makers) {
    const Hash256 code = crypto::keccak256(Bytes{0});
    EXPECT_EQ(created_address(Address{AddressKind::kEvm, Bytes(20, 0)}, Hash256{}, code),
              address("0x4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38"));
    EXPECT_EQ(
        created_address(address("0xdeadbeef00000000000000000000000000000000"), Hash256{}, code),
        address("0xb928f69bb1d91cd65274e3c79d8986362984fda3"));
    EXPECT_EQ(created_address(address("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"), 0),
              address("0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"));
}

}  // namespace
}  // namespace cordon::chain

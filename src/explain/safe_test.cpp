// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "safe.hpp"

#include <gtest/gtest.h>

#include <cordon/chain/evm/typed_data.hpp>

#include "official.hpp"
#include "simulation.hpp"
#include "test_payload.hpp"

namespace cordon::explain {
namespace {

using namespace test;

constexpr uint8_t kDelegate = 1;

TEST(Safe, explains_a_payment_in_one_sentence_and_lets_it_pass) {
    const Explanation out = explain_safe(proposal(kPayee, {}, 0, 5'000'000'000'000'000'000), {});
    EXPECT_EQ(out.verdict, Verdict::kOk);
    EXPECT_EQ(out.summary,
              "0x5a5A5a5a5A5a5a5a5a5A5a5A5A5a5a5A5A5A5A5A pays 5 ETH to "
              "0x1111111111111111111111111111111111111111.");
    ASSERT_EQ(out.effects.size(), 1U);
    EXPECT_EQ(out.effects[0].kind, EffectKind::kTransfer);
    EXPECT_EQ(out.effects[0].amount, Amount{uint64_t{5'000'000'000'000'000'000}});
}

TEST(Safe, never_reads_a_delegatecall_by_its_selector) {
    const Explanation out = explain_safe(proposal(kStranger, transfer(kPayee, 5), kDelegate), {});
    EXPECT_EQ(out.verdict, Verdict::kBlock);
    for (const Effect& each : out.effects) EXPECT_EQ(each.kind, EffectKind::kCode);
    for (const std::string_view rule : {"R1", "R2", "R6"})
        EXPECT_EQ(raised(out, rule), Verdict::kBlock) << rule;
    EXPECT_EQ(out.summary.find("pays"), std::string::npos);
}

TEST(Safe, lets_the_book_allow_a_delegatecall) {
    Context context;
    context.book.push_back({kEthereum, kStranger, "Library", false, true, false, false, false});
    const Explanation out =
        explain_safe(proposal(kStranger, transfer(kPayee, 5), kDelegate), context);
    EXPECT_EQ(raised(out, "R1"), Verdict::kOk);
    EXPECT_EQ(out.effects.at(0).kind, EffectKind::kCode);
}

TEST(Safe, judges_a_multi_send_by_its_parts) {
    const Explanation good = explain_safe(
        proposal(kCallOnly, multi_send({{kPayee, 3}, {kToken, 0, transfer(kPayee, 9)}}), kDelegate),
        {});
    EXPECT_EQ(good.verdict, Verdict::kOk);
    ASSERT_EQ(good.effects.size(), 2U);
    EXPECT_EQ(good.effects[1].where, "call 2");
    EXPECT_EQ(good.effects[1].asset, to_hex0x(kToken.payload()));

    const Bytes inner = multi_send({{kPayee, 1}, {kStranger, 0, transfer(kPayee, 9), kDelegate}});
    const Explanation bad = explain_safe(
        proposal(kMultiSend, multi_send({{kPayee, 3}, {kMultiSend, 0, inner, kDelegate}}),
                 kDelegate),
        {});
    EXPECT_EQ(raised(bad, "R1"), Verdict::kBlock);
    EXPECT_EQ(bad.effects.back().where, "call 2.2");
}

TEST(Safe, blocks_a_multi_send_that_is_not_whole) {
    Bytes parts = packed({{kPayee, 3}});
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, parts.size() - 1}) {
        const Bytes cut{parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(size)};
        const Explanation out = explain_safe(
            proposal(kCallOnly, with_bytes("multiSend(bytes)", {}, cut), kDelegate), {});
        EXPECT_EQ(out.verdict, size == 0 ? Verdict::kOk : Verdict::kBlock) << size;
    }
    parts[84] = 0xff;  // A length far beyond the data.
    parts[53] = 0xff;
    EXPECT_EQ(
        explain_safe(proposal(kCallOnly, with_bytes("multiSend(bytes)", {}, parts), kDelegate), {})
            .verdict,
        Verdict::kBlock);
}

TEST(Safe, blocks_what_is_too_deep_or_too_much_to_read) {
    Bytes data = transfer(kPayee, 1);
    for (unsigned i = 0; i < 2 * kMaxCallDepth; ++i)
        data = multi_send({{kMultiSend, 0, data, kDelegate}});
    EXPECT_EQ(raised(explain_safe(proposal(kMultiSend, data, kDelegate), {}), "E6"),
              Verdict::kBlock);

    const std::vector<Part> many(kMaxCalls + 5, Part{kPayee, 1});
    const Explanation out = explain_safe(proposal(kCallOnly, multi_send(many), kDelegate), {});
    EXPECT_EQ(raised(out, "E6"), Verdict::kBlock);
    EXPECT_LE(out.effects.size(), kMaxCalls + 1);
}

TEST(Safe, allows_migration_to_a_release_and_to_nothing_else) {
    const auto migrate = [](const Address& to, const Bytes& data, uint8_t operation) {
        return explain_safe(proposal(to, data, operation), {});
    };
    const Explanation released =
        migrate(kMigration, selector("migrateWithFallbackHandler()"), kDelegate);
    EXPECT_EQ(released.verdict, Verdict::kOk);
    EXPECT_EQ(released.effects.at(0).kind, EffectKind::kImplementation);
    EXPECT_EQ(released.effects.at(0).to, to_hex0x(kSingleton.payload()));
    // By a plain call it does nothing that anybody would want.
    EXPECT_EQ(migrate(kMigration, selector("migrateWithFallbackHandler()"), 0).verdict,
              Verdict::kWarn);
    EXPECT_EQ(migrate(kMigration, transfer(kPayee, 1), kDelegate).verdict, Verdict::kBlock);
    const Bytes change = selector("changeMasterCopy(address)");
    EXPECT_EQ(migrate(kSafe, change + word(kSingleton), 0).verdict, Verdict::kOk);
    EXPECT_EQ(migrate(kSafe, change + word(kStranger), 0).verdict, Verdict::kBlock);
    const Address to_l2 = evm("0xff83f6335d8930cbad1c0d439a841f01888d9f69");
    EXPECT_EQ(migrate(to_l2, selector("migrateToL2(address)") + word(kStranger), kDelegate).verdict,
              Verdict::kBlock);
}

TEST(Safe, asks_about_new_owners_unless_the_book_knows_them) {
    const SafeProposal add = proposal(kSafe, selector("addOwnerWithThreshold(address,uint256)") +
                                                 word(kPayee) + word(Amount{uint64_t{2}}));
    EXPECT_EQ(explain_safe(add, {}).verdict, Verdict::kWarn);
    Context context;
    context.threshold = 2;
    context.book.push_back({kEthereum, kPayee, "Ann", false, false, true, false, false});
    EXPECT_EQ(explain_safe(add, context).verdict, Verdict::kOk);
    context.book[0].address = kStranger;
    EXPECT_EQ(explain_safe(add, context).verdict, Verdict::kBlock);
    context.book[0].address = kPayee;
    context.threshold = 3;  // Fewer signatures than now.
    EXPECT_EQ(explain_safe(add, context).verdict, Verdict::kBlock);
}

TEST(Safe, wants_code_that_acts_for_it_to_be_vouched_for) {
    for (const std::string_view call :
         {"enableModule(address)", "setFallbackHandler(address)", "setGuard(address)"}) {
        const SafeProposal one = proposal(kSafe, selector(call) + word(kStranger));
        EXPECT_EQ(explain_safe(one, {}).verdict, Verdict::kBlock) << call;
        Context context;
        context.book.push_back({kEthereum, kStranger, "Module", false, false, false, true, false});
        EXPECT_EQ(explain_safe(one, context).verdict, Verdict::kOk) << call;
    }
}

TEST(Safe, warns_of_what_it_does_not_understand) {
    const Explanation out = explain_safe(proposal(kStranger, {1, 2, 3, 4, 5}), {});
    EXPECT_EQ(out.verdict, Verdict::kWarn);
    EXPECT_EQ(out.effects.at(0).kind, EffectKind::kUnknown);
    // A call of the Safe to itself is for its owners' business: nothing unknown is.
    EXPECT_EQ(explain_safe(proposal(kSafe, {1, 2, 3, 4}), {}).verdict, Verdict::kBlock);
    // Dirty padding: a contract may take it, and read another address than we do.
    Bytes dirty = transfer(kPayee, 5);
    dirty[5] = 1;
    EXPECT_EQ(explain_safe(proposal(kToken, dirty), {}).effects.at(0).kind, EffectKind::kUnknown);
    Bytes longer = transfer(kPayee, 5);
    longer.push_back(9);
    const Explanation trailing = explain_safe(proposal(kToken, longer), {});
    EXPECT_EQ(raised(trailing, "E5"), Verdict::kWarn);
    EXPECT_NE(trailing.summary.find("0x09"), std::string::npos);
}

TEST(Safe, hashes_as_eip_712_does) {
    const SafeTx txn = proposal(kPayee, transfer(kPayee, 5), 1, 9).txn;
    for (const SafeDomain domain : kSafeDomains) {
        const std::string gas = domain == SafeDomain::kDataGas ? "dataGas" : "baseGas";
        std::string members;
        for (const std::string& each :
             {std::string{"address to"}, std::string{"uint256 value"}, std::string{"bytes data"},
              std::string{"uint8 operation"}, std::string{"uint256 safeTxGas"}, "uint256 " + gas,
              std::string{"uint256 gasPrice"}, std::string{"address gasToken"},
              std::string{"address refundReceiver"}, std::string{"uint256 nonce"}}) {
            const std::size_t blank = each.find(' ');
            members += format("{}{{\"type\":\"{}\",\"name\":\"{}\"}}", members.empty() ? "" : ",",
                              each.substr(0, blank), each.substr(blank + 1));
        }
        const std::string json = format(
            R"({{"types":{{"SafeTx":[{}]}},"primaryType":"SafeTx","domain":{{{}"verifyingContract":"{}"}},)"
            R"("message":{{"to":"{}","value":9,"data":"{}","operation":1,"safeTxGas":0,"{}":0,)"
            R"("gasPrice":0,"gasToken":"{}","refundReceiver":"{}","nonce":7}}}})",
            members, domain == SafeDomain::kChainId ? "\"chainId\":1," : "",
            to_hex0x(kSafe.payload()), to_hex0x(kPayee.payload()), to_hex0x(txn.data), gas,
            to_hex0x(account(0).payload()), to_hex0x(account(0).payload()));
        const auto typed = chain::parse_typed_data(json);
        ASSERT_TRUE(typed) << typed.error().message;
        const SafeHashes ours = hash_safe_txn(txn, domain);
        EXPECT_EQ(ours.domain, typed->domain_separator);
        EXPECT_EQ(ours.message, typed->message_hash);
        EXPECT_EQ(ours.safe_txn, typed->digest);
    }
}

TEST(Safe, finds_the_version_by_the_claimed_hash_and_blocks_a_false_one) {
    SafeProposal old = proposal(kPayee, {}, 0, 1);
    old.version.reset();
    old.safe_hash = hash_safe_txn(old.txn, SafeDomain::kNoChainId).safe_txn;
    const Explanation out = explain_safe(old, {});
    EXPECT_EQ(out.verdict, Verdict::kOk);
    EXPECT_TRUE(raised(out, "R13"));
    old.txn.nonce += Amount{uint64_t{1}};
    EXPECT_EQ(raised(explain_safe(old, {}), "E7"), Verdict::kBlock);
    // Not said at all: both are shown.
    old.safe_hash.reset();
    EXPECT_EQ(explain_safe(old, {}).hashes.size(), 6U);
}

TEST(Safe, tells_a_signature_for_something_else) {
    SafeProposal signed_one = proposal(kPayee, {}, 0, 1);
    Bytes signature(65, 0x11);
    signature[64] = 27;
    // Half of all numbers are no r: the first that is one.
    const Hash256 hash = hash_safe_txn(signed_one.txn, SafeDomain::kChainId).safe_txn;
    const auto invalid = [&] {
        return read_safe_signatures(signature, hash)->at(0).kind == SafeSignature::Kind::kInvalid;
    };
    while (invalid()) ++signature[31];
    signed_one.signatures.push_back({{}, signature});
    const auto found = read_safe_signatures(signature, hash);
    ASSERT_TRUE(found);
    Context context;
    context.owners = {found->at(0).signer};
    EXPECT_EQ(raised(explain_safe(signed_one, context), "R7"), Verdict::kOk);
    signed_one.txn.value = Amount{uint64_t{2}};
    EXPECT_EQ(raised(explain_safe(signed_one, context), "R7"), Verdict::kBlock);
    // Without owners nobody can tell; that alone is no reason to stop.
    const Explanation blind = explain_safe(signed_one, {});
    EXPECT_EQ(blind.verdict, Verdict::kOk);
    EXPECT_FALSE(raised(blind, "R7"));
}

TEST(Safe, does_not_take_an_owner_who_is_only_named_for_one_who_signed) {
    Bytes named(65, 0);
    std::copy_n(kPayee.payload().begin(), 20, named.begin() + 12);
    named[64] = 1;
    const std::string json = format(
        R"({{"safe":"{}","chainId":1,"to":"{}","value":1,"operation":0,"nonce":7,"version":"1.3.0","signatures":"{}"}})",
        to_hex0x(kSafe.payload()), to_hex0x(kPayee.payload()), to_hex0x(named));
    Context context;
    context.owners = {kPayee};
    const auto all = explain_safe(json, context);
    ASSERT_TRUE(all) << all.error().message;
    const Explanation& out = all->front();
    for (const Finding& each : out.findings) {
        if (each.rule != "R7") continue;
        EXPECT_FALSE(each.judged);
        EXPECT_NE(each.text.find("only the chain knows"), std::string::npos);
    }
    EXPECT_FALSE(raised(out, "R7"));
}

TEST(Safe, reads_every_kind_of_signature) {
    const Hash256 hash{};
    Bytes approved(65, 0), contract(65, 0), eth_sign(65, 0x22), bad(65, 0x22);
    std::copy_n(kPayee.payload().begin(), 20, approved.begin() + 12);
    approved[64] = 1;
    std::copy_n(kStranger.payload().begin(), 20, contract.begin() + 12);
    contract[63] = 65 * 4 % 256;
    contract[62] = 65 * 4 / 256;
    eth_sign[64] = 31;
    bad[64] = 29;
    const Bytes blob = approved + contract + eth_sign + bad + word(Amount{32U}) + Bytes(32, 7);
    const auto found = read_safe_signatures(blob, hash);
    ASSERT_TRUE(found) << found.error().message;
    using Kind = SafeSignature::Kind;
    ASSERT_EQ(found->size(), 4U);
    EXPECT_EQ(found->at(0).kind, Kind::kApproved);
    EXPECT_EQ(found->at(0).signer, kPayee);
    EXPECT_EQ(found->at(1).kind, Kind::kContract);
    EXPECT_EQ(found->at(2).kind, Kind::kEthSign);
    EXPECT_EQ(found->at(3).kind, Kind::kInvalid);
    EXPECT_FALSE(read_safe_signatures(Bytes(64, 1), hash));
    EXPECT_TRUE(read_safe_signatures({}, hash)->empty());
    // Nobody, and a contract whose bytes are not there: the Safe refuses both.
    EXPECT_EQ(read_safe_signatures(Bytes(65, 0), hash)->at(0).kind, Kind::kInvalid);
    EXPECT_EQ(read_safe_signatures(contract, hash)->at(0).kind, Kind::kInvalid);
}

TEST(Safe, sees_two_proposals_with_one_nonce_in_one_file) {
    const auto json = [](int value) {
        return format(
            R"({{"safe":"{}","chainId":1,"to":"{}","value":{},"operation":0,"nonce":7,"version":"1.3.0"}})",
            to_hex0x(kSafe.payload()), to_hex0x(kPayee.payload()), value);
    };
    const auto both = explain_safe("[" + json(1) + "," + json(2) + "]", {});
    ASSERT_TRUE(both) << both.error().message;
    for (const Explanation& each : *both) EXPECT_EQ(raised(each, "R8"), Verdict::kWarn);
    const auto same = explain_safe(json(1) + "\n" + json(1), {});
    ASSERT_TRUE(same);
    for (const Explanation& each : *same) EXPECT_FALSE(raised(each, "R8"));
}

TEST(Safe, refuses_what_it_would_have_to_guess) {
    const std::string good =
        format(R"({{"safe":"{}","chainId":1,"to":"{}","operation":0,"nonce":7}})",
               to_hex0x(kSafe.payload()), to_hex0x(kPayee.payload()));
    ASSERT_TRUE(explain_safe(good, {}));
    for (const std::string_view field : {"safe", "chainId", "to", "operation", "nonce"}) {
        std::string cut = good;
        const std::size_t at = cut.find("\"" + std::string{field} + "\"");
        cut.replace(at + 1, field.size(), "x");
        const auto out = explain_safe(cut, {});
        ASSERT_FALSE(out) << field;
        EXPECT_NE(out.error().message.find(field), std::string::npos);
    }
    EXPECT_FALSE(explain_safe(
        good.substr(0, good.size() - 1) + ",\"to\":\"" + to_hex0x(kStranger.payload()) + "\"}",
        {}));
    for (const std::string_view bad : {"", " ", "[]", "{", "null", "[{},", "{\"a\":1}x"})
        EXPECT_FALSE(explain_safe(bad, {})) << bad;
    EXPECT_FALSE(explain_safe(std::string(100'000, '['), {}));
}

TEST(Safe, blocks_a_refund_to_a_chosen_receiver) {
    SafeProposal refund = proposal(kPayee, {}, 0, 1);
    refund.txn.gas_token = kToken;
    EXPECT_EQ(raised(explain_safe(refund, {}), "R10"), Verdict::kWarn);
    refund.txn.gas_price = Amount{uint64_t{5}};
    refund.txn.base_gas = Amount::max();
    const Explanation out = explain_safe(refund, {});
    EXPECT_EQ(raised(out, "R10"), Verdict::kBlock);
    EXPECT_EQ(out.effects.back().kind, EffectKind::kFee);
}

TEST(Safe, judges_what_a_simulation_wrote) {
    const SafeProposal benign = proposal(kPayee, {}, 0, 1);
    Context context;
    context.simulation = Simulation{};
    EXPECT_EQ(explain_safe(benign, context).verdict, Verdict::kOk);
    Hash256 slot{}, after{};
    after.bytes[31] = 9;
    context.simulation->slots.push_back({kSafe, slot, {}, after});
    EXPECT_EQ(raised(explain_safe(benign, context), "R2"), Verdict::kBlock);
    // An allowed write of the handler does not cover slot 0, and does cover the handler's.
    const SafeProposal handler =
        proposal(kSafe, selector("setFallbackHandler(address)") +
                            word(evm("0xfd0732dc9e303f09fcef3a7388ad10a83459ec99")));
    EXPECT_EQ(raised(explain_safe(handler, context), "R2"), Verdict::kBlock);
    constexpr std::string_view kHandlerSlot =
        "6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5";
    Hash256 handler_slot;
    ASSERT_TRUE(parse_hex_into(kHandlerSlot, handler_slot.bytes));
    context.simulation->slots = {{kSafe, handler_slot, {}, after}};
    EXPECT_EQ(explain_safe(handler, context).verdict, Verdict::kOk);
    EXPECT_EQ(raised(explain_safe(benign, context), "R2"), Verdict::kBlock);
    slot.bytes[31] = 5;  // The nonce.
    context.simulation->slots = {{kSafe, slot, {}, after}};
    EXPECT_EQ(raised(explain_safe(benign, context), "R2"), Verdict::kOk);
}

TEST(Official, contracts_are_sorted_and_each_once) {
    const auto all = official_contracts();
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].address.size(), 40U);
        if (i > 0) {
            EXPECT_LT(all[i - 1].address, all[i].address);
        }
        EXPECT_EQ(find_official(address_of(all[i])), &all[i]);
    }
    EXPECT_EQ(find_official(kStranger), nullptr);
    EXPECT_EQ(find_official(Address{}), nullptr);
}

}  // namespace
}  // namespace cordon::explain

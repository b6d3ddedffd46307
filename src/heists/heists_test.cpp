// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "book.hpp"
#include "random.hpp"
#include "replay.hpp"
#include "stats.hpp"

namespace cordon::heists {
namespace {

Result<Facts> facts_of(const std::string& text) {
    return parse_facts(
        memory_file("test.yaml", {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
}

std::string refusal(const std::string& text) {
    const Result<Facts> facts = facts_of(text);
    return facts ? std::string{"read"} : facts.error().message;
}

const std::string kHead =
    "name: small\nrow: 1\nvictim: Small\nkind: exchange\nloss: 1\nvintage: now\nsignal: none\n"
    "story: once\nsources: {me: memory}\nprices: {ETH: 1000, USDT: 1}\n"
    "wallets:\n"
    "  - {name: hot, chain: eth, tier: hot, holds: {ETH: 500, USDT: 1200000}}\n"
    "  - {name: cold, chain: eth, tier: cold, code: safe-1.3.0, holds: {ETH: 3000}}\n"
    "traffic: {txns_a_day: 60, days: 3}\n";
const std::string kTheft =
    "steps:\n"
    "  - {at: \"2024-01-05T10:00:00Z\", do: take, wallet: hot, to: thief, asset: ETH, amount: 400, "
    "source: me, fact: gone}\n"
    "  - {at: \"2024-01-05T11:00:00Z\", do: take, wallet: hot, to: thief, asset: USDT, amount: "
    "800000, txns: 4, over: 600, source: me}\n";

TEST(HeistFacts, reads_steps_in_the_order_of_time) {
    const auto facts = facts_of(kHead + kTheft);
    ASSERT_TRUE(facts.has_value()) << facts.error().message;
    ASSERT_EQ(facts->steps.size(), 2U);
    EXPECT_EQ(facts->steps[0].amount, "400");
    EXPECT_TRUE(facts->steps[0].theft);
}

TEST(HeistFacts, refuses_with_file_and_line) {
    EXPECT_EQ(refusal(kHead + "steps: []\n"), "test.yaml:1: nothing is stolen: no step is a theft");
    EXPECT_EQ(refusal(kHead + "colour: red\n" + kTheft),
              "test.yaml:15: there is no key \"colour\"");
    EXPECT_EQ(refusal(kHead + "steps:\n  - {at: \"2024-01-05\", do: take, wallet: hot, to: x}\n"),
              "test.yaml:16: do: take needs \"asset\"");
    EXPECT_EQ(refusal(kHead + "steps:\n  - {at: \"2024-01-05\", do: take, wallet: hut, to: x, "
                              "asset: ETH, amount: 1, source: me}\n"),
              "test.yaml:16: there is no wallet \"hut\"");
    EXPECT_EQ(refusal(kHead + "steps:\n  - {at: \"2024-01-05\", do: take, wallet: hot, to: x, "
                              "asset: XYZ, amount: 1, source: me}\n"),
              "test.yaml:16: XYZ has no price");
    EXPECT_EQ(refusal(kHead + "steps:\n  - {at: noon, do: take, wallet: hot, to: x, asset: ETH, "
                              "amount: 1, source: me}\n")
                  .substr(0, 13),
              "test.yaml:16:");
    EXPECT_EQ(refusal(kHead + "steps:\n  - {at: \"2024-01-05\", do: take, wallet: hot, to: x, "
                              "asset: ETH, amount: -4, source: me}\n"),
              "test.yaml:16: amount: \"-4\" is no quantity like 4502.9");
    EXPECT_EQ(refusal(kHead + "steps:\n  - {at: \"2024-01-05\", do: take, wallet: hot, to: x, "
                              "asset: ETH, amount: 1}\n"),
              "test.yaml:16: a step needs its source");
    EXPECT_NE(refusal(""), "read");
    EXPECT_NE(refusal("[1, 2]"), "read");
}

TEST(HeistFacts, the_shipped_ones_are_thirty_with_a_source_each) {
    const auto library = shipped_heists();
    ASSERT_TRUE(library.has_value()) << library.error().message;
    ASSERT_EQ(library->heists.size(), 30U);
    for (std::size_t i = 0; i < library->heists.size(); ++i) {
        EXPECT_EQ(library->heists[i].row, i + 1);
        EXPECT_FALSE(library->heists[i].sources.empty());
    }
}

/// Everything that a stream says of value, as one digest.
Hash256 digest_of(const Scenario& scenario) {
    crypto::Sha256 sum;
    const auto add = [&](const auto& number) {
        sum.update({reinterpret_cast<const uint8_t*>(&number), sizeof number});
    };
    for (const auto& event : scenario.events)
        if (const auto* seen = std::get_if<SeenBlock>(event.get())) {
            sum.update(seen->block.header.hash);
            for (const AccountTxn& txn : seen->block.account_txns) {
                sum.update(txn.hash);
                for (const Transfer& transfer : txn.transfers) {
                    sum.update(transfer.from.payload());
                    sum.update(transfer.to.payload());
                    sum.update(transfer.amount.to_big_endian());
                }
            }
            for (const UtxoTxn& txn : seen->block.utxo_txns)
                for (const TxOut& output : txn.outputs) add(output.value);
        }
    return sum.finish();
}

TEST(HeistScenario, is_the_same_for_the_same_seed_and_another_for_another) {
    const auto facts = facts_of(kHead + kTheft);
    const auto library = shipped_heists();
    ASSERT_TRUE(facts && library);
    const auto one = make_scenario(library->common, *facts, 7);
    const auto again = make_scenario(library->common, *facts, 7);
    const auto other = make_scenario(library->common, *facts, 8);
    ASSERT_TRUE(one && again && other);
    EXPECT_EQ(digest_of(*one), digest_of(*again));
    EXPECT_NE(digest_of(*one), digest_of(*other));
}

TEST(HeistScenario, seed_zero_plays_the_facts_as_they_are) {
    const auto facts = facts_of(kHead + kTheft);
    const auto library = shipped_heists();
    ASSERT_TRUE(facts && library);
    const auto played = make_scenario(library->common, *facts, 0);
    ASSERT_TRUE(played.has_value()) << played.error().message;
    EXPECT_EQ(played->thefts.size(), 5U);
    EXPECT_EQ(format_rfc3339(played->first_theft), "2024-01-05T10:00:00Z");
    EXPECT_EQ(played->thefts[0].usd, 400 * 1000 * 100);
}

TEST(HeistScenario, jitter_stays_within_its_bounds) {
    const auto facts = facts_of(kHead + kTheft);
    const auto library = shipped_heists();
    ASSERT_TRUE(facts && library);
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        const auto played = make_scenario(library->common, *facts, seed);
        ASSERT_TRUE(played.has_value());
        const double shift = std::chrono::duration<double, std::ratio<3600>>(played->first_theft -
                                                                             facts->steps[0].at)
                                 .count();
        EXPECT_LE(std::abs(shift), kMostShiftHours + 0.1);
        EXPECT_LE(played->thefts[0].usd, 400 * 1000 * 100);
        EXPECT_GE(static_cast<double>(played->thefts[0].usd), kLeastAmount * 400 * 1000 * 100 - 1);
        const double gap =
            std::chrono::duration<double>(played->thefts[1].time - played->thefts[0].time).count();
        EXPECT_LE(gap, 3'600 * kMostStretch + 24);
        EXPECT_GE(gap, 3'600 / kMostStretch - 24);
    }
}

TEST(HeistScenario, numbers_the_txns_of_a_sender_where_the_chain_does) {
    const auto library = shipped_heists();
    ASSERT_TRUE(library.has_value());
    Book book{library->common, 1};
    const auto nonces = [&](const char* chain, const char* symbol) {
        const Coin& coin = book.coin(chain, symbol);
        const Address from = book.address(coin.chain, "one"), to = book.address(coin.chain, "two");
        for (int i = 0; i < 2; ++i) EXPECT_TRUE(book.pay({}, coin, from, to, uint64_t{1}));
        return std::pair{book.made().end()[-2].activity.nonce, book.made().back().activity.nonce};
    };
    using Nonces = std::pair<std::optional<uint64_t>, std::optional<uint64_t>>;
    EXPECT_EQ(nonces("eth", "ETH"), (Nonces{0, 1}));
    EXPECT_EQ(nonces("bsc", "BNB"), (Nonces{0, 1})) << "each chain its own";
    EXPECT_EQ(nonces("eth", "USDT"), (Nonces{2, 3}));
    EXPECT_EQ(nonces("tron", "TRX"), Nonces{});
    EXPECT_EQ(nonces("tron", "USDT"), Nonces{});
}

/// What any address of a stream would have, were it played against its opening balances.
TEST(HeistScenario, no_wallet_ever_pays_what_it_has_not) {
    const auto library = shipped_heists();
    ASSERT_TRUE(library.has_value());
    for (const char* name : {"coincheck", "euler", "nomad", "dmm", "ftx"}) {
        const auto played = make_scenario(library->common, *library->find(name), 3);
        ASSERT_TRUE(played.has_value()) << played.error().message;
        std::map<std::pair<detect::Place, Asset>, Amount> held = played->knowledge.balances;
        std::map<OutPoint, uint64_t> unspent;
        for (const auto& event : played->events) {
            const auto* seen = std::get_if<SeenBlock>(event.get());
            if (!seen) continue;
            const ChainId chain = seen->block.chain;
            for (const AccountTxn& txn : seen->block.account_txns)
                for (const Transfer& transfer : txn.transfers) {
                    const auto from = held.find({{chain, transfer.from}, transfer.asset});
                    if (from != held.end()) {
                        ASSERT_LE(transfer.amount, from->second) << name;
                        from->second -= transfer.amount;
                    }
                    const auto to = held.find({{chain, transfer.to}, transfer.asset});
                    if (to != held.end()) to->second += transfer.amount;
                }
            for (const UtxoTxn& txn : seen->block.utxo_txns) {
                uint64_t in = 0, out = 0;
                for (const TxIn& input : txn.inputs) {
                    in += input.spent->value;
                    if (const auto coin = unspent.find(input.prevout); coin != unspent.end()) {
                        EXPECT_EQ(coin->second, input.spent->value);
                        unspent.erase(coin);
                    }
                }
                for (uint32_t i = 0; i < txn.outputs.size(); ++i) {
                    out += txn.outputs[i].value;
                    unspent[{txn.txid, i}] = txn.outputs[i].value;
                }
                EXPECT_GE(in, out) << name;
            }
        }
    }
}

TEST(HeistReplay, tells_what_was_stolen_and_names_nobody_who_saw_nothing) {
    const auto facts = facts_of(kHead + kTheft);
    const auto library = shipped_heists();
    ASSERT_TRUE(facts && library);
    const auto outcome = replay(library->common, *facts, 0);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    EXPECT_EQ(outcome->stolen, (400'000 + 800'000) * 100);
    EXPECT_FALSE(outcome->thefts.empty());
    EXPECT_GT(outcome->wallet_months, 0);
    const std::string svg = timeline_svg(*facts, *outcome);
    EXPECT_NE(svg.find("</svg>"), std::string::npos);
}

Summary summary_of(const Facts& facts, std::optional<int64_t> lead, double saveable) {
    Summary summary;
    summary.facts = &facts;
    summary.detector = lead ? "D01" : "";
    summary.lead = lead;
    summary.in_time = lead && *lead >= 0;
    summary.saveable = saveable;
    return summary;
}

TEST(HeistStats, count_by_year_cause_and_signal) {
    Facts a = facts_of(kHead + kTheft).value();
    a.loss = 100;
    a.signed_by = SignedBy::kKey;
    Facts b = a;
    b.loss = 40;
    b.signal = Signal::kOnChain;
    for (Step& step : b.steps) step.at -= std::chrono::days{365};
    Facts c = b;
    c.loss = 7;
    c.signed_by = SignedBy::kPeople;
    const std::vector summaries{summary_of(a, 60, 0.5), summary_of(b, -12, 0.25),
                                summary_of(c, std::nullopt, 0)};
    const Stats stats = stats_of(summaries);
    ASSERT_EQ(stats.rows.size(), 3U);
    EXPECT_EQ(stats.rows[2].facts, &a) << "by time";
    EXPECT_EQ(stats.all.heists, 3U);
    EXPECT_EQ(stats.all.loss, 14'700);
    EXPECT_EQ(stats.all.saveable, 6'000);
    EXPECT_EQ(stats.all.in_time, 1U);
    EXPECT_EQ(stats.all.lead, -12) << "of two the worse";
    ASSERT_EQ(stats.years.size(), 2U);
    EXPECT_EQ(stats.years[0].name, "2023");
    EXPECT_EQ(stats.years[0].loss, 4'700);
    ASSERT_EQ(stats.causes.size(), 2U);
    EXPECT_EQ(stats.causes[0].name, "key");
    EXPECT_EQ(stats.causes[1].lead, std::nullopt);
    EXPECT_EQ(stats.signals[0].name, "none");
    Cents sum = 0;
    for (const auto* groups : {&stats.years, &stats.causes, &stats.signals})
        for (const StatsGroup& group : *groups) sum += group.loss;
    EXPECT_EQ(sum, 3 * stats.all.loss) << "each counts once in each";
    EXPECT_EQ(stats_of({}).all.heists, 0U);
}

TEST(HeistStats, are_drawn_with_their_sources_and_nothing_that_is_no_text) {
    Facts facts = facts_of(kHead + kTheft).value();
    facts.victim = "<Small & \"Sons\">";
    facts.vintage = "its own word";
    facts.loss = 12'000'000;
    const std::vector summaries{summary_of(facts, 0, 1)};
    const std::string svg = stats_svg(stats_of(summaries), "as played");
    EXPECT_EQ(svg.find("<Small"), svg.npos);
    for (const char* part : {"&lt;Small &amp; &quot;Sons&quot;&gt;", "its own word", "as played",
                             "in its block", "1 theft, $12 m"})
        EXPECT_NE(svg.find(part), svg.npos) << part;
    EXPECT_NE(stats_svg(stats_of({}), "").find("</svg>"), std::string::npos);
}

TEST(HeistFolder, is_read_with_the_shipped_common_file_unless_it_has_its_own) {
    const auto folder = std::filesystem::temp_directory_path() /
                        format("cordon_heists_{}", static_cast<long>(::getpid()));
    std::filesystem::create_directories(folder);
    const auto write = [&](const char* name, const std::string& text) {
        std::ofstream{folder / name} << text;
    };
    EXPECT_EQ(heists_in(folder.string()).error().code, ErrorCode::kNotFound);
    write("README.md", "not facts");
    write("01-small.yaml", kHead + kTheft);
    const auto read = heists_in(folder.string());
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->heists.size(), 1U);
    EXPECT_FALSE(read->common.decimals.empty());
    EXPECT_TRUE(replay(read->common, read->heists[0], 1));
    write("02-small.yaml", kHead + kTheft);
    EXPECT_EQ(heists_in(folder.string()).error().code, ErrorCode::kDuplicate);
    write("02-small.yaml", "name: 3\n");
    EXPECT_NE(heists_in(folder.string()).error().message.find("02-small.yaml:"), std::string::npos);
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace cordon::heists

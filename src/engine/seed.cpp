// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "seed.hpp"

#include <algorithm>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/report/text.hpp>

namespace cordon::engine {
namespace {

using trace::Seed;

/// A seed as an error may show it: whatever was typed, on one harmless line.
std::string shown(std::string_view text) { return report::clean_text(text, 100); }

bool is_hash_like(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    return text.size() == 64 &&
           text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// The seed that `text` (without chain) is on `chain`, whether or not the ledger holds it.
Result<Seed> parse_on(ChainId chain, std::string_view text) {
    Seed seed{chain, {}, std::string{text}};
    if (is_hash_like(text)) {
        CORDON_TRY(const Hash256 hash, chain::parse_hash(chain, text));
        seed.what = Seed::FromTxn{hash};
        return seed;
    }
    if (const std::size_t colon = text.rfind(':');
        colon != std::string_view::npos && is_hash_like(text.substr(0, colon))) {
        if (!is_utxo(chain))
            return fail(ErrorCode::kMalformed,
                        format("seed \"{}\": {} has no outputs; give the txn or an address",
                               shown(text), to_string(chain)));
        CORDON_TRY(seed.what, chain::parse_outpoint(chain, text));
        return seed;
    }
    const std::size_t at = text.find('@');
    CORDON_TRY(const Address address, chain::parse_address(chain, text.substr(0, at)));
    Seed::FromAddress from{address, std::nullopt};
    if (at != std::string_view::npos) {
        CORDON_TRY(from.since, parse_time(text.substr(at + 1)));
    }
    seed.what = from;
    return seed;
}

Result<bool> is_held(const ledger::Reader& ledger, const Seed& seed) {
    if (const auto* txn = std::get_if<Seed::FromTxn>(&seed.what)) {
        CORDON_TRY(const auto found, ledger.find_txn(seed.chain, txn->hash));
        return found.has_value();
    }
    if (const auto* point = std::get_if<OutPoint>(&seed.what)) {
        CORDON_TRY(const auto found, ledger.find_txn(seed.chain, point->txid));
        return found.has_value();
    }
    const Address& address = std::get<Seed::FromAddress>(seed.what).address;
    const auto cursor = is_utxo(seed.chain)
                            ? ledger.utxo_txns_of(seed.chain, address, ledger::Side::kEither,
                                                  ledger::Order::kAscending, std::nullopt)
                            : ledger.account_txns_of(seed.chain, address, ledger::Side::kEither,
                                                     ledger::Order::kAscending, std::nullopt);
    CORDON_TRY(const auto first, cursor->next());
    return first.has_value();
}

/// Splits "CHAIN:REST"; eip155:N:REST has a colon of its own.
std::pair<std::string_view, std::string_view> split_chain(std::string_view text) {
    std::size_t colon = text.find(':');
    if (text.starts_with("eip155:")) colon = text.find(':', 7);
    if (colon == std::string_view::npos || !parse_chain(text.substr(0, colon))) return {{}, text};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

Result<Seed> parse_seed(std::string_view text, const ledger::Reader& ledger,
                        const std::vector<ledger::ChainSummary>& chains) {
    if (text.empty())
        return fail(ErrorCode::kMalformed,
                    "empty seed: expected [CHAIN:]ADDRESS[@TIME], TXID or TXID:VOUT");
    const auto [chain_text, rest] = split_chain(text);
    std::vector<Seed> held;
    std::optional<Error> refusal;
    bool understood = false;
    for (const ledger::ChainSummary& summary : chains) {
        if (!chain_text.empty() && summary.chain != *parse_chain(chain_text)) continue;
        auto seed = parse_on(summary.chain, rest);
        if (!seed) {
            if (!refusal) refusal = seed.error();
            continue;
        }
        understood = true;
        CORDON_TRY(const bool is_there, is_held(ledger, *seed));
        if (is_there) held.push_back(std::move(*seed));
    }
    if (held.size() == 1) {
        held.front().text = std::string{text};
        return std::move(held.front());
    }
    if (held.size() > 1)
        return fail(ErrorCode::kConflict,
                    format("seed \"{}\" is on {} chains of this ledger: write {}:{}", shown(text),
                           held.size(), to_string(held.front().chain), shown(text)));
    if (understood || !refusal) {
        std::string names;
        for (const ledger::ChainSummary& summary : chains) names += " " + to_string(summary.chain);
        return fail(ErrorCode::kNotFound,
                    format("seed \"{}\" is not in the ledger, which holds{}", shown(text),
                           names.empty() ? " nothing yet: run cordon ingest first" : names));
    }
    refusal->message = report::clean_text(refusal->message, 300);
    return fail(refusal->in(format("seed \"{}\"", shown(text))));
}

}  // namespace

Result<std::vector<trace::Seed>> parse_seeds(std::string_view text, const ledger::Reader& ledger) {
    const std::vector<ledger::ChainSummary> chains = ledger.chains();
    std::vector<Seed> seeds;
    for (;;) {
        const std::size_t comma = text.find(',');
        CORDON_TRY(Seed seed, parse_seed(text.substr(0, comma), ledger, chains));
        const bool repeated = std::any_of(
            seeds.begin(), seeds.end(), [&](const Seed& other) { return other.text == seed.text; });
        if (!repeated) seeds.push_back(std::move(seed));
        if (comma == std::string_view::npos) return seeds;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace cordon::engine

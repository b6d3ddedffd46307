// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "movements.hpp"

#include <algorithm>
#include <tuple>

#include <cordon/base/format.hpp>

#include "account_txn.hpp"

namespace cordon::trace {
namespace {

/// Counterparties that a profile counts; nobody who asks needs to know whether there are more.
constexpr std::size_t kMaxProfile = 256;

/// Part `i` of `amount` cut into `n` whole parts that differ by one at most.
Amount part_of(const Amount& amount, std::size_t i, std::size_t n) {
    const Amount upto = mul_div(amount, Amount{uint64_t{i + 1}}, Amount{uint64_t{n}});
    return upto - mul_div(amount, Amount{uint64_t{i}}, Amount{uint64_t{n}});
}

struct Sum {
    Amount in, out;
    std::string_view kind;
};
using Sums = std::map<std::pair<Asset, Address>, Sum>;  // What an address had with each other one.

/// Takes from `amount` what a link has explained already.
Amount beyond(std::map<Asset, Amount>& explained, const Asset& asset, Amount amount) {
    const auto at = explained.find(asset);
    if (at == explained.end()) return amount;
    const Amount taken = std::min(at->second, amount);
    at->second -= taken;
    return amount - taken;
}

void utxo_rows(const Address& address, const ledger::PlacedUtxoTxn& placed,
               std::vector<Movement>& rows) {
    std::map<Address, Amount> in, out;
    Amount total;
    for (const TxIn& input : placed.txn.inputs) {
        if (!input.spent) continue;
        in[input.spent->address] += input.spent->value;
        total += input.spent->value;
    }
    for (const TxOut& output : placed.txn.outputs)
        if (output.address.kind() != AddressKind::kOpReturn) out[output.address] += output.value;
    const auto row = [&](const Address& from, const Amount& given, const Address& to,
                         const Amount& got) {
        if (from == to || total.is_zero()) return;
        const Amount amount = mul_div(got, given, total);
        if (amount.is_zero()) return;
        rows.push_back({placed.at,
                        placed.time,
                        placed.txn.txid,
                        from,
                        to,
                        {},
                        amount,
                        {},
                        amount,
                        "native",
                        1});
    };
    if (const auto given = in.find(address); given != in.end())
        for (const auto& [to, got] : out) row(address, given->second, to, got);
    if (const auto got = out.find(address); got != out.end())
        for (const auto& [from, given] : in) row(from, given, address, got->second);
}

}  // namespace

bool MovementReader::worthless(ChainId chain, const Asset& asset) {
    const auto [at, fresh] = worthless_[chain].try_emplace(asset, false);
    if (fresh)
        at->second =
            std::any_of(sight_.links.begin(), sight_.links.end(), [&](const LinkSource* source) {
                return source->is_worthless(chain, asset, sight_.context);
            });
    return at->second;
}

bool MovementReader::outside(std::optional<UnixMillis> time) const noexcept {
    return time &&
           ((sight_.since && *time < *sight_.since) || (sight_.until && *time > *sight_.until));
}

void MovementReader::account_rows(ChainId chain, const Address& address,
                                  const ledger::PlacedAccountTxn& placed,
                                  std::vector<Movement>& rows) {
    const auto add = [&](const Address& from, const Address& to, const Asset& asset,
                         const Amount& amount, const Asset& to_asset, const Amount& to_amount,
                         std::string_view kind, double confidence) {
        if (amount.is_zero() || to_amount.is_zero()) return;
        rows.push_back({placed.at, placed.time, placed.txn.hash, from, to, asset, amount, to_asset,
                        to_amount, kind, confidence});
    };
    std::map<Asset, Amount> given, got;  // What links explain of this address.
    if (placed.txn.transfers.size() > 1)
        for (const LinkSource* source : sight_.links)
            for (const Link& link : source->links(chain, placed, sight_.context))
                for (std::size_t i = 0; i < link.from.size(); ++i)
                    for (std::size_t j = 0; j < link.to.size(); ++j) {
                        const LinkEnd& from = link.from[i];
                        const LinkEnd& to = link.to[j];
                        if (from.address != address && to.address != address) continue;
                        const Amount amount = part_of(from.amount, j, link.to.size());
                        const Amount to_amount = part_of(to.amount, i, link.from.size());
                        if (from.address == address) given[from.asset] += amount;
                        if (to.address == address) got[to.asset] += to_amount;
                        add(from.address, to.address, from.asset, amount, to.asset, to_amount,
                            link.kind, link.confidence);
                    }
    Sums sums;
    for (const Transfer& row : placed.txn.transfers) {
        const bool out = row.from == address;
        if (out == (row.to == address) || row.amount.is_zero() || is_absurd(row.amount)) continue;
        const Address& other = out ? row.to : row.from;
        if (other.is_zero() || row.kind == TransferKind::kFee || worthless(chain, row.asset))
            continue;
        Sum& sum = sums[{row.asset, other}];
        (out ? sum.out : sum.in) += row.amount;
        if (sum.kind.empty()) sum.kind = to_string(row.kind);
    }
    for (const auto& [key, sum] : sums) {
        const auto& [asset, other] = key;
        if (sum.out > sum.in) {
            const Amount amount = beyond(given, asset, sum.out - sum.in);
            add(address, other, asset, amount, asset, amount, sum.kind, 1);
        } else {
            const Amount amount = beyond(got, asset, sum.in - sum.out);
            add(other, address, asset, amount, asset, amount, sum.kind, 1);
        }
    }
}

Result<Movements> MovementReader::of(ChainId chain, const Address& address, ledger::Order order,
                                     uint64_t max_txns) {
    Movements found;
    const bool utxo = is_utxo(chain);
    const auto cursor = utxo ? sight_.ledger.utxo_txns_of(chain, address, ledger::Side::kEither,
                                                          order, std::nullopt)
                             : sight_.ledger.account_txns_of(chain, address, ledger::Side::kEither,
                                                             order, std::nullopt);
    for (uint64_t txns = 0;; ++txns) {
        CORDON_TRY(const auto next, cursor->next());
        if (!next) break;
        if (txns == max_txns) {
            found.cut = true;
            break;
        }
        if (utxo) {
            CORDON_TRY(const auto placed, sight_.ledger.utxo_txn(chain, *next));
            if (!outside(placed.time)) utxo_rows(address, placed, found.rows);
        } else {
            CORDON_TRY(const auto placed, sight_.ledger.account_txn(chain, *next));
            if (!outside(placed.time)) account_rows(chain, address, placed, found.rows);
        }
    }
    std::stable_sort(found.rows.begin(), found.rows.end(),
                     [](const Movement& a, const Movement& b) { return a.at < b.at; });
    return found;
}

Result<std::vector<Start>> starts_of(const Sight& sight, std::span<const Seed> seeds) {
    std::vector<Start> starts;
    MovementReader reader{sight};
    const auto missing = [](const Seed& seed) {
        return fail(ErrorCode::kNotFound, format("seed {}: not in the ledger", seed.text));
    };
    for (const Seed& seed : seeds) {
        if (const auto* from = std::get_if<Seed::FromAddress>(&seed.what)) {
            BlockNum block = 0;
            if (from->since) {
                Sight bounded = sight;
                bounded.since = std::max(from->since, sight.since);
                CORDON_TRY(const auto own,
                           MovementReader{bounded}.of(seed.chain, from->address,
                                                      ledger::Order::kAscending, ~uint64_t{0}));
                if (own.rows.empty()) return missing(seed);
                block = own.rows.front().at.block;
            }
            starts.push_back({seed.chain, from->address, block});
            continue;
        }
        const auto* point = std::get_if<OutPoint>(&seed.what);
        const Hash256& hash =
            point != nullptr ? point->txid : std::get<Seed::FromTxn>(seed.what).hash;
        CORDON_TRY(const auto at, sight.ledger.find_txn(seed.chain, hash));
        if (!at) return missing(seed);
        if (is_utxo(seed.chain)) {
            CORDON_TRY(const auto placed, sight.ledger.utxo_txn(seed.chain, *at));
            for (uint32_t i = 0; i < placed.txn.outputs.size(); ++i)
                if (point == nullptr || point->index == i)
                    starts.push_back({seed.chain, placed.txn.outputs[i].address, at->block});
            if (point != nullptr && point->index >= placed.txn.outputs.size()) return missing(seed);
        } else {
            CORDON_TRY(const auto placed, sight.ledger.account_txn(seed.chain, *at));
            std::map<Address, std::map<Asset, Sum>> sums;
            for (const Transfer& row : placed.txn.transfers) {
                if (is_absurd(row.amount) || row.kind == TransferKind::kFee) continue;
                sums[row.from][row.asset].out += row.amount;
                sums[row.to][row.asset].in += row.amount;
            }
            for (const auto& [who, assets] : sums)
                if (!who.is_zero() && std::any_of(assets.begin(), assets.end(), [](const auto& a) {
                        return a.second.in > a.second.out;
                    }))
                    starts.push_back({seed.chain, who, at->block});
        }
    }
    std::sort(starts.begin(), starts.end());
    const auto same = [](const Start& a, const Start& b) {
        return a.chain == b.chain && a.address == b.address;
    };
    starts.erase(std::unique(starts.begin(), starts.end(), same), starts.end());
    if (starts.empty())
        return fail(ErrorCode::kNotFound, "the seeds name nobody who holds value afterwards");
    return starts;
}

bool Profile::moves_on(const Address& payer, BlockNum from) const noexcept {
    return std::any_of(last.begin(), last.end(),
                       [&](const Send& send) { return send.to != payer && send.block >= from; });
}

Profile profile_of(const Address& address, const Movements& movements) {
    Profile profile;
    std::set<Address> senders, receivers, others;
    for (auto row = movements.rows.rbegin(); row != movements.rows.rend(); ++row) {
        const bool out = row->from == address;
        const Address& other = out ? row->to : row->from;
        if (out && (profile.last.empty() ||
                    (profile.last.size() == 1 && profile.last.front().to != other)))
            profile.last.push_back({row->at.block, other});
        if (others.size() < kMaxProfile && other != address) {
            (out ? receivers : senders).insert(other);
            others.insert(other);
        }
    }
    profile.others = static_cast<uint32_t>(others.size());
    profile.busy = movements.cut;
    profile.passes_on = !senders.empty() && !receivers.empty() && others.size() > 1;
    return profile;
}

std::optional<uint32_t> shown_digits(const Address& address) noexcept {
    if (address.kind() != AddressKind::kEvm) return std::nullopt;
    const ByteView bytes = address.payload();
    const uint32_t first = static_cast<uint32_t>(bytes[0]) << 4 | bytes[1] >> 4;
    const uint32_t last = static_cast<uint32_t>(bytes[18] & 0x0FU) << 8 | bytes[19];
    return first << 12 | last;
}

}  // namespace cordon::trace

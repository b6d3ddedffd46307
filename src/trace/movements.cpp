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
/// What an address had with another in an asset, by rows of one fate.
struct With {
    Asset asset;
    Address other;
    bool ends = false, begins = false;
    friend auto operator<=>(const With&, const With&) = default;
};

/// Takes from `amount` what a link has explained already.
Amount beyond(std::map<Asset, Amount>& explained, const Asset& asset, Amount amount) {
    const auto at = explained.find(asset);
    if (at == explained.end()) return amount;
    const Amount taken = std::min(at->second, amount);
    at->second -= taken;
    return amount - taken;
}

/// What is said of those that might have crossed.
using Whys = std::map<With, std::vector<std::string>>;

void add(Whys& whys, const With& with, const std::vector<std::string>& why) {
    if (why.empty()) return;
    std::vector<std::string>& all = whys[with];
    all.insert(all.end(), why.begin(), why.end());
}

/// What of a crossing is told when one of its ends is read. One back to whoever paid is told where
/// it left: its arrival is a txn of the same address.
void tell_crossed(CrossedRows::Fate& fate, ChainId chain, const Address& address,
                  std::vector<Movement>& rows) {
    for (Movement& row : fate.left)
        if (row.leaves(chain, address)) rows.push_back(std::move(row));
    for (Movement& row : fate.arrived)
        if (row.arrives(chain, address) && !row.is_own()) rows.push_back(std::move(row));
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

Status MovementReader::account_rows(ChainId chain, const Address& address,
                                    const ledger::PlacedAccountTxn& placed, bool may_cross,
                                    std::vector<Movement>& rows) {
    const auto add = [&](const Address& from, const Address& to, const Asset& asset,
                         const Amount& amount, const Asset& to_asset, const Amount& to_amount,
                         std::string_view kind, double confidence) -> Movement* {
        if (amount.is_zero() || to_amount.is_zero()) return nullptr;
        rows.push_back({chain, placed.at, placed.time, placed.txn.hash, from, to, asset, amount,
                        to_asset, to_amount, kind, confidence});
        return &rows.back();
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
    CrossedRows::OfTxn crossings;
    if (may_cross) {
        CORDON_TRY(crossings, crossings_.of(chain, placed));
    }
    std::map<With, Sum> sums;
    Whys whys;
    for (const Transfer& row : placed.txn.transfers) {
        const bool out = row.from == address;
        if (out == (row.to == address) || row.amount.is_zero() || is_absurd(row.amount)) continue;
        With with{row.asset, out ? row.to : row.from};
        if (row.kind == TransferKind::kFee || worthless(chain, row.asset)) continue;
        if (!crossings.empty()) {
            CORDON_TRY(auto fate,
                       crossings_.fate_of(crossings, {chain, placed.at, row.index}, row.asset));
            tell_crossed(fate, chain, address, rows);
            if (fate.crossed) continue;
            with.ends = fate.ends;
            with.begins = fate.begins;
            if (!with.other.is_zero()) trace::add(whys, with, fate.why);
        }
        if (with.other.is_zero()) continue;
        Sum& sum = sums[with];
        (out ? sum.out : sum.in) += row.amount;
        if (sum.kind.empty()) sum.kind = to_string(row.kind);
    }
    for (const auto& [with, sum] : sums) {
        const bool out = sum.out > sum.in;
        const Amount amount = out ? beyond(given, with.asset, sum.out - sum.in)
                                  : beyond(got, with.asset, sum.in - sum.out);
        Movement* const row = add(out ? address : with.other, out ? with.other : address,
                                  with.asset, amount, with.asset, amount, sum.kind, 1);
        if (row == nullptr) continue;
        row->ends = with.ends;
        row->begins = with.begins;
        if (whys.contains(with)) row->why = crossings_.keep(whys.at(with));
    }
    return {};
}

Status MovementReader::utxo_rows(ChainId chain, const Address& address,
                                 const ledger::PlacedUtxoTxn& placed, bool may_cross,
                                 std::vector<Movement>& rows) {
    CrossedRows::OfTxn crossings;
    if (may_cross) {
        CORDON_TRY(crossings, crossings_.of(chain, placed));
    }
    std::map<Address, Amount> given;
    Amount total;
    for (const TxIn& input : placed.txn.inputs) {
        if (!input.spent) continue;
        given[input.spent->address] += input.spent->value;
        total += input.spent->value;
    }
    const bool pays = given.contains(address);
    std::map<With, Amount> got;
    Whys whys;
    for (uint32_t i = 0; i < placed.txn.outputs.size(); ++i) {
        const TxOut& output = placed.txn.outputs[i];
        if (output.address.kind() == AddressKind::kOpReturn) continue;
        With with{{}, output.address};
        if (!crossings.empty() && (pays || output.address == address)) {
            CORDON_TRY(auto fate, crossings_.fate_of(crossings, {chain, placed.at, i}, Asset{}));
            tell_crossed(fate, chain, address, rows);
            if (fate.crossed) continue;
            with.ends = fate.ends;
            with.begins = fate.begins;
            trace::add(whys, with, fate.why);
        }
        got[with] += output.value;
    }
    const auto row = [&](const Address& from, const Amount& value, const With& with,
                         const Amount& received) {
        if (from == with.other || total.is_zero()) return;
        const Amount amount = mul_div(received, value, total);
        if (amount.is_zero()) return;
        Movement& made = rows.emplace_back(Movement{chain,
                                                    placed.at,
                                                    placed.time,
                                                    placed.txn.txid,
                                                    from,
                                                    with.other,
                                                    {},
                                                    amount,
                                                    {},
                                                    amount,
                                                    "native",
                                                    1});
        made.ends = with.ends;
        made.begins = with.begins;
        if (whys.contains(with)) made.why = crossings_.keep(whys.at(with));
    };
    for (const auto& [with, received] : got) {
        if (pays) row(address, given.at(address), with, received);
        if (with.other != address) continue;
        for (const auto& [from, value] : given) row(from, value, with, received);
    }
    return {};
}

Result<Movements> MovementReader::of(ChainId chain, const Address& address, ledger::Order order,
                                     uint64_t max_txns) & {
    Movements found;
    const bool utxo = is_utxo(chain), may_cross = crossings_.may_cross(chain);
    const auto cursor = utxo ? sight_.ledger.utxo_txns_of(chain, address, ledger::Side::kEither,
                                                          order, std::nullopt)
                             : sight_.ledger.account_txns_of(chain, address, ledger::Side::kEither,
                                                             order, std::nullopt);
    std::vector<TxnPosition> places;
    for (;;) {
        CORDON_TRY(const auto next, cursor->next());
        if (!next) break;
        if (places.size() == max_txns) {
            found.cut = true;
            break;
        }
        places.push_back(*next);
    }
    if (order == ledger::Order::kDescending) std::reverse(places.begin(), places.end());
    found.rows.reserve(places.size());  // Mostly one each.
    for (const TxnPosition at : places) {
        if (utxo) {
            CORDON_TRY(const auto placed, sight_.ledger.utxo_txn(chain, at));
            if (!is_outside(sight_, placed.time))
                CORDON_TRY(utxo_rows(chain, address, placed, may_cross, found.rows));
        } else {
            CORDON_TRY(const auto placed, sight_.ledger.account_txn(chain, at));
            if (!is_outside(sight_, placed.time))
                CORDON_TRY(account_rows(chain, address, placed, may_cross, found.rows));
        }
    }
    const auto sooner = [&](const Movement& a, const Movement& b) {
        return a.when(chain, address) < b.when(chain, address);
    };
    if (!std::is_sorted(found.rows.begin(), found.rows.end(), sooner))
        std::stable_sort(found.rows.begin(), found.rows.end(), sooner);
    return found;
}

Result<std::vector<Start>> starts_of(const Sight& sight, std::span<const Seed> seeds) {
    std::vector<Start> starts;
    const auto missing = [](const Seed& seed) {
        return fail(ErrorCode::kNotFound, format("seed {}: not in the ledger", seed.text));
    };
    for (const Seed& seed : seeds) {
        if (const auto* from = std::get_if<Seed::FromAddress>(&seed.what)) {
            Moment since;
            if (from->since) {
                Sight bounded = sight;
                bounded.since = std::max(from->since, sight.since);
                MovementReader reader{bounded};
                CORDON_TRY(const auto own, reader.of(seed.chain, from->address,
                                                     ledger::Order::kAscending, ~uint64_t{0}));
                if (own.rows.empty()) return missing(seed);
                since = own.rows.front().when(seed.chain, from->address);
            }
            starts.push_back({seed.chain, from->address, since});
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
                    starts.push_back(
                        {seed.chain, placed.txn.outputs[i].address, Moment::of(*at, placed.time)});
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
                    starts.push_back({seed.chain, who, Moment::of(*at, placed.time)});
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

bool Profile::moves_on(const Address& payer, Moment from) const noexcept {
    return std::any_of(last.begin(), last.end(), [&](const Send& send) {
        return send.to != payer && send.when.not_before(from);
    });
}

Profile profile_of(ChainId chain, const Address& address, const Movements& movements) {
    Profile profile;
    std::set<std::pair<ChainId, Address>> senders, receivers, others;
    for (auto row = movements.rows.rbegin(); row != movements.rows.rend(); ++row) {
        const bool out = row->leaves(chain, address);
        const Address& other = out ? row->to : row->from;
        if (out && (profile.last.empty() ||
                    (profile.last.size() == 1 && profile.last.front().to != other)))
            profile.last.push_back({row->leaving(), other});
        if (others.size() < kMaxProfile && !row->is_own()) {
            const std::pair there{out ? row->to_chain() : row->chain, other};
            (out ? receivers : senders).insert(there);
            others.insert(there);
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

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "account_txn.hpp"

#include <algorithm>
#include <limits>
#include <queue>
#include <set>
#include <tuple>

namespace cordon::trace {
namespace {

/// How far a ring of payers is followed back; beyond it any start is as good, and cost stays
/// linear.
constexpr int kMaxRing = 64;

/// A key without what it does in the txn.
auto name_of(const TxnKey& key) { return std::tie(key.address, *key.asset); }

Status make_key(const ChainRows& chain, uint32_t address, uint32_t asset, TxnKey& key) {
    key.address_number = address;
    key.asset_number = asset;
    key.first_out = key.out_count = 0;
    key.in_total = key.out_total = {};
    CORDON_TRY(key.asset, chain.asset(asset));
    return {};
}
Status name(const ChainRows& chain, TxnKey& key) {
    CORDON_TRY(const Address* named, chain.address(key.address_number));
    key.address = *named;
    return {};
}

/// Of the one row that moves money, as in most txns.
Status view_of(const ChainRows& chain, const ChainRows::Row& row, bool back, TxnView& view) {
    view.keys.resize(2);
    const uint32_t from = back ? row.to : row.from, to = back ? row.from : row.to;
    CORDON_TRY(make_key(chain, from, row.asset, view.keys[0]));
    CORDON_TRY(make_key(chain, to, row.asset, view.keys[1]));
    view.keys[0].address = {};
    CORDON_TRY(name(chain, view.keys[1]));
    view.keys[0].out_count = 1;
    view.keys[0].out_total = view.keys[1].in_total = row.amount;
    view.rows.push_back({0, 1, row.amount, row.kind, row.index});
    view.out_rows.push_back(0);
    return {};
}

}  // namespace

Status view_of(const ChainRows& chain, std::span<const ChainRows::Row> rows, Direction direction,
               TxnView& view) {
    using Row = ChainRows::Row;
    const bool back = direction == Direction::kBackward;
    view.rows.clear();
    view.fees.clear();
    view.out_rows.clear();
    view.absurd = false;
    std::vector<const Row*> kept;
    const Row* only = nullptr;  // Most txns move money once.
    for (const Row& row : rows) {
        if (row.amount.is_zero() || chain.is_worthless(row.asset)) continue;
        if (is_absurd(row.amount)) {
            view.absurd = true;
            continue;
        }
        if (row.kind == TransferKind::kFee)
            view.fees.push_back({row.from, row.asset, row.amount});
        else if (row.from != row.to && only == nullptr && kept.empty())
            only = &row;
        else if (row.from != row.to) {
            if (only != nullptr) kept.push_back(only);
            only = nullptr;
            kept.push_back(&row);
        }
    }
    CORDON_TRY(chain.status());
    if (only != nullptr) return view_of(chain, *only, back, view);
    if (back) std::reverse(kept.begin(), kept.end());

    std::vector<std::pair<uint32_t, uint32_t>> sides;  // Numbers of address and asset.
    sides.reserve(kept.size() * 2);
    for (const Row* row : kept) {
        sides.emplace_back(row->from, row->asset);
        sides.emplace_back(row->to, row->asset);
    }
    std::sort(sides.begin(), sides.end());
    sides.erase(std::unique(sides.begin(), sides.end()), sides.end());
    view.keys.resize(sides.size());
    for (std::size_t i = 0; i < sides.size(); ++i) {
        CORDON_TRY(make_key(chain, sides[i].first, sides[i].second, view.keys[i]));
        CORDON_TRY(name(chain, view.keys[i]));
    }
    std::sort(view.keys.begin(), view.keys.end(),
              [](const TxnKey& a, const TxnKey& b) { return name_of(a) < name_of(b); });
    std::vector<uint32_t> places(sides.size());  // In the keys, by side.
    const auto side = [&](uint32_t address, uint32_t asset) {
        return static_cast<std::size_t>(
            std::lower_bound(sides.begin(), sides.end(), std::pair{address, asset}) -
            sides.begin());
    };
    for (uint32_t place = 0; place < view.keys.size(); ++place)
        places[side(view.keys[place].address_number, view.keys[place].asset_number)] = place;

    view.rows.reserve(kept.size());
    for (const Row* row : kept) {
        const uint32_t from = places[side(back ? row->to : row->from, row->asset)];
        const uint32_t to = places[side(back ? row->from : row->to, row->asset)];
        ++view.keys[from].out_count;
        view.keys[from].out_total += row->amount;
        view.keys[to].in_total += row->amount;
        view.rows.push_back({from, to, row->amount, row->kind, row->index});
    }
    uint32_t place_of_outs = 0;
    for (TxnKey& key : view.keys) {
        key.first_out = place_of_outs;
        place_of_outs += key.out_count;
        key.out_count = 0;
    }
    view.out_rows.resize(view.rows.size());
    for (uint32_t row = 0; row < view.rows.size(); ++row) {
        TxnKey& key = view.keys[view.rows[row].from];
        view.out_rows[key.first_out + key.out_count++] = row;
    }
    return {};
}

std::vector<uint32_t> payout_order(const TxnView& view) {
    const std::size_t count = view.keys.size();
    std::vector<uint32_t> order;
    if (view.rows.size() == 1) return {view.rows[0].from};

    std::vector<uint32_t> waiting(count, 0);  // Rows still to come in.
    std::vector<std::vector<uint32_t>> payers(count);
    for (const TxnRow& row : view.rows) {
        ++waiting[row.to];
        payers[row.to].push_back(row.from);
    }
    // By first row, so that ties go as the txn lists them.
    using Entry = std::pair<uint32_t, uint32_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
    std::set<Entry> pending;
    for (uint32_t key = 0; key < count; ++key) {
        if (view.outs(key).empty()) continue;
        pending.emplace(view.outs(key).front(), key);
        if (waiting[key] == 0) ready.emplace(view.outs(key).front(), key);
    }
    std::vector<bool> done(count, false);
    const auto ring_member = [&] {
        uint32_t key = pending.begin()->second;
        std::vector<uint32_t> seen;
        for (int step = 0; step < kMaxRing; ++step) {
            const auto again = std::find(seen.begin(), seen.end(), key);
            if (again != seen.end())
                return *std::min_element(again, seen.end(), [&](uint32_t a, uint32_t b) {
                    return view.outs(a).front() < view.outs(b).front();
                });
            seen.push_back(key);
            const auto& from = payers[key];
            const auto next = std::find_if(from.begin(), from.end(),
                                           [&](uint32_t payer) { return !done[payer]; });
            if (next == from.end()) return key;
            key = *next;
        }
        return key;
    };
    while (!pending.empty()) {
        uint32_t key = 0;
        if (!ready.empty()) {
            key = ready.top().second;
            ready.pop();
            if (done[key]) continue;
        } else {
            key = ring_member();
        }
        done[key] = true;
        pending.erase({view.outs(key).front(), key});
        order.push_back(key);
        for (const uint32_t row : view.outs(key)) {
            const uint32_t to = view.rows[row].to;
            if (--waiting[to] == 0 && !done[to] && !view.outs(to).empty())
                ready.emplace(view.outs(to).front(), to);
        }
    }
    return order;
}

}  // namespace cordon::trace

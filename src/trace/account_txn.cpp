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

struct Side {
    const Address* address;
    const Asset* asset;
};

bool before(const Side& a, const Side& b) {
    return std::tie(*a.address, *a.asset) < std::tie(*b.address, *b.asset);
}
bool same(const Side& a, const Side& b) { return *a.address == *b.address && *a.asset == *b.asset; }

}  // namespace

bool is_absurd(const Amount& amount) noexcept { return amount.limbs()[3] != 0; }

TxnView view_of(const AccountTxn& txn, Direction direction,
                const std::function<bool(const Asset&)>& is_worthless) {
    TxnView view;
    view_of(txn, direction, is_worthless, view);
    return view;
}

void view_of(const AccountTxn& txn, Direction direction,
             const std::function<bool(const Asset&)>& is_worthless, TxnView& view) {
    const bool back = direction == Direction::kBackward;
    view.keys.clear();
    view.rows.clear();
    view.fees.clear();
    view.out_rows.clear();
    view.absurd = false;
    std::vector<const Transfer*> kept;
    const Transfer* only = nullptr;  // Most txns move money once.
    for (const Transfer& row : txn.transfers) {
        if (row.amount.is_zero() || is_worthless(row.asset)) continue;
        if (is_absurd(row.amount)) {
            view.absurd = true;
            continue;
        }
        if (row.kind == TransferKind::kFee)
            view.fees.push_back({row.from, row.to, row.asset, row.amount, row.index});
        else if (row.from != row.to && only == nullptr && kept.empty())
            only = &row;
        else if (row.from != row.to) {
            if (only != nullptr) kept.push_back(only);
            only = nullptr;
            kept.push_back(&row);
        }
    }
    if (only != nullptr) {
        const Address& payer = back ? only->to : only->from;
        const Address& payee = back ? only->from : only->to;
        const uint32_t from = payer < payee ? 0 : 1;
        view.keys.resize(2);
        view.keys[from] = {payer, only->asset, 0, 1, {}, only->amount};
        view.keys[1 - from] = {payee, only->asset, 0, 0, only->amount, {}};
        view.rows.push_back({from, 1 - from, only->amount, only->kind, only->index});
        view.out_rows.push_back(0);
        return;
    }
    if (back) std::reverse(kept.begin(), kept.end());

    std::vector<Side> sides;
    sides.reserve(kept.size() * 2);
    for (const Transfer* row : kept) {
        sides.push_back({&row->from, &row->asset});
        sides.push_back({&row->to, &row->asset});
    }
    std::sort(sides.begin(), sides.end(), before);
    sides.erase(std::unique(sides.begin(), sides.end(), same), sides.end());
    view.keys.reserve(sides.size());
    for (const Side& side : sides) view.keys.push_back({*side.address, *side.asset, 0, 0, {}, {}});
    const auto place = [&](const Address& address, const Asset& asset) {
        const auto at =
            std::lower_bound(sides.begin(), sides.end(), Side{&address, &asset}, before);
        return static_cast<uint32_t>(at - sides.begin());
    };

    view.rows.reserve(kept.size());
    for (const Transfer* row : kept) {
        const uint32_t from = place(back ? row->to : row->from, row->asset);
        const uint32_t to = place(back ? row->from : row->to, row->asset);
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

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "flows.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

Status read_account(const ledger::Reader& reader, ChainId chain, const Address& address,
                    std::optional<BlockNum> after, std::vector<Flow>& out) {
    const auto cursor = reader.transfers_of(
        chain, address, {ledger::Side::kEither, ledger::Order::kDescending, {}, {}, {}, {}});
    std::vector<ledger::PlacedTransfer> page(512);  // A page of the ledger or two.
    while (out.size() < kMostFlows) {
        CORDON_TRY(const std::size_t count, cursor->next(page));
        if (count == 0) break;
        for (std::size_t i = 0; i < count; ++i) {
            if (after && page[i].at.block <= *after) return {};
            const Transfer& transfer = page[i].transfer;
            // Anybody can make a token say that we sent nothing to somebody.
            if (transfer.amount.is_zero() || transfer.from == transfer.to) continue;
            const bool is_out = transfer.from == address;
            // A fee leaves, and pays nobody.
            const bool pays = is_out && transfer.kind != TransferKind::kFee;
            out.push_back({page[i].time.value_or(UnixMillis{}), pays ? transfer.to : Address{},
                           transfer.asset, transfer.amount, is_out, page[i].at});
        }
    }
    return {};
}

Status read_utxo(const ledger::Reader& reader, ChainId chain, const Address& address,
                 std::optional<BlockNum> after, std::vector<Flow>& out) {
    const auto cursor = reader.utxo_txns_of(chain, address, ledger::Side::kEither,
                                            ledger::Order::kDescending, std::nullopt);
    while (out.size() < kMostFlows) {
        CORDON_TRY(const auto at, cursor->next());
        if (!at || (after && at->block <= *after)) break;
        CORDON_TRY(const auto placed, reader.utxo_txn(chain, *at));
        const UnixMillis time = placed.time.value_or(UnixMillis{});
        uint64_t spent = 0, back = 0, paid = 0;
        for (const TxIn& input : placed.txn.inputs)
            if (input.spent && input.spent->address == address) spent += input.spent->value;
        for (const TxOut& output : placed.txn.outputs) {
            if (output.address == address)
                back += output.value;
            else if (spent > 0 && output.value > 0) {
                paid += output.value;
                out.push_back({time, output.address, Asset{}, Amount{output.value}, true, *at});
            }
        }
        // What others put in, too, was not ours; the rest is the fee or change that came back.
        const uint64_t left = spent > back ? spent - back : 0;
        if (left > paid)
            out.push_back({time, Address{}, Asset{}, Amount{left - paid}, true, *at});
        else if (spent > 0 && paid > left)
            out.push_back({time, Address{}, Asset{}, Amount{paid - left}, false, *at});
        if (spent == 0 && back > 0)
            out.push_back({time, Address{}, Asset{}, Amount{back}, false, *at});
        if (spent > 0 && back > spent)
            out.push_back({time, Address{}, Asset{}, Amount{back - spent}, false, *at});
    }
    return {};
}

}  // namespace

Result<std::vector<Flow>> read_flows(const ledger::Reader& reader, ChainId chain,
                                     const Address& address, std::optional<BlockNum> after) {
    const auto chains = reader.chains();
    if (std::none_of(chains.begin(), chains.end(),
                     [&](const ledger::ChainSummary& each) { return each.chain == chain; }))
        return fail(ErrorCode::kNotFound,
                    format("the ledger does not hold the chain {}", to_string(chain)));
    std::vector<Flow> flows;
    CORDON_TRY(is_utxo(chain) ? read_utxo(reader, chain, address, after, flows)
                              : read_account(reader, chain, address, after, flows));
    std::reverse(flows.begin(), flows.end());
    std::stable_sort(flows.begin(), flows.end(), [](const Flow& a, const Flow& b) {
        // What comes in a txn is there before what leaves in it.
        return a.time != b.time ? a.time < b.time : a.at != b.at ? a.at < b.at : a.out < b.out;
    });
    return flows;
}

void Past::go_to(UnixMillis moment) {
    if (moment < moment_) {
        next_ = 0;
        paid_.clear();
        largest_.clear();
        balances_.clear();
    }
    moment_ = moment;
    for (; next_ < flows_.size() && flows_[next_].time < moment; ++next_) {
        const Flow& flow = flows_[next_];
        std::optional<Amount>& balance = balances_.try_emplace(flow.asset, Amount{}).first->second;
        if (!flow.out) {
            if (balance) balance = checked_add(*balance, flow.amount);
            continue;
        }
        if (balance)
            balance = flow.amount > *balance ? std::nullopt : std::optional{*balance - flow.amount};
        if (flow.other.empty()) continue;
        Paid& paid = paid_[flow.other];
        if (paid.count++ == 0) paid.first = flow.time;
        paid.last = flow.time;
        Amount& most = largest_[flow.asset];
        most = std::max(most, flow.amount);
    }
}

const Past::Paid* Past::paid(const Address& to) const {
    const auto found = paid_.find(to);
    return found == paid_.end() ? nullptr : &found->second;
}

std::optional<Amount> Past::largest(const Asset& asset) const {
    const auto found = largest_.find(asset);
    return found == largest_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<Amount> Past::balance(const Asset& asset) const {
    const auto found = balances_.find(asset);
    return found == balances_.end() ? Amount{} : found->second;
}

std::vector<Address> Past::payees(std::size_t most) const {
    std::vector<std::pair<uint64_t, Address>> order;
    order.reserve(paid_.size());
    for (const auto& [to, paid] : paid_) order.emplace_back(paid.count, to);
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(most, order.size()));
    std::partial_sort(order.begin(), end, order.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::vector<Address> out;
    for (auto at = order.begin(); at != end; ++at) out.push_back(at->second);
    return out;
}

}  // namespace cordon::engine

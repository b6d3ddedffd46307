// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "dusting.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <cordon/base/format.hpp>

#include "address_rows.hpp"
#include "movements.hpp"

namespace cordon::patterns {
namespace {

using ledger::PlacedTransfer;

bool is_small(ChainId chain, const PlacedTransfer& row, const trace::Context& context,
              const DustingParams& params) {
    const Transfer& transfer = row.transfer;
    if (const auto usd = context.usd(chain, transfer.asset, transfer.amount, row.time))
        return *usd < params.max_usd;
    const auto info = context.asset(chain, transfer.asset);
    return info && transfer.amount.to_double() / std::pow(10.0, info->decimals) < params.max_units;
}

/// Those of the other side who had to do with the address by dust only, by the first row of each.
std::vector<const PlacedTransfer*> only_dust(const std::vector<const PlacedTransfer*>& dust,
                                             const std::set<Address>& others, bool sent) {
    std::vector<const PlacedTransfer*> first;
    std::set<Address> seen;
    for (const PlacedTransfer* row : dust) {
        const Address& other = sent ? row->transfer.to : row->transfer.from;
        if (!others.contains(other) && seen.insert(other).second) first.push_back(row);
    }
    return first;
}

trace::Finding finding_of(ChainId chain, const Address& address,
                          const std::vector<const PlacedTransfer*>& rows, bool sent) {
    trace::Finding finding;
    finding.pattern = "dusting";
    finding.chain = chain;
    finding.addresses.push_back(address);
    for (const PlacedTransfer* row : rows) {
        add_to(finding.amounts, row->transfer.asset, row->transfer.amount);
        if (finding.addresses.size() < kMaxNamed)
            finding.addresses.push_back(sent ? row->transfer.to : row->transfer.from);
    }
    finding.why = {format("{}:{}", sent ? "receivers" : "senders", rows.size())};
    finding.text = format("dust {} {} addresses", sent ? "to" : "from", rows.size());
    return finding;
}

}  // namespace

std::vector<trace::Finding> dusting(ChainId chain, const Address& address,
                                    std::span<const PlacedTransfer> rows,
                                    const trace::Context& context, const DustingParams& params) {
    std::map<Asset, Amount> largest;
    std::vector<const PlacedTransfer*> real;
    for (const PlacedTransfer& row : rows) {
        if (!moves_money(chain, row.transfer, context)) continue;
        real.push_back(&row);
        if (row.transfer.to == address)
            largest[row.transfer.asset] =
                std::max(largest[row.transfer.asset], row.transfer.amount);
    }
    std::vector<const PlacedTransfer*> sent, received;
    std::set<Address> paid, paying;  // By more than dust.
    for (const PlacedTransfer* row : real) {
        const Transfer& transfer = row->transfer;
        const bool sends = transfer.to != address;
        const bool small =
            (sends || ratio(transfer.amount, largest[transfer.asset]) <= params.max_share) &&
            is_small(chain, *row, context, params);
        if (small)
            (sends ? sent : received).push_back(row);
        else
            sends ? paid.insert(transfer.to) : paying.insert(transfer.from);
    }
    std::vector<trace::Finding> found;
    const auto out = only_dust(sent, paid, true);
    if (out.size() >= params.min_parties) {
        std::map<Amount, std::size_t> by_amount;
        std::size_t equal = 0;
        for (const PlacedTransfer* row : out)
            equal = std::max(equal, ++by_amount[row->transfer.amount]);
        trace::Finding finding = finding_of(chain, address, out, true);
        finding.why.push_back(format("equal-amounts:{}", equal));
        // Small change is paid too; the same crumb to many is not.
        finding.confidence =
            0.5 + 0.4 * static_cast<double>(equal) / static_cast<double>(out.size());
        found.push_back(std::move(finding));
    }
    const auto in = only_dust(received, paying, false);
    if (in.size() >= params.min_parties) {
        trace::Finding finding = finding_of(chain, address, in, false);
        finding.why.emplace_back("senders-are-not-tainted");
        finding.confidence = 0.8;
        found.push_back(std::move(finding));
    }
    return found;
}

}  // namespace cordon::patterns

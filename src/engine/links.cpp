// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "links.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "ingest.hpp"

namespace cordon::engine {
namespace {

/// The address as any chain of the ledger writes it.
Result<std::optional<Address>> wanted_address(const std::string& text,
                                              const ledger::Reader& ledger) {
    if (text.empty()) return std::nullopt;
    for (const auto& chain : ledger.chains())
        if (const auto address = chain::parse_address(chain.chain, text)) return *address;
    return fail(ErrorCode::kInvalidParam,
                format("{}: no address of a chain in this ledger", text.substr(0, 90)));
}

}  // namespace

Result<Links> find_links(const LinksRequest& request) {
    Links links;
    CORDON_TRY(links.ledger, ledger::open_reader(request.ledger));
    CORDON_TRY(links.records, records::Store::open_read_only(records_path(request.ledger)));
    links.context = std::make_unique<RecordsContext>(*links.records);
    CORDON_TRY(const auto address, wanted_address(request.address, *links.ledger));

    const patterns::Mixer mixer;
    const auto take = [&](std::vector<trace::Crossing> found) {
        for (trace::Crossing& each : found)
            if (!address || each.from.address == *address || each.to.address == *address ||
                each.via == *address)
                links.crossings.push_back(std::move(each));
    };
    for (const ledger::ChainSummary& chain : links.ledger->chains()) {
        if (is_utxo(chain.chain)) continue;
        if (request.kind.empty() || request.kind == "mixer") {
            CORDON_TRY(auto all, mixer.all(chain.chain, *links.ledger, *links.context,
                                           request.min_confidence));
            take(std::move(all.crossings));
            std::move(all.pools.begin(), all.pools.end(), std::back_inserter(links.pools));
        }
    }
    if (request.kind.empty() || request.kind == "bridge") {
        const patterns::Bridge bridge;
        CORDON_TRY(auto all, bridge.all(*links.ledger, *links.context, request.min_confidence));
        take(std::move(all.crossings));
        links.lanes = std::move(all.lanes);
        links.bridge_deposits = all.deposits;
        links.bridge_payouts = all.payouts;
    }
    if (links.context->error()) return fail(*links.context->error());
    return links;
}

}  // namespace cordon::engine

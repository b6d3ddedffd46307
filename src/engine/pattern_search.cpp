// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "pattern_search.hpp"

#include <cordon/base/format.hpp>
#include <cordon/patterns/find.hpp>
#include <cordon/records/store.hpp>

#include "context.hpp"
#include "ingest.hpp"
#include "seed.hpp"

namespace cordon::engine {

Result<std::vector<trace::Finding>> find_patterns(const std::string& ledger,
                                                  std::string_view addresses) {
    CORDON_TRY(const auto reader, ledger::open_reader(ledger));
    CORDON_TRY(const auto records, records::Store::open_read_only(records_path(ledger)));
    const RecordsContext context{*records};
    CORDON_TRY(const auto wanted, parse_seeds(addresses, *reader));
    std::vector<trace::Finding> all;
    for (const trace::Seed& each : wanted) {
        const auto* address = std::get_if<trace::Seed::FromAddress>(&each.what);
        if (address == nullptr)
            return fail(ErrorCode::kInvalidParam,
                        format("{}: patterns are looked for at addresses, not at txns", each.text));
        CORDON_TRY(auto found,
                   patterns::patterns_of(each.chain, address->address, *reader, context));
        std::move(found.begin(), found.end(), std::back_inserter(all));
    }
    if (context.error()) return fail(*context.error());
    return all;
}

}  // namespace cordon::engine

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "trace_world.hpp"

#include <algorithm>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/report/json.hpp>
#include <cordon/report/trace_answers.hpp>

#include "ingest.hpp"
#include "seed.hpp"

namespace cordon::engine {
namespace {

constexpr std::size_t kIdDigits = 16;

ByteView bytes_of(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// A seed by what it names, however it was written.
std::string canonical_seed(const trace::Seed& seed) {
    std::string text = to_string(seed.chain) + ":";
    if (const auto* txn = std::get_if<trace::Seed::FromTxn>(&seed.what))
        return text + chain::format_hash(seed.chain, txn->hash);
    if (const auto* point = std::get_if<OutPoint>(&seed.what))
        return text + chain::format_outpoint(seed.chain, *point);
    const auto& from = std::get<trace::Seed::FromAddress>(seed.what);
    text += chain::format_address(seed.chain, from.address);
    return from.since ? text + "@" + format_rfc3339(*from.since) : text;
}

/// Everything that decides what the answer is, but for the ledger: the parameters as they stand in
/// every answer.
Result<std::string> question_text(const trace::Params& params, std::vector<trace::Seed> seeds) {
    for (trace::Seed& seed : seeds) seed.text = canonical_seed(seed);
    std::sort(seeds.begin(), seeds.end(),
              [](const auto& a, const auto& b) { return a.text < b.text; });
    seeds.erase(std::unique(seeds.begin(), seeds.end(),
                            [](const auto& a, const auto& b) { return a.text == b.text; }),
                seeds.end());
    trace::TraceResult empty;
    empty.params = params;
    empty.seeds = std::move(seeds);
    std::string text;
    CORDON_TRY(report::write_trace_result(empty, report::string_sink(text), {.one_line = true}));
    return text;
}

Result<std::string> records_digest(const records::Store& store) {
    std::string text;
    CORDON_TRY(const auto inputs, store.inputs());
    for (const records::Input& input : inputs) text += input.sha256 + "\n";
    CORDON_TRY(const auto lists, store.label_lists());
    for (const records::LabelList& list : lists) text += list.name + " " + list.sha256 + "\n";
    return to_hex(crypto::sha256(bytes_of(text)));
}

}  // namespace

Result<std::shared_ptr<const TraceWorld>> open_trace_world(const std::string& directory,
                                                           const TraceWorld* before) {
    auto world = std::make_shared<TraceWorld>();
    CORDON_TRY(world->ledger, ledger::open_reader(directory));
    CORDON_TRY(const auto store, records::Store::open_read_only(records_path(directory)));
    CORDON_TRY(world->said, records_digest(*store));
    std::string text = world->said;
    for (const ledger::ChainSummary& each : world->ledger->chains())
        text += format("\n{} {} {}", to_string(each.chain), each.tip.number, to_hex(each.tip.hash));
    world->digest = to_hex(crypto::sha256(bytes_of(text)));
    if (before && before->digest == world->digest) return std::shared_ptr<const TraceWorld>{};
    if (before && before->said == world->said)
        world->labels = before->labels;
    else {
        CORDON_TRY(world->labels, LabelSearch::make(*store));
    }
    return std::shared_ptr<const TraceWorld>{std::move(world)};
}

Result<std::string> trace_id(const TheftRequest& request, const TraceWorld& world) {
    CORDON_TRY(auto seeds, parse_seeds(request.seeds, *world.ledger));
    CORDON_TRY(std::string text, question_text(request.params, std::move(seeds)));
    text += world.digest;
    return to_hex(crypto::sha256(bytes_of(text))).substr(0, kIdDigits);
}

}  // namespace cordon::engine

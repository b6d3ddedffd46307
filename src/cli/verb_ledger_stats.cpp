// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/ledger/ledger.hpp>

#include "chain_json.hpp"
#include "exit_code.hpp"
#include "ledger_show.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "table.hpp"

namespace cordon::cli {
namespace {

constexpr std::size_t kPartsShown = 12;  // Of a chain, in the table; json has all.

const ledger::ChainSummary* summary_of(const std::vector<ledger::ChainSummary>& chains,
                                       ChainId chain) {
    const auto found = std::find_if(chains.begin(), chains.end(),
                                    [&](const auto& each) { return each.chain == chain; });
    return found == chains.end() ? nullptr : &*found;
}

double bytes_a_row(const ledger::ChainFiles& files, const ledger::ChainSummary* chain) {
    if (chain == nullptr || chain->transfers == 0) return 0;
    return static_cast<double>(files.bytes) / static_cast<double>(chain->transfers);
}

boost::json::array files_json(const std::vector<ledger::ChainFiles>& all,
                              const std::vector<ledger::ChainSummary>& chains) {
    boost::json::array list;
    for (const ledger::ChainFiles& files : all) {
        boost::json::array parts;
        for (const auto& part : files.parts)
            parts.push_back(boost::json::object{{"name", part.name}, {"bytes", part.bytes}});
        list.push_back(boost::json::object{
            {"chain", to_string(files.chain)},
            {"segments", files.segments},
            {"indexes", files.indexes},
            {"bytes", files.bytes},
            {"bytes_per_row", bytes_a_row(files, summary_of(chains, files.chain))},
            {"head_blocks", files.head_blocks},
            {"head_bytes", files.head_bytes},
            {"parts", std::move(parts)}});
    }
    return list;
}

std::string files_table(const std::vector<ledger::ChainFiles>& all,
                        const std::vector<ledger::ChainSummary>& chains,
                        const ledger::Reader& reader) {
    Table table{{{"CHAIN"},
                 {"ADDRESSES", Table::Align::kRight},
                 {"SEGMENTS", Table::Align::kRight},
                 {"INDEXES", Table::Align::kRight},
                 {"BYTES", Table::Align::kRight},
                 {"A ROW", Table::Align::kRight},
                 {"HEAD BLOCKS", Table::Align::kRight},
                 {"HEAD BYTES", Table::Align::kRight}}};
    for (const ledger::ChainFiles& files : all)
        table.add({to_string(files.chain), format_count(reader.address_count(files.chain)),
                   format_count(files.segments), format_count(files.indexes),
                   format_bytes(files.bytes),
                   format("{:.1f} B", bytes_a_row(files, summary_of(chains, files.chain))),
                   format_count(files.head_blocks), format_bytes(files.head_bytes)});
    return table.render(terminal_width());
}

std::string parts_table(const ledger::ChainFiles& files) {
    Table table{{{"CHAIN"},
                 {"COLUMN OR INDEX"},
                 {"BYTES", Table::Align::kRight},
                 {"SHARE", Table::Align::kRight}}};
    for (std::size_t i = 0; i < std::min(files.parts.size(), kPartsShown); ++i)
        table.add({to_string(files.chain), files.parts[i].name, format_bytes(files.parts[i].bytes),
                   format("{:.1f} %", 100 * static_cast<double>(files.parts[i].bytes) /
                                          static_cast<double>(files.bytes))});
    std::string text = table.render(terminal_width());
    if (files.parts.size() > kPartsShown)
        text += format("+ {} more: --format json\n", files.parts.size() - kPartsShown);
    return text.empty() ? text : "\n" + text;
}

}  // namespace

Result<int> show_stats(const std::string& directory, const Session& session) {
    CORDON_TRY(const auto reader, ledger::open_reader(directory));
    CORDON_TRY(const auto files, ledger::chain_files(directory));
    const auto chains = reader->chains();
    if (session.format != Format::kTable) {
        boost::json::array list = chains_json(chains);
        for (std::size_t i = 0; i < chains.size(); ++i)
            list[i].as_object()["addresses"] = reader->address_count(chains[i].chain);
        CORDON_TRY(print(
            envelope("ledger.stats", boost::json::object{{"chains", std::move(list)},
                                                         {"files", files_json(files, chains)}})));
        return kClean;
    }
    CORDON_TRY(print(chains_table(chains)));
    if (chains.empty()) return kClean;
    CORDON_TRY(print("\n" + files_table(files, chains, *reader)));
    for (const ledger::ChainFiles& each : files) CORDON_TRY(print(parts_table(each)));
    return kClean;
}

}  // namespace cordon::cli

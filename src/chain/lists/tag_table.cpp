// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

#include "tag.hpp"
#include "text_table.hpp"

namespace cordon::chain {
namespace {

enum : std::size_t {
    kAddress,
    kLabel,
    kCategory,
    kAbuse,
    kActor,
    kConfidence,
    kLastmod,
    kPack,
    kCurrency,
};

}  // namespace

Result<PublishedList> read_tag_table(const InputFile& file, const ListOptions& options) {
    static constexpr std::array<CsvColumn, 9> kColumns{{{"address"},
                                                        {"label"},
                                                        {"category"},
                                                        {"abuse"},
                                                        {"actor"},
                                                        {"confidence"},
                                                        {"lastmod"},
                                                        {"pack", false},
                                                        {"currency", false}}};
    CORDON_TRY(TextTable table, TextTable::open(file, kColumns));
    ListBuilder builder{file, options};
    const std::string stem = stem_of(file.name);
    std::string source;
    while (true) {
        CORDON_TRY(const bool more, table.next());
        if (!more) return std::move(builder.list());
        source = table[kPack].empty() ? stem : std::string{table[kPack]};
        // Without a currency column the table is of Bitcoin, as its makers publish it.
        CORDON_TRY(add_tag(builder, table.line(),
                           {.address = table[kAddress],
                            .label = table[kLabel],
                            .currency = table[kCurrency].empty() ? "BTC" : table[kCurrency],
                            .category = table[kCategory],
                            .abuse = table[kAbuse],
                            .actor = table[kActor],
                            .confidence = table[kConfidence],
                            .lastmod = table[kLastmod],
                            .uri = {},
                            .source = source}));
    }
}

}  // namespace cordon::chain

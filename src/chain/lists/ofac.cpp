// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ofac.hpp"

#include <cordon/base/format.hpp>

namespace cordon::chain {
namespace {

// The complete advanced XML has some 120 MB, the CSV 10; only XML is read as a stream.
constexpr std::size_t kMaxFile = std::size_t{256} << 20;
constexpr std::size_t kHead = 4096;

/// True where the currency names another chain than the address is of.
bool is_elsewhere(std::string_view code, const Placed& placed) {
    if (code.empty()) return false;
    const Currency currency = currency_of(code);
    switch (currency.kind) {
        case Currency::Kind::kToken: return false;
        case Currency::Kind::kUnknown: return true;
        case Currency::Kind::kChain: break;
    }
    // An address without a chain is of every EVM chain.
    return placed.chain ? *placed.chain != currency.chain
                        : currency.chain.family != ChainFamily::kEvm;
}

Result<std::string> head_of(const InputFile& file) {
    CORDON_TRY(const auto stream, file.open());
    std::string bytes(kHead, '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        CORDON_TRY(const std::size_t got,
                   stream->read(
                       {reinterpret_cast<uint8_t*>(bytes.data()) + filled, bytes.size() - filled}));
        if (got == 0) break;
        filled += got;
    }
    bytes.resize(filled);
    if (bytes.starts_with("\xef\xbb\xbf")) bytes.erase(0, 3);
    return bytes;
}

}  // namespace

OfacBuilder::OfacBuilder(const InputFile& file, const ListOptions& options)
    : builder_{file, options},
      // The non-SDN list has the same form; OFAC tells it by the names of its files (cons_prim.csv,
      // consolidated.xml).
      source_{stem_of(file.name).starts_with("cons") ? "OFAC consolidated non-SDN list"
                                                     : "OFAC SDN list"},
      confidence_{builder_.words().confidence_of("sanctions_list").value_or(0)},
      as_of_{options.as_of} {}

Status OfacBuilder::add(uint64_t line, const OfacEntry& entry) {
    const auto placed = place_address(entry.address);
    if (!placed) {
        // A currency that is not ours has addresses that are not ours. A wrong digit in one of ours
        // is another matter: that address is sanctioned, and would be missed.
        if (!entry.currency.empty() &&
            currency_of(entry.currency).kind == Currency::Kind::kUnknown) {
            builder_.unsupported(entry.currency);
            return {};
        }
        return builder_.bad(
            line, placed.error().in(format("address \"{}\"", entry.address.substr(0, 90))));
    }
    if (entry.name.size() > kMaxListText || entry.programs.size() > kMaxListText)
        return builder_.bad(
            line, {ErrorCode::kLimit, format("a name of more than {} bytes", kMaxListText)});
    const std::string party{entry.uid.empty() ? entry.name : entry.uid};
    const auto [place, fresh] = places_.try_emplace({placed->address, party}, listed_.size());
    if (fresh) {
        CORDON_TRY(builder_.keep(sizeof(Listed) + 2 * entry.name.size() + entry.programs.size()));
        Label label;
        label.chain = placed->chain;
        label.address = placed->address;
        label.text = entry.name.empty() ? "OFAC-listed address" : std::string{entry.name};
        label.entity = entry.name;
        label.category = Category::kSanctioned;
        label.source = source_;
        label.confidence = confidence_;
        listed_.push_back(
            {std::move(label), std::string{entry.uid}, std::string{entry.programs}, {}, false});
    }
    Listed& listed = listed_[place->second];
    const bool elsewhere = is_elsewhere(entry.currency, *placed);
    if (!entry.currency.empty() && listed.currencies.size() < kMaxListText) {
        if (!listed.currencies.empty()) listed.currencies += ", ";
        listed.currencies += entry.currency.substr(0, 16);
    }
    listed.elsewhere = listed.elsewhere || elsewhere;
    if (elsewhere)
        note(format("{}: listed as {}, but {} is an address of {}: labelled there",
                    builder_.where(line), entry.currency.substr(0, 16), entry.address,
                    placed->chain ? to_string(*placed->chain) : "the EVM chains"));
    ++builder_.list().rows;
    ++builder_.list().taken;
    return {};
}

PublishedList OfacBuilder::finish() {
    PublishedList& list = builder_.list();
    list.as_of = as_of_;
    for (Listed& each : listed_) {
        if (each.programs.empty())
            if (const auto told = programs_.find(each.uid); told != programs_.end())
                each.programs = told->second;
        std::string& detail = each.label.detail;
        const auto append = [&detail](std::string_view name, std::string_view value) {
            if (value.empty()) return;
            detail += format("{}{} {}", detail.empty() ? "" : "; ", name, value);
        };
        append("programme", each.programs);
        append("uid", each.uid);
        append("listed as", each.currencies);
        if (each.elsewhere) detail += "; the currency is of another chain than the address";
        each.label.as_of = as_of_;
        list.labels.push_back(std::move(each.label));
    }
    return std::move(list);
}

Result<PublishedList> read_ofac(const InputFile& file, const std::optional<InputFile>& comments,
                                const ListOptions& options) {
    CORDON_TRY(const std::string head, head_of(file));
    OfacBuilder out{file, options};
    if (head.starts_with('<')) {
        CORDON_TRY(read_ofac_xml(file, out));
        return out.finish();
    }
    CORDON_TRY(const auto stream, file.open());
    CORDON_TRY(const auto bytes, read_all(*stream, kMaxFile));
    // Of the legacy files every line begins with the number of a party and a comma.
    const std::size_t digits = head.find_first_not_of("0123456789");
    if (digits != 0 && digits != std::string::npos && head[digits] == ',') {
        CORDON_TRY(read_ofac_csv(file, bytes, comments, out));
    } else {
        CORDON_TRY(read_ofac_table(
            file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, out));
    }
    return out.finish();
}

}  // namespace cordon::chain

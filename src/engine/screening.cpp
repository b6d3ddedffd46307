// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "screening.hpp"

#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>
#include <cordon/chain/canonical.hpp>
#include <cordon/chain/text.hpp>
#include <cordon/report/text.hpp>

#include "digest.hpp"
#include "label_source.hpp"

namespace cordon::engine {
namespace {

constexpr std::size_t kHead = 4096;  // The first bytes tell the form.

/// The forms of docs/formats/ofac.md but for bare addresses, which say nothing of OFAC.
bool is_ofac(std::string_view head) {
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    if (head.starts_with('<') || head.starts_with("asset\taddress")) return true;
    const std::size_t digits = head.find_first_not_of("0123456789");
    return digits != 0 && digits != std::string_view::npos && head[digits] == ',';
}

Result<bool> is_ofac_file(const InputFile& file) {
    CORDON_TRY(const auto stream, file.open());
    std::array<uint8_t, kHead> bytes{};
    CORDON_TRY(const std::size_t got, stream->read(bytes));
    return is_ofac({reinterpret_cast<const char*>(bytes.data()), got});
}

/// labels: as a list, so that it has a digest and stands among those that were asked.
Result<GivenList> read_label_rows(const Source& source, std::optional<UnixMillis> as_of) {
    CORDON_TRY(const InputFile file, input_file(source.path));
    GivenList out;
    out.list.name = "labels:" + chain::stem_of(source.path);
    out.list.as_of = as_of;
    CORDON_TRY(out.list.sha256, file_sha256(source.path));
    CORDON_TRY(chain::read_labels(file, [&](Label label) -> Status {
        out.labels.push_back(std::move(label));
        return {};
    }));
    return out;
}

Result<GivenList> read_published(const Source& source, const ListSettings& settings) {
    CORDON_TRY(ReadList read, read_label_list(source, std::nullopt, settings));
    GivenList out;
    out.warnings = warnings_of(read);
    out.list.name = read.list.name;
    out.list.sha256 = read.list.sha256;
    out.list.as_of = read.list.as_of;
    out.labels = std::move(read.published.labels);
    return out;
}

Result<GivenList> read_plain(const std::string& path, const ListSettings& settings) {
    CORDON_TRY(const InputFile file, input_file(path));
    CORDON_TRY(chain::PublishedList read,
               chain::read_plain_list(
                   file, {.chain = {}, .as_of = settings.as_of, .skip_bad = settings.skip_bad}));
    GivenList out;
    out.list.name = chain::stem_of(path);
    out.list.as_of = settings.as_of;
    CORDON_TRY(out.list.sha256, file_sha256(path));
    if (read.bad != 0)
        out.warnings.push_back(format("{}: {} bad rows were left out, the first: {}", path,
                                      read.bad, read.bad_rows.front()));
    out.forbids = std::all_of(read.labels.begin(), read.labels.end(), [](const Label& label) {
        return label.category == Category::kOther;
    });
    out.labels = std::move(read.labels);
    return out;
}

Result<GivenList> read_named(std::string_view text, const ListSettings& settings) {
    const std::size_t colon = text.find(':');
    // A bare path may have a colon of its own: only a known schema is one.
    if (const auto sources = parse_source(text); colon != std::string_view::npos && sources) {
        if (sources->size() == 1 && is_label_list(sources->front().schema))
            return read_published(sources->front(), settings);
        if (sources->size() == 1 && sources->front().schema == Schema::kLabels)
            return read_label_rows(sources->front(), settings.as_of);
    }
    const std::string path{text};
    CORDON_TRY(const InputFile file, input_file(path));
    CORDON_TRY(const bool ofac, is_ofac_file(file));
    if (ofac) return read_published({Schema::kOfac, path, {}}, settings);
    return read_plain(path, settings);
}

/// Splits "CHAIN:ADDRESS"; eip155:N:ADDRESS has a colon of its own, and so have the "p2pk:<hex>"
/// forms of addresses.
std::pair<std::optional<ChainId>, std::string_view> split_chain(std::string_view text) {
    std::size_t colon = text.find(':');
    if (text.starts_with("eip155:")) colon = text.find(':', 7);
    if (colon == std::string_view::npos) return {{}, text};
    const auto chain = parse_chain(text.substr(0, colon));
    if (!chain) return {{}, text};
    return {*chain, text.substr(colon + 1)};
}

}  // namespace

Result<GivenList> read_given_list(std::string_view text, const ListSettings& settings) {
    CORDON_TRY(GivenList out, read_named(text, settings));
    // A list that came empty would make everybody clear: it was cut, or is another file.
    if (out.labels.empty())
        return fail(ErrorCode::kMalformed, format("{}: holds no address", text));
    out.list.entries = out.labels.size();
    for (Label& label : out.labels) label.list = out.list.name;
    return out;
}

Result<std::vector<Subject>> parse_subject(std::string_view text, std::span<const ChainId> chains) {
    const auto [chain, rest] = split_chain(text);
    const auto refused = [&](Error error) {
        error.message = report::clean_text(error.message, 300);
        return fail(error.in(format("address \"{}\"", report::clean_text(text, 100))));
    };
    if (chain) {
        const auto address = chain::parse_address(*chain, rest);
        if (!address) return refused(address.error());
        return std::vector<Subject>{{*chain, *address, std::string{text}}};
    }
    std::vector<Subject> out;
    for (const ChainId each : chains)
        if (const auto address = chain::parse_address(each, rest))
            out.push_back({each, *address, std::string{text}});
    if (!out.empty()) return out;
    const auto guess = chain::guess_chain(rest);
    if (!guess) {
        // Parsed as the chain it looks like, for the message.
        const auto why = chain::parse_address(rest.starts_with("0x") ? kEthereum : kBitcoin, rest);
        return refused(why ? Error{ErrorCode::kMalformed, "an address of no chain"} : why.error());
    }
    CORDON_TRY(const Address address, chain::parse_address(*guess, rest));
    return std::vector<Subject>{{*guess, address, std::string{text}}};
}

Result<std::shared_ptr<const screen::Lists>> load_lists(const records::Store* store,
                                                        std::vector<GivenList> given,
                                                        const std::vector<Address>* only) {
    std::vector<screen::ListUsed> lists;
    std::vector<Label> labels;
    if (store != nullptr) {
        CORDON_TRY(const auto stored, store->label_lists());
        for (const records::LabelList& list : stored) {
            // A list of this name that is given now stands for the stored one.
            if (std::any_of(given.begin(), given.end(),
                            [&](const GivenList& each) { return each.list.name == list.name; }))
                continue;
            lists.push_back({.name = list.name,
                             .sha256 = list.sha256,
                             .as_of = list.as_of,
                             .entries = list.labels,
                             .stale = false});
        }
        std::vector<Address> all;
        if (only == nullptr) {
            CORDON_TRY(all, store->labelled());
        } else {
            for (const Address& address : *only) {
                all.push_back(address);
                for (const Address& other : screen::same_key(address)) all.push_back(other);
            }
        }
        for (const Address& address : all) {
            CORDON_TRY(auto said, store->labels_anywhere(address));
            for (Label& label : said) {
                if (!label.list.empty() &&
                    std::any_of(given.begin(), given.end(), [&](const GivenList& each) {
                        return each.list.name == label.list;
                    }))
                    continue;
                labels.push_back(std::move(label));
            }
        }
    }
    for (GivenList& each : given) {
        lists.push_back(std::move(each.list));
        std::move(each.labels.begin(), each.labels.end(), std::back_inserter(labels));
    }
    uint64_t known = 0;
    if (store != nullptr) {
        CORDON_TRY(const auto counts, store->counts());
        known = counts.labels;
    }
    return screen::Lists::make(std::move(lists), std::move(labels), known);
}

}  // namespace cordon::engine

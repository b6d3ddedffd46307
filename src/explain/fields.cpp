// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"

#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/json_tree.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::explain {
namespace {

constexpr std::size_t kMaxLevels = 32;

/// Where the object that begins at `at` ends, one past its brace; npos when it does not.
std::size_t end_of_object(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    bool in_text = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (in_text) {
            if (c == '\\') ++at;
            if (c == '"') in_text = false;
        } else if (c == '"') {
            in_text = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return at + 1;
        }
    }
    return std::string_view::npos;
}

}  // namespace

Result<std::vector<std::string_view>> split_objects(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    if (text.size() > kMaxPayload)
        return fail(ErrorCode::kLimit, format("the payload is larger than {} bytes", kMaxPayload));
    const auto refuse = [](std::size_t at, std::string_view expected) {
        return fail(ErrorCode::kMalformed, format("JSON: at offset {}: expected {}", at, expected));
    };
    const auto skip = [&](std::size_t at) {
        return std::min(text.find_first_not_of(kBlank, at), text.size());
    };
    std::vector<std::string_view> out;
    std::size_t at = skip(0);
    const bool list = at < text.size() && text[at] == '[';
    if (list) at = skip(at + 1);
    while (at < text.size() && text[at] != ']') {
        if (text[at] != '{') return refuse(at, "an object");
        const std::size_t end = end_of_object(text, at);
        if (end == std::string_view::npos) return refuse(text.size(), "the end of the object");
        out.push_back(text.substr(at, end - at));
        at = skip(end);
        if (!list) continue;
        if (at < text.size() && text[at] == ',')
            at = skip(at + 1);
        else if (at == text.size() || text[at] != ']')
            return refuse(at, ", or ]");
    }
    if (list) {
        if (at == text.size()) return refuse(at, "]");
        at = skip(at + 1);
    }
    if (at != text.size()) return refuse(at, "nothing more");
    if (out.empty()) return refuse(at, "an object");
    return out;
}

Result<std::vector<boost::json::object>> parse_objects(std::string_view text) {
    CORDON_TRY(const auto slices, split_objects(text));
    boost::json::parse_options options;
    options.max_depth = kMaxLevels;
    std::vector<boost::json::object> out;
    for (const std::string_view slice : slices) {
        // Of a name that comes twice readers take the first or the last: whoever shows a payload
        // and whoever signs it could differ.
        if (const auto strict = chain::parse_json_tree(slice); !strict) return fail(strict.error());
        boost::json::stream_parser parser{{}, options};
        boost::system::error_code error;
        const std::size_t read = parser.write_some(slice.data(), slice.size(), error);
        if (!error) parser.finish(error);
        if (error)
            return fail(
                error == boost::json::error::too_deep ? ErrorCode::kLimit : ErrorCode::kMalformed,
                format("JSON: at offset {}: {}",
                       static_cast<std::size_t>(slice.data() - text.data()) + read,
                       error.message()));
        out.push_back(std::move(parser.release().get_object()));
    }
    return out;
}

const boost::json::value* Fields::find(Names names) const {
    for (const std::string_view name : names)
        if (const auto* value = object_.if_contains(name); value != nullptr && !value->is_null())
            return value;
    return nullptr;
}

tl::unexpected<Error> Fields::refuse(std::string_view name, std::string_view why) const {
    return fail(ErrorCode::kMalformed, format("{}: field {}: {}", what_, name, why));
}

Result<std::optional<std::string>> Fields::text(Names names) const {
    const auto* value = find(names);
    if (value == nullptr) return std::nullopt;
    if (const auto* string = value->if_string()) return std::string{*string};
    return refuse(*names.begin(), "expected a text");
}

Result<std::optional<Address>> Fields::address(Names names) const {
    CORDON_TRY(const auto text, this->text(names));
    if (!text) return std::nullopt;
    auto address = chain::parse_address(kEthereum, *text);
    if (!address) return refuse(*names.begin(), address.error().message);
    return *address;
}

Result<std::optional<Amount>> Fields::number(Names names) const {
    const auto* value = find(names);
    if (value == nullptr) return std::nullopt;
    if (const auto* number = value->if_uint64()) return Amount{uint64_t{*number}};
    if (const auto* number = value->if_int64(); number != nullptr && *number >= 0)
        return Amount{static_cast<uint64_t>(*number)};
    const auto* text = value->if_string();
    if (text == nullptr)
        return refuse(*names.begin(), "expected a whole number that is not negative");
    const std::string_view digits = *text;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
        std::string even{digits.substr(2)};
        if (even.size() % 2 != 0) even.insert(0, 1, '0');
        if (even.empty()) return refuse(*names.begin(), "expected hex digits after 0x");
        const auto bytes = parse_hex(even);
        if (!bytes) return refuse(*names.begin(), bytes.error().message);
        const auto amount = Amount::from_big_endian(*bytes);
        if (!amount) return refuse(*names.begin(), amount.error().message);
        return *amount;
    }
    const auto amount = Amount::parse(digits);
    if (!amount) return refuse(*names.begin(), amount.error().message);
    return *amount;
}

Result<std::optional<uint64_t>> Fields::small(Names names) const {
    CORDON_TRY(const auto number, this->number(names));
    if (!number) return std::nullopt;
    if (!number->fits_u64()) return refuse(*names.begin(), "the number does not fit 64 bits");
    return number->low_u64();
}

Result<std::optional<Bytes>> Fields::bytes(Names names) const {
    CORDON_TRY(const auto text, this->text(names));
    if (!text) return std::nullopt;
    if (text->empty()) return Bytes{};
    auto bytes = parse_hex0x(*text);
    if (!bytes) return refuse(*names.begin(), bytes.error().message);
    return *std::move(bytes);
}

Result<std::optional<Hash256>> Fields::hash(Names names) const {
    CORDON_TRY(const auto text, this->text(names));
    if (!text) return std::nullopt;
    std::string lower = *text;
    for (char& c : lower)
        if (c >= 'A' && c <= 'F') c += 'a' - 'A';
    auto hash = chain::parse_hash(kEthereum, lower);
    if (!hash) return refuse(*names.begin(), hash.error().message);
    return *hash;
}

}  // namespace cordon::explain

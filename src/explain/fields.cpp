// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"

#include <boost/json.hpp>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::explain {
namespace {

constexpr std::size_t kMaxLevels = 32;

Result<boost::json::value> parse(std::string_view text, std::size_t offset) {
    boost::json::parse_options options;
    options.max_depth = kMaxLevels;
    boost::json::stream_parser parser{{}, options};
    boost::system::error_code error;
    const std::size_t read = parser.write_some(text.data(), text.size(), error);
    if (!error && read < text.size() &&
        text.find_first_not_of(" \t\r\n", read) != std::string_view::npos)
        return fail(ErrorCode::kTrailing,
                    format("JSON: at offset {}: something follows", offset + read));
    if (!error) parser.finish(error);
    if (error)
        return fail(
            error == boost::json::error::too_deep ? ErrorCode::kLimit : ErrorCode::kMalformed,
            format("JSON: at offset {}: {}", offset + read, error.message()));
    return parser.release();
}

Status take(boost::json::value value, std::vector<boost::json::object>& out) {
    if (auto* array = value.if_array()) {
        for (boost::json::value& each : *array) {
            if (!each.is_object())
                return fail(ErrorCode::kMalformed,
                            format("JSON: element {}: expected an object", out.size()));
            out.push_back(std::move(each.get_object()));
        }
        return {};
    }
    if (!value.is_object()) return fail(ErrorCode::kMalformed, "JSON: expected an object");
    out.push_back(std::move(value.get_object()));
    return {};
}

}  // namespace

Result<std::vector<boost::json::object>> parse_objects(std::string_view text) {
    if (text.size() > kMaxPayload)
        return fail(ErrorCode::kLimit, format("the payload is larger than {} bytes", kMaxPayload));
    std::vector<boost::json::object> out;
    auto whole = parse(text, 0);
    if (whole) {
        CORDON_TRY(take(*std::move(whole), out));
        return out;
    }
    if (whole.error().code != ErrorCode::kTrailing) return fail(whole.error());
    // One object a line.
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
            auto value = parse(line, at);
            // Objects over several lines with something after them: the first error says it.
            if (!value) return fail(out.empty() ? whole.error() : value.error());
            CORDON_TRY(take(*std::move(value), out));
        }
        at = end + 1;
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

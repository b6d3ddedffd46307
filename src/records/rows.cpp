// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <cordon/base/format.hpp>

namespace cordon::records {
namespace {

constexpr unsigned kMaxDecimals = 77;  // 2^256 has 78 digits.

bool is_sound(const Address& address) noexcept {
    const std::size_t size = address.payload().size();
    if (address.kind() == AddressKind::kWitness) return size >= 3 && size <= Address::kMaxSize;
    return payload_size(address.kind()) == size;
}

bool is_share(double value) noexcept { return value >= 0 && value <= 1; }  // False for NaN.

Status refuse(std::string message) { return fail(ErrorCode::kInvalidParam, std::move(message)); }

Status check_chain(ChainId chain) {
    const auto parsed = parse_chain(to_string(chain));
    if (!parsed || *parsed != chain)
        return refuse(format("chain \"{}\": expected a known chain", to_string(chain)));
    return {};
}

Status check_address(const Address& address) {
    if (!is_sound(address))
        return refuse(format("address of kind {} with {} bytes: expected the length of its kind",
                             to_string(address.kind()), address.payload().size()));
    return {};
}

bool is_sha256(std::string_view text) noexcept {
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

/// SQLite's integers are signed.
Status check_integer(std::string_view field, uint64_t value) {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
        return refuse(format("{} {}: expected at most 2^63-1", field, value));
    return {};
}

/// What we read back from our own file and cannot be: damage, whatever the parser called it.
template <typename T>
Result<T> stored(Result<T> parsed) {
    if (!parsed) return fail(ErrorCode::kCorrupt, "stored " + parsed.error().message);
    return parsed;
}

}  // namespace

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

AddressBlob::AddressBlob(const Address& address) noexcept : size_{address.payload().size() + 1} {
    bytes_[0] = static_cast<uint8_t>(address.kind());
    std::ranges::copy(address.payload(), bytes_.begin() + 1);
}

std::string_view ChainTexts::of(ChainId chain) {
    auto [place, added] = texts_.try_emplace(chain);
    if (added) place->second = to_string(chain);
    return place->second;
}

std::string fold_symbol(std::string_view symbol) {
    std::string folded{symbol};
    for (char& c : folded)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return folded;
}

Status check(const Label& label) {
    if (label.chain) CORDON_TRY(check_chain(*label.chain));
    CORDON_TRY(check_address(label.address));
    if (static_cast<std::size_t>(label.category) >= kCategoryCount)
        return refuse("category: expected a known one");
    if (!is_share(label.confidence))
        return refuse(format("confidence {}: expected 0 to 1", label.confidence));
    return {};
}

Status check(const AssetInfo& info) {
    CORDON_TRY(check_chain(info.chain));
    if (info.decimals > kMaxDecimals)
        return refuse(format("decimals {}: expected 0 to {}", info.decimals, kMaxDecimals));
    return {};
}

Status check(const Price& price) {
    CORDON_TRY(check_chain(price.chain));
    if (!std::isfinite(price.usd) || price.usd < 0)
        return refuse(format("price {}: expected a finite number, 0 or more", price.usd));
    return {};
}

Status check(const WalletAddress& wallet) {
    CORDON_TRY(check_chain(wallet.chain));
    return check_address(wallet.address);
}

Status check(const LabelList& list) {
    if (list.name.empty()) return refuse("label list: expected a name");
    if (!is_sha256(list.sha256))
        return refuse(
            format("sha256 of list \"{}\": expected 64 lower-case hex digits", list.name));
    return {};
}

Status check(const Fact& fact) {
    CORDON_TRY(check_chain(fact.chain));
    if (fact.far_chain) CORDON_TRY(check_chain(*fact.far_chain));
    if (static_cast<std::size_t>(fact.kind) >= kFactKinds)
        return refuse("kind of fact: expected a known one");
    for (const Address* address : {&fact.contract, &fact.sender, &fact.receiver})
        if (!address->empty()) CORDON_TRY(check_address(*address));
    return {};
}

Status check(const Input& input) {
    if (!is_sha256(input.sha256))
        return refuse(format("sha256 of \"{}\": expected 64 lower-case hex digits", input.name));
    CORDON_TRY(check_integer("bytes", input.bytes));
    return check_integer("rows", input.rows);
}

Result<Address> decode_address(ByteView blob) {
    if (!blob.empty() && blob.size() <= Address::kMaxSize + 1 &&
        blob[0] <= static_cast<uint8_t>(AddressKind::kScript)) {
        const Address address{static_cast<AddressKind>(blob[0]), blob.subspan(1)};
        if (is_sound(address)) return address;
    }
    return fail(ErrorCode::kCorrupt,
                format("stored address of {} bytes: expected a kind and a payload", blob.size()));
}

Result<ChainId> decode_chain(std::string_view text) { return stored(parse_chain(text)); }
Result<Asset> decode_asset(std::string_view text) { return stored(Asset::parse(text)); }
Result<Category> decode_category(std::string_view text) { return stored(parse_category(text)); }
Result<AssetStatus> decode_status(std::string_view text) {
    return stored(parse_asset_status(text));
}
Result<FactKind> decode_fact_kind(std::string_view text) { return stored(parse_fact_kind(text)); }
Result<Amount> decode_amount(std::string_view text) { return stored(Amount::parse(text)); }

Result<Hash256> decode_hash(ByteView blob) {
    Hash256 hash;
    if (blob.size() != hash.bytes.size())
        return fail(ErrorCode::kCorrupt,
                    format("stored hash of {} bytes: expected {}", blob.size(), hash.bytes.size()));
    std::ranges::copy(blob, hash.bytes.begin());
    return hash;
}

Result<uint32_t> decode_place(int64_t value) {
    if (value < 0 || value > int64_t{std::numeric_limits<uint32_t>::max()})
        return fail(ErrorCode::kCorrupt, format("stored place {}: expected 32 bits", value));
    return static_cast<uint32_t>(value);
}

}  // namespace cordon::records

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "transfers_fields.hpp"

#include <cstring>

#include <cordon/base/hex.hpp>

#include "csv_number.hpp"
#include "text.hpp"

namespace cordon::chain {
namespace {

using C = TransferColumn;
constexpr std::size_t kEvmText = 42;

constexpr std::size_t at(TransferColumn column) noexcept {
    return static_cast<std::size_t>(column);
}

template <typename T>
Result<T> checked(const CsvReader& csv, TransferColumn column, Result<T> value) {
    if (!value) return fail(csv.error(at(column), value.error()));
    return value;
}

/// Small letters only, as the canonical form has them.
constexpr bool is_small(HexCase letters) noexcept {
    return letters == HexCase::kNone || letters == HexCase::kLower;
}

/// Where a text is looked up: any eight of its last bytes differ between most texts.
std::size_t place_of(std::string_view text, std::size_t places) noexcept {
    uint64_t last = 0;
    const std::size_t size = std::min<std::size_t>(text.size(), 8);
    std::memcpy(&last, text.data() + text.size() - size, size);
    return static_cast<std::size_t>((last * 0x9E3779B97F4A7C15ULL) >> 32) % places;
}

}  // namespace

Result<const TransferFields::Row*> TransferFields::read(const CsvReader& csv, ChainId chain) {
    if (chain != chain_) {
        hash_.size = 0;
        addresses_.clear();
        chain_ = chain;
    }
    if (const std::string_view text = csv[at(C::kBlock)]; !block_.is(text)) {
        CORDON_TRY(const BlockNum block, checked(csv, C::kBlock, parse_whole(text, UINT64_MAX)));
        block_.keep(text, block, true);
        row_.block = block;
    }
    if (const std::string_view text = csv[at(C::kTime)]; !time_.is(text)) {
        CORDON_TRY(const uint64_t time, checked(csv, C::kTime, parse_whole(text, kMaxUnixSeconds)));
        time_.keep(text, time, true);
        row_.time = static_cast<int64_t>(time);
    }
    const std::string_view text = csv[at(C::kTx)];
    row_.same_txn = hash_.is(text);
    if (!row_.same_txn) {
        CORDON_TRY(row_.hash, checked(csv, C::kTx, parse_hash(chain, text)));
        const bool small = text.find_first_of("ABCDEF") == std::string_view::npos;
        hash_.keep(text, row_.hash, small);
    }
    row_.canonical = hash_.canonical;
    return &row_;
}

Status TransferFields::read_transfer(const CsvReader& csv, ChainId chain, Transfer& out) {
    CORDON_TRY(const uint64_t index,
               checked(csv, C::kIndex, parse_whole(csv[at(C::kIndex)], UINT32_MAX)));
    out.index = static_cast<uint32_t>(index);
    CORDON_TRY(read_address(csv, C::kFrom, chain, out.from));
    CORDON_TRY(read_address(csv, C::kTo, chain, out.to));
    CORDON_TRY(read_asset(csv, out.asset));
    CORDON_TRY(out.amount, checked(csv, C::kAmount, Amount::parse(csv[at(C::kAmount)])));
    return read_kind(csv, out.kind);
}

Status TransferFields::read_address(const CsvReader& csv, TransferColumn column, ChainId chain,
                                    Address& out) {
    const std::string_view text = csv[at(column)];
    if (chain.family == ChainFamily::kEvm) {
        std::array<uint8_t, 20> payload;
        if (text.size() == kEvmText && text[0] == '0' && text[1] == 'x') {
            const std::optional<HexCase> letters = decode_hex(text.substr(2), payload);
            if (letters && *letters != HexCase::kMixed) {
                out = Address{AddressKind::kEvm, payload};
                row_.canonical &= is_small(*letters);
                return {};
            }
        }
        row_.canonical = false;  // A checksum to look at, or an error to tell.
        CORDON_TRY(out, checked(csv, column, parse_address(chain, text)));
        return {};
    }
    if (addresses_.empty()) addresses_.resize(kAddresses);
    auto& known = addresses_[place_of(text, kAddresses)];
    if (!known.is(text)) {
        CORDON_TRY(const Address address, checked(csv, column, parse_address(chain, text)));
        known.keep(text, address, format_address(chain, address) == text);
        if (!known.is(text)) {  // Too long to keep.
            row_.canonical = false;
            out = address;
            return {};
        }
    }
    out = known.value;
    row_.canonical &= known.canonical;
    return {};
}

Status TransferFields::read_asset(const CsvReader& csv, Asset& out) {
    const std::string_view text = csv[at(C::kAsset)];
    auto& known = assets_[place_of(text, kAssets)];
    if (!known.is(text)) {
        CORDON_TRY(const Asset asset, checked(csv, C::kAsset, Asset::parse(text)));
        known.keep(text, asset, asset.text() == text);
    }
    out = known.value;
    row_.canonical &= known.canonical;
    return {};
}

Status TransferFields::read_kind(const CsvReader& csv, TransferKind& out) {
    const std::string_view text = csv[at(C::kKind)];
    if (text == "token") {
        out = TransferKind::kToken;  // By far the most rows, like the next.
    } else if (text == "native") {
        out = TransferKind::kNative;
    } else {
        CORDON_TRY(out, checked(csv, C::kKind, parse_transfer_kind(text)));
    }
    return {};
}

}  // namespace cordon::chain

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/fact.hpp>
#include <cordon/model/label.hpp>

#include "store.hpp"

/// Between the model's types and columns. Private to the room.
///
/// check() refuses what could not be read back (kInvalidParam); decode_...() refuses what we never
/// wrote (kCorrupt).
namespace cordon::records {

/// An address as it is stored: the kind byte, then the payload.
class AddressBlob {
public:
    explicit AddressBlob(const Address& address) noexcept;
    ByteView view() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<uint8_t, Address::kMaxSize + 1> bytes_;
    std::size_t size_;
};

/// The lines of a column; the end of the last may stand or not.
std::vector<std::string> split_lines(std::string_view text);

/// The stored text of chains, made once each.
class ChainTexts {
public:
    /// Lifetime of the view: this object.
    std::string_view of(ChainId chain);

private:
    std::map<ChainId, std::string> texts_;
};

/// A-Z to a-z, everything else as it is.
std::string fold_symbol(std::string_view symbol);

Status check(const Label& label);
Status check(const AssetInfo& info);
Status check(const Price& price);
Status check(const WalletAddress& wallet);
Status check(const LabelList& list);
Status check(const Fact& fact);
Status check(const Input& input);

Result<Address> decode_address(ByteView blob);
Result<ChainId> decode_chain(std::string_view text);
Result<Asset> decode_asset(std::string_view text);
Result<Category> decode_category(std::string_view text);
Result<AssetStatus> decode_status(std::string_view text);
Result<Hash256> decode_hash(ByteView blob);
Result<uint32_t> decode_place(int64_t value);
Result<FactKind> decode_fact_kind(std::string_view text);
Result<Amount> decode_amount(std::string_view text);

}  // namespace cordon::records

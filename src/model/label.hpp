// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>

#include "address.hpp"
#include "asset.hpp"
#include "chain_id.hpp"

namespace cordon {

/// What an address is used for. The order is alphabetical, as in the labels: file format.
enum class Category : uint8_t {
    kBridge,
    kDefi,
    kDeposit,
    kExchange,
    kGambling,
    kMixer,
    kOther,
    kRansomware,
    kSanctioned,
    kScam,
    kService,
    kSwap,
    kTheft,
    kUser,  ///< A person or a wallet of somebody: known, but nobody who serves others.
};
inline constexpr std::size_t kCategoryCount = 14;
std::string_view to_string(Category category) noexcept;
/// kMalformed lists the categories.
Result<Category> parse_category(std::string_view text);

/// Somebody's statement about an address; never a fact by itself, so it keeps its source and
/// confidence.
struct Label {
    std::optional<ChainId> chain;  ///< None: every chain on which the address exists.
    Address address;
    std::string text;  ///< UTF-8, as the source writes it.
    Category category = Category::kOther;
    std::string source;
    double confidence = 0;    ///< 0..1, as the source states it.
    std::string entity = {};  ///< Who holds it, where the source names that apart from `text`.
    std::string detail = {};  ///< What else the source says: programme, abuse, its own words.
    std::optional<UnixMillis> as_of = {};  ///< When the source said so; none when it does not tell.
    std::string list = {};  ///< The list that it came in (records::LabelList); empty for labels:.
    friend bool operator==(const Label&, const Label&) = default;
};

/// One row of assets:.
struct AssetInfo {
    ChainId chain;
    Asset asset;
    std::string symbol;
    unsigned decimals = 0;  ///< 0..77 (2^256 has 78 digits).
    AssetStatus status = AssetStatus::kUnknown;
    friend bool operator==(const AssetInfo&, const AssetInfo&) = default;
};

/// One row of prices:. Prices are for reading and ranking, never for the books: a double is enough.
struct Price {
    ChainId chain;
    Asset asset;
    UnixMillis time;
    double usd = 0;  ///< Per whole unit (10^decimals smallest units); finite, not negative.
    friend bool operator==(const Price&, const Price&) = default;
};

/// One row of wallets:: an address that is ours.
struct WalletAddress {
    ChainId chain;
    Address address;
    std::string set;
    std::string entity;
    std::string tier;  ///< hot, warm, cold or deposit.
    friend bool operator==(const WalletAddress&, const WalletAddress&) = default;
};

}  // namespace cordon

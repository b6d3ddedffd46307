// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include <cordon/model/block.hpp>

#include "csv.hpp"
#include "transfers_row.hpp"

namespace cordon::chain {

/// Decodes the fields of rows of transfers, and remembers what neighbouring rows share: block, time
/// and txn as they stand in the row before, assets and base58 addresses as they were met a moment
/// ago. Every refusal names the field. Confined to one thread.
class TransferFields {
public:
    /// What a row says besides its transfer and its chain.
    struct Row {
        BlockNum block = 0;
        int64_t time = 0;  ///< Unix seconds.
        Hash256 hash;
        bool same_txn = false;   ///< The text of the hash is that of the row before.
        bool canonical = false;  ///< Every field but the chain is written in its canonical form.
    };

    /// The row that `csv` is at. Lifetime of the result: until the next call.
    Result<const Row*> read(const CsvReader& csv, ChainId chain);
    /// The transfer of that row. Row::canonical is complete when it is read.
    Status read_transfer(const CsvReader& csv, ChainId chain, Transfer& out);

private:
    /// A text that was decoded a moment ago. Texts longer than this are not kept.
    template <typename T, std::size_t Size>
    struct Known {
        std::array<char, Size> text{};
        uint8_t size = 0;  // 0 for none.
        bool canonical = false;
        T value;
        bool is(std::string_view other) const noexcept {
            return size != 0 && size == other.size() &&
                   std::string_view{text.data(), size} == other;
        }
        void keep(std::string_view from, const T& of, bool is_canonical) noexcept {
            size = 0;
            if (from.size() > Size) return;
            std::copy(from.begin(), from.end(), text.begin());
            size = static_cast<uint8_t>(from.size());
            value = of;
            canonical = is_canonical;
        }
    };
    static constexpr std::size_t kAssets = 256;
    static constexpr std::size_t kAddresses = 4096;

    Status read_address(const CsvReader& csv, TransferColumn column, ChainId chain, Address& out);
    Status read_asset(const CsvReader& csv, Asset& out);
    Status read_kind(const CsvReader& csv, TransferKind& out);

    Row row_;
    ChainId chain_;  // Of the row before: what is known of hashes and addresses holds for it only.
    Known<BlockNum, 20> block_;
    Known<uint64_t, 12> time_;
    Known<Hash256, 66> hash_;
    std::vector<Known<Asset, 64>> assets_{kAssets};
    std::vector<Known<Address, 64>> addresses_;  // Base58 only: those cost a checksum.
};

}  // namespace cordon::chain

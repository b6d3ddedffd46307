// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/block.hpp>

#include "random.hpp"

/// Transfers of an account chain shaped like a real one, as many as asked for, and the files that
/// carry them to programs under measurement.
namespace cordon::gen {

/// Preferential attachment: the receiver is new (15 %), one of the last 10,000 ends (25 %), or an
/// end of any earlier transfer (60 %), as every sender is. A txn has 1 to 3 transfers (1.54 on
/// average), a block 150 to 350, every 12 seconds; amounts have 20 to 83 bits; half of the rows and
/// a little move the native asset, the others one of 509 contracts.
///
/// "Any earlier end" needs all earlier ends, 8 bytes a row. The first kReservoir of them are kept
/// as they are; from then on they are a uniform sample of all (Vitter's algorithm R), so that the
/// degrees keep their distribution while memory stays at 256 MiB for any number of rows.
///
/// Blocks do not depend on the number of rows, but for the last one. Confined to one thread.
class AccountStream {
public:
    static constexpr std::size_t kReservoir = std::size_t{64} << 20;  ///< Ends, 4 bytes each.
    static constexpr std::size_t kContracts = 509;

    /// `reservoir` below kReservoir is for tests. REQUIRES: reservoir > 2,000.
    explicit AccountStream(uint64_t rows, uint64_t seed = 42, std::size_t reservoir = kReservoir);

    /// The next block in place of `block`, whose vectors are used again: a loop over one Block
    /// allocates nothing in the long run. False at the end; `block` is then left as it was.
    bool next(Block& block);

    /// How many addresses there are so far: numbers 0 .. addresses()-1.
    uint64_t addresses() const noexcept { return addresses_; }
    /// How many txns there are so far: numbers 0 .. txns()-1.
    uint64_t txns() const noexcept { return txns_; }
    /// Of these numbers; spread like the hashes that real ones are.
    static Address address(uint64_t n, uint64_t seed = 42) noexcept;
    static Hash256 txn_hash(uint64_t n, uint64_t seed = 42) noexcept;

private:
    void fill(Transfer& transfer, uint32_t index);
    uint32_t any_end() noexcept { return ends_[random_.below(ends_.size())]; }
    void add_end(uint32_t number);

    uint64_t rows_left_;
    uint64_t seed_;
    std::size_t reservoir_;
    Random random_;
    BlockNum number_ = 0;
    uint64_t addresses_ = 0;
    uint64_t txns_ = 0;
    uint64_t ends_seen_ = 0;
    std::vector<uint32_t> ends_;    // The reservoir, in the order of its filling.
    std::vector<uint32_t> recent_;  // A ring of the last ends.
    std::vector<Asset> assets_;     // The native one first.
    std::vector<AccountTxn> spare_;
};

/// Gives `txns` exactly `count` elements and keeps the vectors inside of those taken away in
/// `spare`: std::vector::resize would free them, one allocation a txn.
void resize_txns(std::vector<AccountTxn>& txns, std::vector<AccountTxn>& spare, std::size_t count);

/// Called once a block with the rows written so far.
using Progress = std::function<void(uint64_t rows)>;
/// False at the end. What a writer draws its blocks from.
using NextBlock = std::function<Result<bool>(Block& block)>;
/// Lifetime: `stream` must outlive the result.
NextBlock blocks_of(AccountStream& stream);

/// Writes the compact form (README.md); an old file of that name is replaced. kInvalidParam for
/// what the form cannot hold: UTXO chains, parents, txns without transfers or with an own time,
/// indices that are not 0, 1, 2, ..., amounts of 2^128 and above, 65,536 assets. kIo, kNoSpace.
Status write_account_file(const std::string& path, const NextBlock& next,
                          const Progress& progress = {});
/// The same blocks as canonical CSV (docs/formats/transfers.md).
Status write_account_csv(const std::string& path, const NextBlock& next,
                         const Progress& progress = {});

/// Reads the compact form back, in pieces of 4 MiB. Confined to one thread.
class AccountStreamReader {
public:
    /// kNotFound, kIo, kMalformed, kTruncated (also a file whose writer did not finish).
    static Result<AccountStreamReader> open(const std::string& path);
    AccountStreamReader(AccountStreamReader&&) noexcept;
    AccountStreamReader& operator=(AccountStreamReader&&) noexcept;
    ~AccountStreamReader();

    /// As AccountStream::next. kTruncated, kMalformed, kIo.
    Result<bool> next(Block& block);
    uint64_t rows() const noexcept;    ///< Of the whole file.
    uint64_t blocks() const noexcept;  ///< Of the whole file.

private:
    struct State;
    explicit AccountStreamReader(std::unique_ptr<State> state) noexcept;
    std::unique_ptr<State> state_;
};

}  // namespace cordon::gen

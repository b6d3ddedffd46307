// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/fact.hpp>
#include <cordon/model/label.hpp>

/// What people and lists say about addresses and assets, beside the chain itself (SQLite, WAL,
/// synchronous=FULL).
namespace cordon::records {

/// A file that went in: for the evidence manifest.
struct Input {
    std::string name;    ///< As the user gave it, without the directory.
    std::string schema;  ///< "transfers", "labels", ...
    uint64_t bytes = 0;  ///< On disk.
    std::string sha256;  ///< Of the bytes on disk; lower-case hex.
    uint64_t rows = 0;   ///< Rows or blocks taken.
    friend bool operator==(const Input&, const Input&) = default;
};

/// A published list of labels: what is taken in, and replaced by its next version, as a whole.
struct LabelList {
    std::string name;                      ///< "ofac-sdn", ...; not empty.
    std::string schema;                    ///< "ofac", "tagpack", ...
    std::optional<UnixMillis> as_of = {};  ///< The list's own date.
    std::string sha256;                    ///< Of the bytes on disk; lower-case hex.
    uint64_t labels = 0;                   ///< How many of it are stored; not read by put.
    friend bool operator==(const LabelList&, const LabelList&) = default;
};

/// What a version of a list changed, in addresses (of a chain).
struct ListChange {
    uint64_t came = 0;     ///< Named for the first time.
    uint64_t changed = 0;  ///< Other statements about it than before.
    uint64_t went = 0;     ///< No longer named.
    uint64_t same = 0;
    std::optional<LabelList> before = {};  ///< The version that was replaced.
    friend bool operator==(const ListChange&, const ListChange&) = default;
};

struct Options {
    /// How long to wait for another process that writes, before kLocked.
    std::chrono::milliseconds busy_timeout{10'000};
};

/// One records file. Confined to one thread; several processes may open the same file.
///
/// Every put_... is one db_txn, durable when it returns success: all of it or none. A row that
/// could not be read back (empty address, confidence or price out of range, ...) is kInvalidParam
/// with its place in the span. Text is kept byte for byte. Errors of all: kIo, kNoSpace,
/// kPermission, kCorrupt, kLocked.
class Store {
public:
    /// Opens or creates. `path` is the file, e.g. LEDGER/records.sqlite; its directory must exist
    /// (kNotFound). kUnsupported when a newer version of Cordon, or another program, wrote it.
    static Result<std::unique_ptr<Store>> open(const std::string& path,
                                               const Options& options = {});
    /// Read only; kNotFound when there is none. Works on a read-only medium too. Every put_... is
    /// kPermission.
    static Result<std::unique_ptr<Store>> open_read_only(const std::string& path,
                                                         const Options& options = {});
    virtual ~Store() = default;

    /// Replaces what the same `source` said in earlier calls about the same (chain, address), adds
    /// the rest. Within one call a source may say several things about one address: all are kept,
    /// the same (text, category) once, with the later confidence. Idempotent: a repeated call
    /// writes nothing.
    virtual Status put_labels(std::span<const Label> labels) = 0;
    /// Makes `labels` all that the list of this name says: what an earlier version said and this
    /// one does not is gone. Other lists, and labels: files, keep what they said. Of the same
    /// (chain, address, source, text, category) the later counts. Label::list is not looked at.
    virtual Result<ListChange> put_label_list(const LabelList& list,
                                              std::span<const Label> labels) = 0;
    /// By (chain, asset); the later row wins.
    virtual Status put_assets(std::span<const AssetInfo> assets) = 0;
    /// By (chain, asset, time); the later row wins.
    virtual Status put_prices(std::span<const Price> prices) = 0;
    /// By (chain, address); the later row wins.
    virtual Status put_wallets(std::span<const WalletAddress> wallets) = 0;
    /// By (chain, txn, index); the later row wins. Facts of txns that the ledger does not hold (any
    /// more) do no harm: they are asked for by txn.
    virtual Status put_facts(std::span<const Fact> facts) = 0;
    /// By sha256: the same bytes are listed once, under their first name, with the largest `rows`.
    virtual Status put_input(const Input& input) = 0;

    /// All statements about an address on a chain (those for every chain included), most confident
    /// first, then by source, text, category, chain, list.
    virtual Result<std::vector<Label>> labels(ChainId chain, const Address& address) const = 0;
    /// The same on any chain.
    virtual Result<std::vector<Label>> labels_anywhere(const Address& address) const = 0;
    /// By name.
    virtual Result<std::vector<LabelList>> label_lists() const = 0;
    /// Every address of which any label on a chain (those for every chain included) is of this
    /// category, in order. Cost: a scan of all labels.
    virtual Result<std::vector<Address>> labelled(ChainId chain, Category category) const = 0;
    /// Every address that somebody has labelled on any chain, each once, in no order that means
    /// something: for who has to ask about many.
    virtual Result<std::vector<Address>> labelled() const = 0;
    /// Every label, by address, until `visit` returns false. Memory: one label.
    virtual Status each_label(const std::function<bool(const Label&)>& visit) const = 0;
    virtual Result<std::optional<AssetInfo>> asset(ChainId chain, const Asset& asset) const = 0;
    /// Every asset of a chain with this symbol, A-Z compared without case, by asset order.
    virtual Result<std::vector<AssetInfo>> assets_by_symbol(ChainId chain,
                                                            std::string_view symbol) const = 0;
    /// The last price at or before `time`.
    virtual Result<std::optional<Price>> price(ChainId chain, const Asset& asset,
                                               UnixMillis time) const = 0;
    /// Of one txn, by index.
    virtual Result<std::vector<Fact>> facts(ChainId chain, const Hash256& txn) const = 0;
    /// Of one kind on every chain: with this key, or all on one chain. By (chain, txn, index).
    virtual Result<std::vector<Fact>> facts(FactKind kind, std::string_view key) const = 0;
    virtual Result<std::vector<Fact>> facts(ChainId chain, FactKind kind) const = 0;
    /// All of them, by time.
    virtual Result<std::vector<Price>> prices(ChainId chain, const Asset& asset) const = 0;
    /// By (chain, address).
    virtual Result<std::vector<WalletAddress>> wallets() const = 0;
    /// By name, then sha256: independent of the order in which the files went in.
    virtual Result<std::vector<Input>> inputs() const = 0;
    struct Counts {
        uint64_t labels = 0, assets = 0, prices = 0, wallets = 0;
        friend bool operator==(const Counts&, const Counts&) = default;
    };
    virtual Result<Counts> counts() const = 0;

    /// Reads the whole file: pages, indices and every row as the model's types. kCorrupt names the
    /// first damage. SQLite has no page checksums: a flipped bit inside a text is not found.
    virtual Status verify() const = 0;

    /// Writes what is stored now into a new file, while others may go on writing to this one.
    /// kConflict when `path` exists. After another Error, what is there is not whole.
    virtual Status copy_to(const std::string& path) const = 0;
};

}  // namespace cordon::records

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/ledger/ledger.hpp>
#include <cordon/model/alert.hpp>
#include <cordon/records/store.hpp>

#include "label_search.hpp"

/// What a ledger and its records say of one address, txn or text. Every call is bounded: of an
/// address with ten million transfers it looks at `most` and says so. Errors: those of ledger and
/// records. Any thread, with a Store of its own; `records` may be absent: no labels, no prices.
namespace cordon::engine {

/// Of one address on one chain.
struct AddressFacts {
    ChainId chain;
    Address address;
    std::vector<Label> labels;            ///< Most confident first.
    std::optional<WalletAddress> wallet;  ///< Ours.
    struct Holding {
        Asset asset;
        std::optional<AssetInfo> info;
        Amount received, sent;  ///< With `cut`: of what was looked at, the newest.
        uint64_t transfers = 0;
        std::optional<Cents> usd;  ///< Of received - sent, at the last price.
    };
    std::vector<Holding> holdings;          ///< Largest in USD first, then by asset.
    std::optional<UnixMillis> first, last;  ///< Of all transfers, cut or not.
    uint64_t transfers = 0;                 ///< Looked at; with `cut` there are more.
    bool cut = false;
};
/// Every chain of the ledger on which the address has a transfer or a label.
Result<std::vector<AddressFacts>> address_facts(const ledger::Reader& ledger,
                                                const records::Store* records,
                                                const Address& address, std::size_t most);

/// Whom an address paid, or was paid by, in one asset.
struct Counterparty {
    Address address;
    std::optional<Label> label;
    Asset asset;
    std::optional<AssetInfo> info;
    Amount amount;
    uint64_t transfers = 0;
    std::optional<Cents> usd;  ///< At the last price.
};
struct Counterparties {
    std::vector<Counterparty> largest;  ///< By USD, then by asset and amount.
    uint64_t more = 0;                  ///< Not listed.
    bool cut = false;                   ///< Not all transfers were looked at.
};
/// kSender: whom it paid. REQUIRES: not kEither.
Result<Counterparties> counterparties(const ledger::Reader& ledger, const records::Store* records,
                                      ChainId chain, const Address& address, ledger::Side side,
                                      std::size_t top, std::size_t most);

/// One transfer or, on a UTXO chain, what an address got or spent by one txn.
struct TransferRow {
    TxnPosition at;
    std::optional<UnixMillis> time;
    Hash256 txn;
    uint32_t index = 0;  ///< Of the transfer; of the output, or of the first own input.
    Address from, to;    ///< UTXO: the other one is the largest on its side.
    Asset asset;
    Amount amount;
    std::string_view kind;
    std::optional<AssetInfo> info;
    std::optional<Cents> usd;  ///< At the time.
    std::optional<Label> from_label, to_label;
};
struct TransferAsk {
    ledger::TransferQuery query = {};
    /// Also what is worth less than a dollar (kDustCents), moves nothing, or is of a token that
    /// only shows another's name: how addresses are poisoned. Unpriced is never dust.
    bool dust = false;
    std::size_t limit = 100;
    std::size_t skip = 0;  ///< Rows of query.from's txn that were told before.
};
struct TransferPage {
    std::vector<TransferRow> rows;
    /// Where the next page begins; nothing at the end.
    struct Next {
        TxnPosition at;
        std::size_t skip = 0;
    };
    std::optional<Next> next;
    uint64_t left_out = 0;  ///< As dust, among what was looked at.
};
/// A page may have fewer rows than its limit, or none, and a next one all the same: of so much dust
/// no call looks at everything.
Result<TransferPage> transfers(const ledger::Reader& ledger, const records::Store* records,
                               ChainId chain, const Address& address, const TransferAsk& ask,
                               std::size_t most);
inline constexpr Cents kDustCents = 100;

/// What a text in the one search box may mean.
struct Found {
    enum class Kind : uint8_t { kAddress, kTxn, kLabel };
    Kind kind{};
    ChainId chain;
    std::string id;      ///< The address or hash, in machine form.
    std::string title;   ///< A label, or what it is.
    std::string detail;  ///< Category of a label.
};
/// Addresses and hashes by their form where the ledger or a label knows them, labels by a part of
/// their text (at most `most`).
Result<std::vector<Found>> find(const ledger::Reader& ledger, const records::Store* records,
                                const LabelSearch& labels, std::string_view text, std::size_t most);

}  // namespace cordon::engine

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include <cordon/records/case_store.hpp>
#include <cordon/trace/trace.hpp>

#include "manifest.hpp"
#include "words.hpp"

/// Draft letters that ask a service to hold stolen money. People act on them, so they claim what
/// the trace shows and nothing else: docs/formats/letter.md.
namespace cordon::report {

/// Money of a theft that one service received: what it needs to find and hold it, and no more.
struct LetterRow {
    ChainId chain;
    Address address;  ///< Of the service, as on the chain; of an issuer's letter: who holds it.
    Hash256 txn;
    BlockNum block = 0;  ///< 0: not known (the money came over a bridge).
    std::optional<UnixMillis> time;
    Address from;
    Asset asset;    ///< With its contract.
    Amount amount;  ///< That arrived by this movement.
    Amount stolen;  ///< Its stolen part that rests; never more than `amount`.
    double confidence = 1;
    std::optional<OutPoint> outpoint;  ///< UTXO chains.
};
struct Letter {
    enum class Kind : uint8_t {
        kService,  ///< Has the money on addresses of its own.
        kIssuer,   ///< Of a token that rests with others, and that it may be able to freeze.
    };
    std::string key;  ///< "northbank-exchange": for file names and addresses, unique in a case.
    Kind kind = Kind::kService;
    std::string service;  ///< As the label says, one harmless line; its sources in `said_by`.
    Category category{};
    std::vector<std::string> said_by;
    std::vector<LetterRow> rows;  ///< By time, then chain and txn.
    struct Total {
        ChainId chain;
        Asset asset;
        Amount stolen;
        std::optional<double> usd;  ///< When it arrived; none where a part is unpriced.
    };
    std::vector<Total> totals;  ///< By chain and asset.
    /// What rests at each address by the trace, up to which block of the ledger; and what the
    /// ledger as a whole knows of the address, where somebody has looked: the proof of balance.
    struct Resting {
        ChainId chain;
        Address address;
        Asset asset;
        Amount resting;
        BlockNum as_of = 0;
        std::optional<UnixMillis> time;
        std::optional<Amount> received, sent;  ///< All money of this asset, ours and others'.
    };
    std::vector<Resting> resting;
    std::string confidence;        ///< Why we think so, and how sure.
    bool drafted = true;           ///< False: somebody chose other letters; named, not written.
    std::vector<AssetInfo> units;  ///< How to write the amounts in it.
};

/// Stolen money that no letter asks for, and why not.
struct Unasked {
    std::string name;  ///< One harmless line.
    Category category{};
    ChainId chain;
    Asset asset;
    Amount stolen;
    std::string why;
    std::optional<AssetInfo> unit;  ///< How to write the amount.
};

struct Letters {
    std::vector<Letter> all;  ///< Most value first by the trace, then by key.
    std::vector<Unasked> without;
};

/// One trace of a case. Lifetime: as long as the call.
struct LetterSource {
    const trace::TraceResult& result;
    const trace::Context& context;
    std::vector<ledger::ChainSummary> ledger;  ///< Up to where it was read.
};

/// One letter for each service at which money of the traces came to rest and that could hold it
/// (exchanges and their deposit addresses, other custodial services, bridges); and for the issuer
/// of a token that rests with somebody else, where a label of the token's contract names one.
///
/// The stolen parts of a letter's rows add up to what the trace says rests there. They are its
/// arrivals, the newest first until that sum is reached. A movement that two traces name stands
/// once, with the larger of its stolen parts: never both, which might claim clean money. Money at
/// a start of the trace is not asked for: it never left.
Letters letters(std::span<const LetterSource> traces);

struct LetterPage {
    std::string case_id = {}, case_title = {}, story = {};
    records::CaseSender sender = {};   ///< What is empty is a line to fill in.
    std::string evidence_sha256 = {};  ///< Empty: not sealed yet, said.
    std::string version = {};
    std::string date = {};  ///< RFC 3339 day; empty: a line to fill in.
    Words words = {};       ///< What the case says of its units and of its labels' authors.
};
/// A draft freeze letter as one HTML page that prints as A4, "draft for counsel" on each page. It
/// begins with what a service needs to act: what to hold, where, until when, on whose word, how to
/// check it, whom to call back. Legal basis and signature, and what of the sender is not known, are
/// lines to fill in. Its table is generated, addresses in full.
std::string letter_html(const Letter& letter, const LetterPage& page);
/// The same as plain text of 78 columns, for a mail; lines that hold a hash may be longer.
std::string letter_text(const Letter& letter, const LetterPage& page);
/// Its rows as CSV, for the service's machine:
/// chain,block,time,tx,outpoint,from,to,asset,symbol,decimals,amount,stolen,confidence
std::string letter_csv(const Letter& letter);

}  // namespace cordon::report

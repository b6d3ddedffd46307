// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cordon/chain/bitcoin/descriptor.hpp>
#include <cordon/chain/bitcoin/psbt.hpp>
#include <cordon/chain/bitcoin/silent_payment.hpp>
#include <cordon/chain/bitcoin/spend.hpp>
#include <cordon/chain/bitcoin/txn.hpp>

#include "context.hpp"
#include "explanation.hpp"

namespace cordon::explain {

/// How sure it is that an output belongs to who signs.
enum class Own : uint8_t { kNo, kClaimed, kProven };

struct BtcInput {
    std::optional<chain::OutputView> spent;
    bool proven = false;          ///< By the txn that made it, or by a signature that covers it.
    Address address;              ///< Whose coin it is; empty: not known.
    bool address_proven = false;  ///< By what is spent, or by a signature that fits the address.
    bool mine = false;            ///< By the context's account or descriptors (find_own).
    bool complete = false;        ///< Carries its script or witness.
    std::optional<chain::SpendCheck> check;  ///< Of what it carries; none when it carries nothing.
    std::optional<uint32_t> sighash;         ///< The type that the PSBT asks for.
    std::vector<std::string> faults;         ///< chain::psbt_input_faults
};

struct BtcOutput {
    uint64_t value = 0;
    ByteView script;
    Address address;
    ByteView silent;  ///< Scan and spend key, of a silent payment (BIP-375).
    Own own = Own::kNo;
    std::string how;  ///< Why it is own, for a person.
};

/// What a PSBT and a txn have in common. Lifetime: that of the payload and the context.
struct BtcTxn {
    ChainId chain;
    chain::TxnView txn;
    std::vector<BtcInput> inputs;
    std::vector<BtcOutput> outputs;
    uint8_t modifiable = 0;                                           ///< BIP-370.
    std::optional<Result<chain::SilentCheck>> silent = std::nullopt;  ///< Of a PSBT (BIP-375).

    std::optional<Amount> spent() const;  ///< Nothing unless every input's amount is known.
    Amount paid() const;                  ///< All outputs together.
    /// Bytes that the fee pays for. Inputs without a signature yet are estimated by their kind.
    std::size_t vsize() const;
};

/// Txns that the context knows, by txid. Lifetime: that of the context.
class KnownTxns {
public:
    /// kMalformed names the txn that cannot be read.
    static Result<KnownTxns> make(const Context& context);
    const chain::OutputView* output(const OutPoint& point) const;
    /// The wallet's own, as the model has them, each input with the address that it shows.
    const std::vector<UtxoTxn>& own() const noexcept { return own_; }

private:
    std::map<Hash256, std::vector<chain::OutputView>> outputs_;
    std::vector<UtxoTxn> own_;
};

/// The address that an input spends from as its script and witness show it: by consensus they must
/// hash to what is spent. Empty when they do not show it.
Address shown_address(const chain::TxnView& txn, const chain::InputView& input);

Result<BtcTxn> btc_of_psbt(const chain::Psbt& psbt, const KnownTxns& known, ChainId chain);
Result<BtcTxn> btc_of_txn(const chain::TxnView& txn, const KnownTxns& known, ChainId chain);

/// Finds the outputs that go back to who signs: by the address that is spent from, by the
/// context's descriptors and account, by the extended keys of the PSBT (absent for a plain txn).
/// kMalformed: a descriptor of the context.
Status find_own(BtcTxn& btc, const chain::Psbt* psbt, const Context& context);

}  // namespace cordon::explain

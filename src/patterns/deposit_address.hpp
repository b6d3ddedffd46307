// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/trace/link_source.hpp>

namespace cordon::patterns {

/// Finds the deposit addresses that a service gives to its customers, by the sweeps to a labelled
/// hot wallet (docs/patterns/deposit-address.md).
///
/// A mule that passes its whole balance on to an exchange sweeps too. So a sweep alone says
/// nothing: the hot wallet must gather like this from other addresses with customers of their own,
/// it must pay strangers, and either the service pays the gas of the address or strangers who have
/// nothing to do with each other pay into it.
class DepositAddress final : public trace::LinkSource {
public:
    struct Params {
        /// Who gives every customer an address of his own. Not bridges, mixers and routers: whole
        /// balances go there from the owner's own hand.
        std::vector<Category> services{Category::kExchange, Category::kGambling,
                                       Category::kService};
        /// Of what it sends, and of what it received in a swept asset: the part that went to the
        /// service. The rest is gas and dust. In (0, 1].
        double min_swept = 0.95;
        /// Services collect within hours or in a weekly run; what lies longer is savings.
        Seconds max_delay{7 * 86'400};
        uint32_t min_sweeps = 3;   ///< Whole balances, each soon; needed without the gas.
        uint32_t min_senders = 3;  ///< Strangers to each other; needed without the gas.
        /// Of the largest receipt of an asset: less is dust, and its sender no customer. In [0, 1].
        double min_payment = 0.01;
        uint32_t min_siblings = 3;  ///< Addresses with other customers that sweep to it as well.
        uint32_t min_payees = 3;    ///< Strangers whom the hot wallet pays.
        /// Of the siblings, the part (and at least min_siblings) that one payer of gas must feed to
        /// be the service's. Services run several such wallets; a thief's mules are a small part of
        /// a hot wallet's payers. In (0, 1].
        double min_gas_share = 0.25;
        uint32_t max_rows = 512;     ///< Of an address that are read; the oldest.
        uint32_t max_siblings = 24;  ///< That are looked at; the ones nearest in time.
    };

    /// What speaks for it. `confidence` is 0 when that is not enough.
    struct Evidence {
        Address service;
        Label label;  ///< Of the service.
        uint32_t sweeps = 0, senders = 0, siblings = 0;
        std::vector<std::pair<Asset, Amount>> swept;
        std::vector<TxnPosition> at;  ///< The sweeps.
        double confidence = 0;
        std::vector<std::string> why;
    };

    DepositAddress() noexcept = default;
    explicit DepositAddress(Params params) noexcept : params_{std::move(params)} {}

    /// Nothing when it does not even sweep. Cost: at most max_rows rows of the address, and a page
    /// of each of max_siblings others; one page and two labels for most addresses.
    Result<std::optional<Evidence>> examine(ChainId chain, const Address& address,
                                            const ledger::Reader& ledger,
                                            const trace::Context& context) const;

    Infers infers() const noexcept override { return Infers::kOfPayers; }
    Result<std::optional<Label>> inferred_label(ChainId chain, const Address& address,
                                                const ledger::Reader& ledger,
                                                const trace::Context& context) const override;

private:
    Params params_;
};

}  // namespace cordon::patterns

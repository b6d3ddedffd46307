// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "look_alike.hpp"

#include <cordon/trace/address_index.hpp>
#include <cordon/trace/link_source.hpp>

namespace cordon::patterns {

/// A row that puts a look-alike of a true counterparty into the history of an address, to be copied
/// by mistake.
struct Poisoning {
    enum class How : uint8_t { kZero, kCounterfeit, kDust };
    Address look_alike, imitated;
    How how = How::kZero;
};
std::string_view to_string(Poisoning::How how) noexcept;

/// Finds address poisoning: nothing, a counterfeit or dust, to or from an address with the same
/// ends as somebody with whom the address has truly dealt (docs/patterns/address-poisoning.md).
class AddressPoisoning final : public trace::LinkSource {
public:
    struct Params {
        LookAlikeParams look_alike;
        /// Dust is at most this part of the largest payment with the true counterparty in the same
        /// asset. A thing that looks alike by chance does not exist; this only keeps real money in
        /// view that a victim paid by mistake and got back. In [0, 1].
        double max_share = 0.01;
    };

    /// Reads the rows of one address in chain order. Lifetime: the context must outlive it.
    class Watch final : public trace::BaitWatch {
    public:
        Watch(const Params& params, ChainId chain, const Address& address,
              const trace::Context& context)
            : params_{params}, chain_{chain}, address_{address}, context_{context} {}
        /// Any row of the address, also those that move nothing.
        std::optional<Poisoning> see(const Transfer& row);
        bool is_bait(const Transfer& row) override { return see(row).has_value(); }

    private:
        struct Deal {
            std::string ends;
            Address with;
            std::vector<std::pair<Asset, Amount>> largest;
            uint32_t alike = kNone;  ///< The next with the same ends, in order of coming.
        };
        static constexpr uint32_t kNone = trace::AddressIndex::kNone;
        /// The first with these ends, or kNone.
        uint32_t find(std::string_view ends) const;
        Deal& add(std::string ends, const Address& with, uint32_t last_alike);

        Params params_;
        ChainId chain_;
        Address address_;
        const trace::Context& context_;
        std::vector<Deal> deals_;
        trace::AddressIndex firsts_;  // Of deals_, by ends, when they are not few.
    };

    AddressPoisoning() noexcept = default;
    explicit AddressPoisoning(const Params& params) noexcept : params_{params} {}

    std::unique_ptr<trace::BaitWatch> bait_watch(ChainId chain, const Address& address,
                                                 std::span<const Address> others,
                                                 const trace::Context& context) const override;

private:
    Params params_;
};

}  // namespace cordon::patterns

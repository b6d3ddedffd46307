// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include <cordon/ledger/ledger.hpp>

#include "address_index.hpp"
#include "link_source.hpp"

namespace cordon::trace {

/// An account chain as a walk asks it: by the ledger's numbers. When money first comes to an
/// address, its rows are wanted three times at once, to see who else pays it, what it is, and what
/// it holds: those of the last few addresses are kept, where they are few. Confined to one thread.
class ChainRows {
public:
    using Row = ledger::NumberedRow;
    using Txn = ledger::NumberedRows::Txn;

    /// Lifetime: what it is given must outlive it. REQUIRES: an account chain that is there.
    ChainRows(const ledger::Reader& ledger, ChainId chain, std::span<const LinkSource* const> links,
              const Context& context)
        : ledger_{ledger},
          chain_{chain},
          links_{links},
          context_{context},
          rows_{ledger.numbered(chain)} {}

    const ledger::Reader& ledger() const noexcept { return ledger_; }
    ChainId chain() const noexcept { return chain_; }
    ledger::NumberedRows& numbered() const noexcept { return *rows_; }

    /// Lifetime: until others are asked for.
    Result<const Address*> address(uint32_t number) const {
        const Name& place = names_[number % kNames];
        if (place.number == number) return &place.address;
        CORDON_TRY(const Name* named, read_name(number));
        return &named->address;
    }
    /// Whether anybody says what the address is.
    Result<bool> is_labelled(uint32_t address) const {
        if (listed_ && listed_->find(AddressIndex::hash(address)) == AddressIndex::kNone)
            return false;
        return has_label(address);
    }
    /// Lifetime: this object.
    Result<const Asset*> asset(uint32_t number) const {
        if (last_.second != nullptr && last_.first == number) return &last_.second->asset;
        CORDON_TRY(const Known* at, known(number));
        return &at->asset;
    }
    /// REQUIRES: asset() gave it.
    uint32_t number_of(const Asset& asset) const;
    /// Whether transfers of it never carry taint. True when the asset cannot be read, which
    /// for_each() and status() tell from then on.
    bool is_worthless(uint32_t asset) const {
        if (last_.second != nullptr && last_.first == asset) return last_.second->worthless;
        const auto at = known(asset);
        if (at) return (*at)->worthless;
        status_ = fail(at.error());
        return true;
    }
    const Status& status() const noexcept { return status_; }

    /// All rows of an address, oldest first, when they are few. Lifetime: until some other
    /// addresses were asked for. An error is met again by who reads on.
    std::optional<std::span<const Row>> few(uint32_t address) const {
        if (kept_addresses_[latest_] != address) keep(address);  // Mostly it is the same.
        const Kept& kept = kept_[latest_];
        if (!kept.whole) return std::nullopt;
        return std::span<const Row>{kept.rows}.first(kept.count);
    }
    /// Hands every row of an address to `each`, in chain order, until that returns false. Pages
    /// grow, so that a service is found out after few reads and an honest crowd is read in few.
    template <typename Each>
    Status for_each(uint32_t address, Each&& each) const {
        if (const auto known = few(address)) {
            for (const Row& row : *known)
                if (!each(row)) break;
            return status_;
        }
        std::vector<Row> page(kFirstPage);
        for (uint64_t from = 0;;) {
            CORDON_TRY(const std::size_t count, rows_->rows_of(address, from, page));
            for (const Row& row : std::span{page}.first(count))
                if (!each(row)) return status_;
            if (count < page.size()) return status_;
            from = page.back().row + 1;
            if (count < kLargestPage) page.resize(count * 2);
        }
    }

    Result<Transfer> transfer(const Row& row) const;

private:
    static constexpr uint64_t kNobody = ~uint64_t{0};
    static constexpr std::size_t kFew = 32;  // Who has more is read for his own sake.
    static constexpr std::size_t kFirstPage = 64, kLargestPage = 256;

    struct Kept {
        bool whole = false;
        std::size_t count = 0;
        std::array<Row, kFew + 1> rows;
    };
    /// An address is named several times within a few txns, and then hardly ever again.
    struct Name {
        uint32_t number = ~uint32_t{0};
        Address address;
        std::optional<bool> labelled;
    };
    static constexpr std::size_t kNames = 4096;  // 256 kB; each number has one place.
    void keep(uint32_t address) const;
    Result<Name*> read_name(uint32_t number) const;
    Result<bool> has_label(uint32_t address) const;
    /// Reads the list of all that are labelled when that costs less than to go on asking for one.
    Status list_labelled() const;
    struct Known {
        Asset asset;
        bool worthless = false;
    };
    Result<const Known*> known(uint32_t asset) const;

    const ledger::Reader& ledger_;
    ChainId chain_;
    std::span<const LinkSource* const> links_;
    const Context& context_;
    std::unique_ptr<ledger::NumberedRows> rows_;
    static constexpr std::size_t kKept = 8;  // A txn seldom pays more that are new.
    mutable std::array<uint64_t, kKept> kept_addresses_{kNobody, kNobody, kNobody, kNobody,
                                                        kNobody, kNobody, kNobody, kNobody};
    mutable std::array<Kept, kKept> kept_;  // Beside them.
    mutable std::size_t oldest_ = 0, latest_ = 0;
    mutable std::vector<Name> names_{kNames};
    mutable uint64_t asked_ = 0;                  // Of labels, by name.
    mutable std::optional<AddressIndex> listed_;  // Who may have a label, when that is known.
    mutable std::unordered_map<uint32_t, Known> assets_;
    mutable Status status_;                             // Of asking about worth.
    mutable std::pair<uint32_t, const Known*> last_{};  // Of assets_: mostly it is the same.
};

}  // namespace cordon::trace

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "chain_rows.hpp"

#include <algorithm>
#include <bit>

#include <cordon/base/check.hpp>

#include "trace.hpp"

namespace cordon::trace {

Result<ChainRows::Name*> ChainRows::read_name(uint32_t number) const {
    Name& place = names_[number % kNames];
    CORDON_TRY(place.address, rows_->address(number));
    place.number = number;
    place.labelled.reset();
    return &place;
}

Status ChainRows::list_labelled() const {
    // Finding the number of one that is labelled costs as much as so many questions by name.
    constexpr uint64_t kFirstLook = 256, kQuestionsANumber = 4;
    if (++asked_ < kFirstLook || !std::has_single_bit(asked_)) return {};
    const auto* all = context_.labelled_addresses(chain_);
    if (all == nullptr || all->size() * kQuestionsANumber > asked_) return {};
    AddressIndex listed;
    for (const Address& each : *all) {
        CORDON_TRY(const auto number, ledger_.address_id(chain_, each));
        if (number) listed.add(AddressIndex::hash(*number), *number);
    }
    listed_ = std::move(listed);
    return {};
}

Result<bool> ChainRows::has_label(uint32_t address) const {
    if (!listed_) {
        CORDON_TRY(list_labelled());
        if (listed_) return is_labelled(address);
    }
    Name* named = &names_[address % kNames];
    if (named->number != address) {
        CORDON_TRY(named, read_name(address));
    }
    if (!named->labelled) named->labelled = context_.label(chain_, named->address).has_value();
    return *named->labelled;
}

Result<const ChainRows::Known*> ChainRows::known(uint32_t asset) const {
    if (last_.second != nullptr && last_.first == asset) return last_.second;
    auto at = assets_.find(asset);
    if (at == assets_.end()) {
        CORDON_TRY(const Asset named, rows_->asset(asset));
        const bool worthless =
            std::any_of(links_.begin(), links_.end(), [&](const LinkSource* source) {
                return source->is_worthless(chain_, named, context_);
            });
        at = assets_.emplace(asset, Known{named, worthless}).first;
    }
    last_ = {asset, &at->second};
    return last_.second;
}

uint32_t ChainRows::number_of(const Asset& asset) const {
    const auto at = std::find_if(assets_.begin(), assets_.end(),
                                 [&](const auto& each) { return each.second.asset == asset; });
    CORDON_CHECK(at != assets_.end());
    return at->first;
}

/// Has the rows of `address` at hand, at latest_.
void ChainRows::keep(uint32_t address) const {
    for (latest_ = 0; latest_ < kKept; ++latest_)
        if (kept_addresses_[latest_] == address) return;
    latest_ = oldest_;
    oldest_ = (oldest_ + 1) % kKept;
    Kept& place = kept_[latest_];
    const auto count = rows_->rows_of(address, 0, place.rows);
    kept_addresses_[latest_] = address;
    place.whole = count && *count <= kFew;
    place.count = count.value_or(0);
}

Result<Transfer> ChainRows::transfer(const Row& row) const {
    Transfer out;
    out.index = row.index;
    CORDON_TRY(const Address* from, address(row.from));
    out.from = *from;
    CORDON_TRY(const Address* to, address(row.to));
    out.to = *to;
    CORDON_TRY(const Asset* asset, this->asset(row.asset));
    out.asset = *asset;
    out.amount = row.amount;
    out.kind = row.kind;
    return out;
}

}  // namespace cordon::trace

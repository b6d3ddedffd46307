// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

#include <cordon/base/format.hpp>
#include <cordon/chain/text.hpp>

#include "token_list.hpp"

namespace cordon::explain {
namespace {

/// Labels are other people's texts; a sentence has no room for long ones.
constexpr std::size_t kMostOfName = 40;

}  // namespace

Words::Words(const Context& context, ChainId chain) : context_{context}, chain_{chain} {
    for (const BookEntry& entry : context.book)
        if (entry.chain == chain) book_.try_emplace(entry.address, &entry);
}

const BookEntry* Words::entry(const Address& address) const {
    if (book_.empty()) return nullptr;
    const auto found = book_.find(address);
    return found == book_.end() ? nullptr : found->second;
}

const TokenEntry* Words::token(const Asset& asset) const {
    return find_token(context_, chain_, asset);
}

const std::string& Words::address(const Address& address) {
    const auto [at, fresh] = addresses_.try_emplace(address);
    if (fresh) {
        const std::string text =
            address.empty() ? "the signer" : chain::display_address(chain_, address);
        const BookEntry* known = entry(address);
        std::string name = known != nullptr ? known->name : std::string{};
        if (name.empty() && context_.history != nullptr && !address.empty()) {
            name = context_.history->name(chain_, address);
            if (!name.empty()) name = format("labelled \"{}\"", clipped(name, kMostOfName));
        }
        at->second = name.empty() ? text : format("{} ({})", name, text);
    }
    return at->second;
}

std::string Words::asset(const Asset& asset) {
    if (asset.is_native()) {
        const std::string_view symbol = native_symbol(chain_);
        return symbol == "native" ? format("coins of {}", to_string(chain_)) : std::string{symbol};
    }
    if (const TokenEntry* known = token(asset)) return known->symbol;
    const auto contract = chain::parse_address(chain_, asset.text());
    return format("the unknown token {}",
                  contract ? address(*contract) : std::string{asset.text()});
}

std::string Words::money(const Asset& asset, const Amount& amount) {
    if (asset.is_native())
        return format("{} {}", grouped(format_units(amount, native_decimals(chain_))),
                      this->asset(asset));
    if (const TokenEntry* known = token(asset))
        return format("{} {}", grouped(format_units(amount, known->decimals)), known->symbol);
    return format("{} smallest units of {}", grouped(amount.to_string()), this->asset(asset));
}

std::string Words::allowance(const Asset& asset, const Amount& amount) {
    if (is_unlimited(amount)) return format("all it likes of {}", this->asset(asset));
    return format("up to {}", money(asset, amount));
}

bool is_unlimited(const Amount& amount) noexcept {
    constexpr Amount kUint112 = Amount::from_limbs({~0ULL, (uint64_t{1} << 48) - 1, 0, 0});
    constexpr Amount kUint96 = Amount::from_limbs({~0ULL, (uint64_t{1} << 32) - 1, 0, 0});
    return amount >= kUint112 || amount == kUint96;
}

std::string grouped(std::string_view number) {
    const std::size_t whole = std::min(number.find('.'), number.size());
    std::string out;
    out.reserve(number.size() + whole / 3);
    for (std::size_t i = 0; i < number.size(); ++i) {
        if (i != 0 && i < whole && (whole - i) % 3 == 0) out += ',';
        out += number[i];
    }
    return out;
}

std::string counted(uint64_t count, std::string_view one, std::string_view many) {
    return format("{} {}", grouped(std::to_string(count)), count == 1 ? one : many);
}

std::string duration(const Amount& seconds) {
    struct Unit {
        uint64_t seconds;
        std::string_view one, many;
    };
    constexpr std::array<Unit, 3> kUnits{
        {{86'400, "day", "days"}, {3'600, "hour", "hours"}, {60, "minute", "minutes"}}};
    if (!seconds.fits_u64()) return format("{} seconds", grouped(seconds.to_string()));
    const uint64_t all = seconds.low_u64();
    for (const Unit& unit : kUnits)
        if (all != 0 && all % unit.seconds == 0)
            return counted(all / unit.seconds, unit.one, unit.many);
    return counted(all, "second", "seconds");
}

std::string clipped(std::string_view text, std::size_t most) {
    if (text.size() <= most) return std::string{text};
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
    return std::string{text.substr(0, most)} + "…";
}

}  // namespace cordon::explain

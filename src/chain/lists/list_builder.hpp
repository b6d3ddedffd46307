// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "../label_lists.hpp"
#include "label_words.hpp"

/// What the readers of published lists share. Private to the room.
namespace cordon::chain {

/// Free text of a row is stored and shown: longer than this it is a mistake or an attack.
inline constexpr std::size_t kMaxListText = 4096;

/// Fills a PublishedList row by row. A row is reported exactly once: take, unsupported or bad.
class ListBuilder {
public:
    ListBuilder(const InputFile& file, const ListOptions& options)
        : file_{file}, options_{options} {}

    const LabelWords& words() const {
        return options_.words != nullptr ? *options_.words : LabelWords::shipped();
    }
    const ListOptions& options() const noexcept { return options_; }
    std::string where(uint64_t line) const;

    /// kLimit when the labels together hold more text than a list may.
    Status take(Label label);
    /// Counts text that a label keeps; kLimit as above.
    Status keep(std::size_t bytes);
    void unsupported(std::string_view currency);
    /// The refusal itself, unless bad rows are skipped.
    Status bad(uint64_t line, const Error& why);
    /// The first kMaxBadRows are kept.
    void note(std::string text);

    PublishedList& list() noexcept { return list_; }

private:
    const InputFile& file_;
    const ListOptions& options_;
    PublishedList list_;
    std::size_t kept_ = 0;  // Bytes of text.
};

/// Where an address may live, told from its text alone: an EVM address has no chain of its own.
struct Placed {
    std::optional<ChainId> chain;
    Address address;
};
/// Main networks only. kMalformed or kChecksum when no chain that Cordon reads has such an address.
Result<Placed> place_address(std::string_view text);

/// The chain that a currency or network code stands for. A token may be on several chains: then the
/// address decides.
struct Currency {
    enum class Kind { kChain, kToken, kUnknown } kind = Kind::kUnknown;
    ChainId chain{};
};
Currency currency_of(std::string_view code) noexcept;

/// The address on the chain that its currency names. nullopt: the chain is none that Cordon reads.
Result<std::optional<Placed>> place_in(std::string_view code, std::string_view address);

/// kMalformed for empty text, kLimit for more than kMaxListText bytes.
Result<std::string> list_text(std::string_view text, std::string_view field);

/// "2023-08-16 12:18:52.619444" counts as its day. kMalformed otherwise than parse_time.
Result<UnixMillis> parse_lastmod(std::string_view text);

}  // namespace cordon::chain

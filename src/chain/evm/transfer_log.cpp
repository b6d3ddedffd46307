// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "transfer_log.hpp"

#include <algorithm>

namespace cordon::chain {
namespace {

constexpr std::size_t kWord = 32;

std::optional<Address> address_of(ByteView word) {
    const ByteView padding = word.first(12);
    if (!std::all_of(padding.begin(), padding.end(), [](uint8_t byte) { return byte == 0; }))
        return std::nullopt;
    return Address{AddressKind::kEvm, word.subspan(12)};
}

}  // namespace

const Hash256 kTransferTopic{{0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0,
                              0x68, 0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4,
                              0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef}};

std::optional<TransferLog> decode_transfer_log(std::span<const Hash256> topics, ByteView data) {
    if (topics.empty() || topics[0] != kTransferTopic || topics.size() > 4) return std::nullopt;
    if (data.size() != (4 - topics.size()) * kWord) return std::nullopt;
    const auto word = [&](std::size_t i) -> ByteView {  // The three arguments, wherever they stand.
        return i + 1 < topics.size() ? ByteView{topics[i + 1]}
                                     : data.subspan((i + 1 - topics.size()) * kWord, kWord);
    };
    const auto from = address_of(word(0));
    const auto to = address_of(word(1));
    const auto amount = Amount::from_big_endian(word(2));
    if (!from || !to || !amount) return std::nullopt;
    return TransferLog{*from, *to, *amount, topics.size() == 4};
}

TransferKind token_transfer_kind(const Address& from, const Address& to) noexcept {
    if (from.is_zero() == to.is_zero()) return TransferKind::kToken;
    return from.is_zero() ? TransferKind::kMint : TransferKind::kBurn;
}

}  // namespace cordon::chain

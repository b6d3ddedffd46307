// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "transfers_row.hpp"

#include <array>
#include <charconv>
#include <concepts>

#include "text.hpp"

namespace cordon::chain {
namespace {

void append_hex(std::string& out, ByteView bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (const uint8_t byte : bytes) {
        out.push_back(kDigits[byte >> 4]);
        out.push_back(kDigits[byte & 15]);
    }
}

void append_number(std::string& out, std::integral auto value) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_address(std::string& out, ChainId chain, const Address& address) {
    if (address.kind() != AddressKind::kEvm) {
        out += format_address(chain, address);
        return;
    }
    out += "0x";  // By far the most rows: without a string of its own.
    append_hex(out, address.payload());
}

}  // namespace

void append_transfer_row(std::string& out, ChainId chain, const TransferRowHead& head,
                         const Transfer& transfer) {
    out += head.chain;
    out += ',';
    append_number(out, head.block);
    out += ',';
    append_number(out, head.time);
    out += chain.family == ChainFamily::kEvm ? ",0x" : ",";
    append_hex(out, head.hash);
    out += ',';
    append_number(out, transfer.index);
    out += ',';
    append_address(out, chain, transfer.from);
    out += ',';
    append_address(out, chain, transfer.to);
    out += ',';
    out += transfer.asset.text();
    out += ',';
    if (transfer.amount.fits_u64())
        append_number(out, transfer.amount.low_u64());
    else
        out += transfer.amount.to_string();
    out += ',';
    out += to_string(transfer.kind);
    out += '\n';
}

}  // namespace cordon::chain

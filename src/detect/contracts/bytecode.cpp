// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bytecode.hpp"

#include <algorithm>

namespace cordon::detect {
namespace {

// Opcodes (Ethereum yellow paper, appendix H).
constexpr uint8_t kEq = 0x14, kOrigin = 0x32, kPush1 = 0x60, kPush4 = 0x63, kPush20 = 0x73,
                  kPush32 = 0x7f, kCall = 0xf1, kCallCode = 0xf2, kDelegateCall = 0xf4,
                  kSelfDestruct = 0xff;
/// Twice what EIP-3860 lets a creation have is 96 KiB; other chains allow more.
constexpr std::size_t kMostCode = std::size_t{1} << 20;
/// EIP-1167 has 45 bytes; with its creation code and immutable arguments less than this.
constexpr std::size_t kForwarder = 200;

/// Without the notes of the compiler at the end: CBOR of one to four entries, then its length
/// (Solidity, "Contract Metadata"). They are hashes, and read as opcodes they say anything.
ByteView without_notes(ByteView code) noexcept {
    constexpr std::size_t kLength = 2;
    if (code.size() < kLength) return code;
    const std::size_t size = (std::size_t{code[code.size() - 2]} << 8) | code[code.size() - 1];
    if (size + kLength > code.size()) return code;
    const uint8_t head = code[code.size() - kLength - size];
    return head >= 0xa1 && head <= 0xa4 ? code.first(code.size() - kLength - size) : code;
}

template <typename T>
void sort_unique(std::vector<T>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace

bool CodeFacts::has(Selector selector) const noexcept {
    return std::binary_search(selectors.begin(), selectors.end(), selector);
}

bool CodeFacts::has_any(const SelectorSet& set) const noexcept {
    return std::any_of(set.all().begin(), set.all().end(),
                       [&](Selector selector) { return has(selector); });
}

CodeFacts read_code(ByteView code) {
    CodeFacts facts;
    facts.size = code.size();
    code = without_notes(code.first(std::min(code.size(), kMostCode)));
    for (std::size_t i = 0; i < code.size(); ++i) {
        const uint8_t op = code[i];
        switch (op) {
            case kCall:
            case kCallCode: ++facts.calls; break;
            case kDelegateCall: ++facts.delegatecalls; break;
            case kSelfDestruct: facts.selfdestructs = true; break;
            case kOrigin: facts.asks_origin = true; break;
            default: break;
        }
        if (op < kPush1 || op > kPush32) continue;
        const std::size_t length = std::size_t{op} - kPush1 + 1;
        if (i + length >= code.size()) break;
        const ByteView value = code.subspan(i + 1, length);
        if (op == kPush4) {
            facts.selectors.push_back(*selector_of(value));
            if (code[i + 1 + length] == kEq) facts.compares_selectors = true;
        }
        // Masks are no addresses.
        if (op == kPush20 && std::any_of(value.begin(), value.end(),
                                         [](uint8_t byte) { return byte != 0 && byte != 0xff; }))
            facts.addresses.emplace_back(AddressKind::kEvm, value);
        i += length;
    }
    sort_unique(facts.selectors);
    sort_unique(facts.addresses);
    return facts;
}

bool is_forwarder(const CodeFacts& facts) noexcept { return facts.size < kForwarder; }

bool is_token(const CodeFacts& facts) noexcept {
    static const Selector kTotalSupply = selector_named("totalSupply()");
    static const Selector kTransfer = selector_named("transfer(address,uint256)");
    static const Selector kOwnerOf = selector_named("ownerOf(uint256)");
    static const Selector kBalanceOf = selector_named("balanceOf(address)");
    return (facts.has(kTotalSupply) && facts.has(kTransfer) && facts.has(kBalanceOf)) ||
           (facts.has(kOwnerOf) && facts.has(kBalanceOf));
}

}  // namespace cordon::detect

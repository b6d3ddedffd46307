// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "ext_key.hpp"

#include <algorithm>
#include <charconv>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/crypto/hmac.hpp>

#include "base58.hpp"

namespace cordon::chain {
namespace {

constexpr std::size_t kSize = 78;  // BIP-32.

// BIP-32, then SLIP-132: the other letters say what kind of output a wallet makes of the keys.
constexpr ExtKeyVersion kVersions[] = {
    {0x0488b21e, "xpub", kBitcoin, false},        {0x0488ade4, "xprv", kBitcoin, true},
    {0x043587cf, "tpub", kBitcoinTestnet, false}, {0x04358394, "tprv", kBitcoinTestnet, true},
    {0x049d7cb2, "ypub", kBitcoin, false},        {0x049d7878, "yprv", kBitcoin, true},
    {0x04b24746, "zpub", kBitcoin, false},        {0x04b2430c, "zprv", kBitcoin, true},
    {0x0295b43f, "Ypub", kBitcoin, false},        {0x0295b005, "Yprv", kBitcoin, true},
    {0x02aa7ed3, "Zpub", kBitcoin, false},        {0x02aa7a99, "Zprv", kBitcoin, true},
    {0x044a5262, "upub", kBitcoinTestnet, false}, {0x044a4e28, "uprv", kBitcoinTestnet, true},
    {0x045f1cf6, "vpub", kBitcoinTestnet, false}, {0x045f18bc, "vprv", kBitcoinTestnet, true},
    {0x024289ef, "Upub", kBitcoinTestnet, false}, {0x024285b5, "Uprv", kBitcoinTestnet, true},
    {0x02575483, "Vpub", kBitcoinTestnet, false}, {0x02575048, "Vprv", kBitcoinTestnet, true},
};

// BIP-32 writes its numbers big-endian, unlike the rest of Bitcoin.
uint32_t big_endian(ByteView bytes) noexcept {
    uint32_t value = 0;
    for (const uint8_t byte : bytes.first(4)) value = value << 8 | byte;
    return value;
}
void append_big_endian(Bytes& out, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<uint8_t>(value >> shift));
}

}  // namespace

const ExtKeyVersion* find_ext_key_version(uint32_t version) noexcept {
    const auto found = std::find_if(std::begin(kVersions), std::end(kVersions),
                                    [&](const auto& each) { return each.version == version; });
    return found == std::end(kVersions) ? nullptr : found;
}

Result<ExtKey> parse_ext_key(std::string_view text) {
    CORDON_TRY(const Bytes bytes, parse_base58check(text));
    if (bytes.size() != kSize)
        return fail(ErrorCode::kMalformed,
                    format("an extended key of {} bytes; expected {}", bytes.size(), kSize));
    const ByteView view{bytes};
    const ExtKeyVersion* version = find_ext_key_version(big_endian(view));
    if (version == nullptr)
        return fail(ErrorCode::kMalformed, "an extended key of an unknown version");
    if (version->secret)
        return fail(ErrorCode::kUnsupported,
                    format("a PRIVATE key ({}...): it must not be here; use the public one",
                           version->prefix));
    Result<crypto::PublicKey> key = crypto::PublicKey::parse(view.subspan(45, 33));
    if (!key) return fail(key.error().in("extended key"));
    ExtKey out{version->version, view[4], {}, big_endian(view.subspan(9)), {}, *key};
    std::copy_n(view.begin() + 5, 4, out.parent.begin());
    std::copy_n(view.begin() + 13, 32, out.chain_code.bytes.begin());
    if (out.depth == 0 && (out.child != 0 || out.parent != Fingerprint32{}))
        return fail(ErrorCode::kMalformed, "an extended key without steps that names a parent");
    return out;
}

std::string format_ext_key(const ExtKey& key) {
    Bytes out;
    append_big_endian(out, key.version);
    out.push_back(key.depth);
    out.insert(out.end(), key.parent.begin(), key.parent.end());
    append_big_endian(out, key.child);
    out.insert(out.end(), key.chain_code.bytes.begin(), key.chain_code.bytes.end());
    const auto point = key.key.compressed();
    out.insert(out.end(), point.begin(), point.end());
    return format_base58check(out);
}

Fingerprint32 fingerprint_of(const crypto::PublicKey& key) {
    const crypto::Hash160 hash = crypto::hash160(key.compressed());
    return {hash[0], hash[1], hash[2], hash[3]};
}

Result<ExtKey> child_of(const ExtKey& parent, uint32_t step) {
    if (step >= kHardened)
        return fail(ErrorCode::kInvalidParam, "a hardened step needs the private key");
    if (parent.depth == kMaxPath) return fail(ErrorCode::kLimit, "more than 255 steps");
    const auto point = parent.key.compressed();
    Bytes message(point.begin(), point.end());
    append_big_endian(message, step);
    const crypto::Hash512 hash = crypto::hmac_sha512(parent.chain_code, message);
    Hash256 left;
    ExtKey out = parent;
    std::copy_n(hash.begin(), 32, left.bytes.begin());
    std::copy_n(hash.begin() + 32, 32, out.chain_code.bytes.begin());
    CORDON_TRY(out.key, parent.key.add(left));
    out.depth = static_cast<uint8_t>(parent.depth + 1);
    out.parent = fingerprint_of(parent.key);
    out.child = step;
    return out;
}

Result<std::vector<uint32_t>> parse_path(std::string_view text) {
    std::vector<uint32_t> path;
    if (text == "m") return path;
    if (text.starts_with("m/")) {
        text.remove_prefix(2);
        if (text.empty()) return fail(ErrorCode::kMalformed, "a derivation path that ends in /");
    }
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('/'), text.size());
        std::string_view step = text.substr(0, end);
        const bool hardened = step.ends_with('\'') || step.ends_with('h') || step.ends_with('H');
        if (hardened) step.remove_suffix(1);
        uint32_t value = 0;
        const auto [stop, error] = std::from_chars(step.data(), step.data() + step.size(), value);
        if (step.empty() || error != std::errc{} || stop != step.data() + step.size() ||
            value >= kHardened)
            return fail(ErrorCode::kMalformed,
                        format("\"{}\" is no step of a derivation path", step));
        if (path.size() == kMaxPath) return fail(ErrorCode::kLimit, "more than 255 steps");
        path.push_back(hardened ? value | kHardened : value);
        if (end == text.size()) break;
        text.remove_prefix(end + 1);
        if (text.empty()) return fail(ErrorCode::kMalformed, "a derivation path that ends in /");
    }
    return path;
}

std::string format_path(const std::vector<uint32_t>& path) {
    std::string out = "m";
    for (const uint32_t step : path)
        out += format("/{}{}", step & ~kHardened, (step & kHardened) != 0 ? "'" : "");
    return out;
}

}  // namespace cordon::chain

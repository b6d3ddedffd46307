// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "mnemonic.hpp"

#include <algorithm>

#include <botan/pwdhash.h>

#include <cordon/base/check.hpp>
#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::vault {
namespace {

// BIP-39.
constexpr std::size_t kWords = 2048;
constexpr unsigned kBitsPerWord = 11;
constexpr std::size_t kRounds = 2048;

/// The checksum of n bytes of entropy: one bit for each four bytes, from the front of its hash.
uint8_t checksum_of(ByteView entropy) noexcept {
    return static_cast<uint8_t>(crypto::sha256(entropy).bytes[0] >> (8 - entropy.size() / 4));
}

Status check_list(WordList words) {
    if (words.size() == kWords) return {};
    return fail(ErrorCode::kInvalidParam,
                format("a list of {} words; expected {}", words.size(), kWords));
}

}  // namespace

Result<Bytes> entropy_of(std::string_view mnemonic, WordList words) {
    CORDON_TRY(check_list(words));
    constexpr std::string_view kWide = "\u3000";
    std::vector<uint16_t> indices;
    while (!mnemonic.empty()) {
        const std::size_t end =
            std::min({mnemonic.find(' '), mnemonic.find(kWide), mnemonic.size()});
        const std::string_view word = mnemonic.substr(0, end);
        const auto found = std::find(words.begin(), words.end(), word);
        if (found == words.end())
            return fail(ErrorCode::kMalformed,
                        format("word {} is not in the list", indices.size() + 1));
        indices.push_back(static_cast<uint16_t>(found - words.begin()));
        if (end == mnemonic.size()) break;
        mnemonic.remove_prefix(end + (mnemonic[end] == ' ' ? 1 : kWide.size()));
    }
    if (indices.size() % 3 != 0 || indices.size() < 12 || indices.size() > 24)
        return fail(ErrorCode::kMalformed,
                    format("{} words; expected 12, 15, 18, 21 or 24", indices.size()));
    const std::size_t size = indices.size() * kBitsPerWord * 32 / 33 / 8;
    Bytes out;
    uint32_t bits = 0;
    unsigned held = 0;
    for (const uint16_t index : indices) {
        bits = (bits << kBitsPerWord | index) & 0xfffff;
        held += kBitsPerWord;
        while (held >= 8 && out.size() < size) {
            held -= 8;
            out.push_back(static_cast<uint8_t>(bits >> held));
        }
    }
    const bool right = checksum_of(out) == (bits & ((1U << held) - 1));
    wipe(indices.data(), indices.size() * sizeof(uint16_t));
    wipe(&bits, sizeof bits);
    if (right) return out;
    wipe(out.data(), out.size());
    return fail(ErrorCode::kChecksum, "the words are of the list, but do not belong together");
}

Result<std::string> mnemonic_of(ByteView entropy, WordList words, std::string_view blank) {
    CORDON_TRY(check_list(words));
    if (entropy.size() % 4 != 0 || entropy.size() < 16 || entropy.size() > 32)
        return fail(ErrorCode::kInvalidParam,
                    format("{} bytes; expected 16, 20, 24, 28 or 32", entropy.size()));
    Bytes all(entropy.begin(), entropy.end());
    all.push_back(static_cast<uint8_t>(checksum_of(entropy) << (8 - entropy.size() / 4)));
    const std::size_t count = entropy.size() * 8 * 33 / 32 / kBitsPerWord;
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        unsigned index = 0;
        for (std::size_t bit = i * kBitsPerWord; bit < (i + 1) * kBitsPerWord; ++bit)
            index = index << 1 | (all[bit / 8] >> (7 - bit % 8) & 1U);
        if (i > 0) out += blank;
        out += words[index];
    }
    wipe(all.data(), all.size());
    return out;
}

Secret<64> seed_of(std::string_view mnemonic, std::string_view password) {
    std::string salt = "mnemonic";
    salt += password;
    Secret<64> out;
    // Of Botan, not of OpenSSL, which brings sockets along (docs/decisions/0015).
    const auto family = Botan::PasswordHashFamily::create("PBKDF2(SHA-512)");
    CORDON_CHECK(family != nullptr);
    family->from_params(kRounds)->derive_key(
        out.bytes().data(), out.bytes().size(), mnemonic.data(), mnemonic.size(),
        reinterpret_cast<const uint8_t*>(salt.data()), salt.size());
    wipe(salt.data(), salt.size());
    return out;
}

}  // namespace cordon::vault

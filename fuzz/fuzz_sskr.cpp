// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cordon/vault/backup/dice.hpp>
#include <cordon/vault/backup/sskr.hpp>
#include <cordon/wallet/ur/bytewords.hpp>

using namespace cordon;

/// Shares as people type them, a line each; and the bytes of a share with a right checksum, which
/// chance does not find.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    std::vector<std::string> lines(1);
    for (const char c : text) {
        if (c == '\n')
            lines.emplace_back();
        else
            lines.back() += c;
    }
    const auto bounded = [](const Result<Bytes>& secret) {
        if (secret && (secret->size() < vault::kMinShared || secret->size() > vault::kMaxShared))
            __builtin_trap();
    };
    bounded(vault::join_sskr(lines));
    std::vector<std::string> shares;
    constexpr size_t kShare = 25;  // A whole share of 16 bytes, with its CBOR.
    for (size_t at = 0; at < size; at += kShare)
        shares.push_back(wallet::to_bytewords({data + at, std::min(kShare, size - at)},
                                              wallet::WordStyle::kWords));
    bounded(vault::join_sskr(shares));
    static_cast<void>(vault::entropy_of_dice(text, 16));
    return 0;
}

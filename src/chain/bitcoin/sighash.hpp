// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "txn.hpp"

/// What a signature of a Bitcoin txn commits to.
namespace cordon::chain {

inline constexpr uint8_t kSighashDefault = 0;  ///< Taproot only: as kSighashAll.
inline constexpr uint8_t kSighashAll = 1;
inline constexpr uint8_t kSighashNone = 2;
inline constexpr uint8_t kSighashSingle = 3;
inline constexpr uint8_t kSighashAnyoneCanPay = 0x80;

/// "ALL", "SINGLE|ANYONECANPAY", "0x41".
std::string sighash_name(uint32_t type);

/// Where a script of a taproot leaf stands (BIP-342).
struct TapContext {
    Hash256 leaf;
    uint32_t code_separator = 0xffffffff;  ///< Its position; none.
};

/// The hashes of one txn's inputs. What they share is computed once, so that all inputs together
/// cost as much as the txn is long; only legacy() costs the whole txn each time.
///
/// Lifetime: looks into the txn and the outputs given. Immutable.
class Sighasher {
public:
    /// `spent` holds the output of each input, or nothing where they are not all known; then
    /// taproot() has no answer.
    Sighasher(const TxnView& txn, std::span<const OutputView> spent);

    /// Before segwit. `script_code` without OP_CODESEPARATOR and signatures.
    Hash256 legacy(std::size_t index, ByteView script_code, uint32_t type) const;
    /// BIP-143.
    Hash256 witness_v0(std::size_t index, ByteView script_code, uint64_t value,
                       uint32_t type) const;
    /// BIP-341: of the key path, or of a script of a leaf. Nothing for a type that the BIP does
    /// not know, or a SINGLE without its output.
    std::optional<Hash256> taproot(std::size_t index, uint8_t type, ByteView annex,
                                   const TapContext* leaf = nullptr) const;

    const TxnView& txn() const noexcept { return txn_; }
    std::span<const OutputView> spent() const noexcept { return spent_; }
    /// About what legacy() hashes each time.
    std::size_t txn_size() const noexcept { return size_; }

private:
    const TxnView& txn_;
    std::span<const OutputView> spent_;
    std::size_t size_ = 0;
    // SHA-256 once: BIP-143 hashes them again.
    Hash256 prevouts_, sequences_, outputs_, amounts_, scripts_;
};

}  // namespace cordon::chain

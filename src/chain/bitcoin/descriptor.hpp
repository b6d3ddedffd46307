// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

#include "miniscript.hpp"

/// Output descriptors (BIP-380 to 387, 389): text that says which scripts belong to a wallet, and
/// who may spend from them.
namespace cordon::chain {

/// What a signer is shown of an output besides its script (BIP-174, BIP-371).
struct SpendingData {
    struct Key {
        Bytes key;  ///< Compressed; of taproot, 32 bytes.
        Fingerprint32 fingerprint{};
        std::vector<uint32_t> path;
    };
    Bytes script;           ///< The output script.
    Bytes witness_script;   ///< Of wsh.
    Bytes tap_key;          ///< Of tr: the internal key.
    std::vector<Key> keys;  ///< Those whose origin is known, in the order of the text.
};

class Descriptor {
public:
    /// With or without its checksum, which must be right where it is. pk pkh wpkh combo sh wsh tr
    /// rawtr multi sortedmulti multi_a sortedmulti_a addr raw, miniscript in wsh and tr.
    /// kChecksum, kMalformed, kUnsupported (private keys, musig), kLimit.
    static Result<Descriptor> parse(std::string_view text, ChainId network = kBitcoin);

    /// Whether it has a script for each index.
    bool ranged() const noexcept { return ranged_; }
    /// Alternatives of a step <0;1>: 0 is mostly what others pay to, 1 the wallet's change.
    std::size_t branches() const noexcept { return branches_; }
    /// The output scripts: one, or up to four of combo. REQUIRES: branch < branches().
    Result<std::vector<Bytes>> scripts(std::size_t branch, uint32_t index) const;
    /// For PSBTs. kUnsupported unless it is wpkh, wsh, or tr without scripts. REQUIRES: as
    /// scripts().
    Result<SpendingData> spending(std::size_t branch, uint32_t index) const;
    /// Who may spend when, in plain words.
    std::string words() const;
    const std::vector<Fingerprint32>& fingerprints() const noexcept { return fingerprints_; }

private:
    enum class Form : uint8_t { kKeyHash, kScript, kTaproot, kRawTaproot, kFixed, kCombo };
    struct Tree {  // A leaf has a script, a branch two subtrees.
        std::optional<Miniscript> script;
        std::vector<Tree> parts;
    };
    friend class DescriptorParser;

    Result<Hash256> root(const Tree& tree, std::size_t branch, uint32_t index) const;
    void add_key(const KeyExpression& key);

    Form form_ = Form::kFixed;
    bool in_sh_ = false, in_wsh_ = false;
    std::vector<KeyExpression> key_;  // At most one.
    Miniscript script_;
    std::vector<Tree> tree_;  // At most one.
    Bytes fixed_;
    std::string fixed_text_;
    bool ranged_ = false;
    std::size_t branches_ = 1;
    std::vector<Fingerprint32> fingerprints_;
};

/// The eight characters of BIP-380 for a text without them; empty for a foreign character.
std::string descriptor_checksum(std::string_view text);

}  // namespace cordon::chain

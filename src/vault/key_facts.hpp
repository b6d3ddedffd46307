// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/base/time.hpp>
#include <cordon/model/chain_id.hpp>
#include <cordon/wallet/bundle.hpp>

/// What a key file says beside its secret (docs/formats/key-file.md): what the key may sign, and
/// who must agree. It was written when the key was made, and only who has the passphrase changes
/// it.
namespace cordon::vault {

enum class KeyState : uint8_t {
    kActive,
    kRetiring,  ///< A successor exists; this one signs still, so that its money can move there.
    kRetired,   ///< Signs nothing any more.
};
std::string_view to_string(KeyState state) noexcept;

struct KeyFacts {
    std::string label;
    UnixMillis created;
    KeyState state = KeyState::kActive;
    UnixMillis since;         ///< Of the state.
    std::string predecessor;  ///< Root public key of the key before, hex; empty for none.
    wallet::Quorum quorum;
    std::vector<ChainId> chains;
    std::vector<std::string> kinds;  ///< Of payloads: "delay", "evm", "safe", "typed-data", "psbt".
    /// Sighash types of Bitcoin beside ALL and taproot's default: each lets others change something
    /// after the signature.
    std::vector<uint8_t> sighashes;
    /// Output descriptors of the wallet that the key belongs to: what pays them comes back.
    std::vector<std::string> descriptors;
    /// Signs without a person who types a hash. REQUIRES the gate in the quorum.
    bool unattended = false;
    friend bool operator==(const KeyFacts&, const KeyFacts&) = default;
};

/// kInvalidParam: an empty label or one that deceives, no chain or kind or one that is not known, a
/// quorum that nobody can reach, unattended without the gate.
Status check_key_facts(const KeyFacts& facts);

/// JSON of one object, in one form, and back. kMalformed and what check_key_facts() says.
std::string format_key_facts(const KeyFacts& facts);
Result<KeyFacts> parse_key_facts(std::string_view json);

/// {"needed": 2, "members": [{"name", "key"}…], "gate": "ed25519:…"}.
std::string format_quorum(const wallet::Quorum& quorum);
Result<wallet::Quorum> parse_quorum(std::string_view json);

}  // namespace cordon::vault

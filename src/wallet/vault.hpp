// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <cordon/base/result.hpp>
#include <cordon/model/chain_id.hpp>

namespace cordon::wallet {

/// A Bitcoin vault: some of the keys now, or some of the recovery keys after the coin has lain for
/// a time. The one shape that we make, since it is one that signers can explain.
struct VaultTemplate {
    std::vector<std::string> keys;  ///< As descriptors write them (BIP-380, BIP-389).
    uint32_t quorum = 1;
    std::vector<std::string> recovery;
    uint32_t recovery_quorum = 1;
    uint32_t blocks = 0;
};

struct Vault {
    std::string descriptor;  ///< With its checksum.
    std::string address;     ///< The first.
    std::string words;       ///< Who may spend when; made from the descriptor.
};

/// kInvalidParam: a quorum of none or of more than there are, no time or one above BIP-68's, a key
/// that stands twice. Else as Descriptor::parse().
Result<Vault> make_vault(const VaultTemplate& plan, ChainId network);

}  // namespace cordon::wallet

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "vault.hpp"

#include <set>

#include <cordon/base/format.hpp>
#include <cordon/chain/bitcoin/descriptor.hpp>
#include <cordon/chain/bitcoin/script.hpp>
#include <cordon/chain/text.hpp>

namespace cordon::wallet {
namespace {

constexpr uint32_t kMaxBlocks = 0xffff;  // BIP-68: 16 bits, some 455 days.
constexpr std::size_t kMaxKeys = 20;     // BIP-379: of multi.

/// `key_of_one` is how one key stands alone.
Result<std::string> keys_text(const std::vector<std::string>& keys, uint32_t quorum,
                              std::string_view key_of_one) {
    if (keys.empty() || keys.size() > kMaxKeys || quorum == 0 || quorum > keys.size())
        return fail(ErrorCode::kInvalidParam,
                    format("vault: {} of {} keys: expected 1 to {} keys, and a quorum of them",
                           quorum, keys.size(), kMaxKeys));
    std::string list;
    for (const std::string& key : keys) list += "," + key;
    if (keys.size() == 1) return format("{}({})", key_of_one, keys[0]);
    return format("multi({}{})", quorum, list);
}

}  // namespace

Result<Vault> make_vault(const VaultTemplate& plan, ChainId network) {
    if (plan.blocks == 0 || plan.blocks > kMaxBlocks)
        return fail(ErrorCode::kInvalidParam,
                    format("vault: {} blocks: expected 1 to {}", plan.blocks, kMaxBlocks));
    CORDON_TRY(const std::string now, keys_text(plan.keys, plan.quorum, "pk"));
    CORDON_TRY(const std::string later, keys_text(plan.recovery, plan.recovery_quorum, "pkh"));
    Vault out;
    // Liana's shape. No way needs both a height and a time, and every way needs a signature.
    out.descriptor = format("wsh(or_d({},and_v(v:{},older({}))))", now, later, plan.blocks);
    CORDON_TRY(const auto descriptor, chain::Descriptor::parse(out.descriptor, network));
    // One key in two places could answer for two people (BIP-379 calls such a script not sane).
    std::set<Bytes> seen;
    CORDON_TRY(const chain::SpendingData first, descriptor.spending(0, 0));
    for (const auto& key : first.keys)
        if (!seen.insert(key.key).second)
            return fail(ErrorCode::kInvalidParam, "vault: a key stands twice");
    if (seen.size() != plan.keys.size() + plan.recovery.size())
        return fail(ErrorCode::kInvalidParam,
                    "vault: a key without its origin, [FINGERPRINT/PATH]: its holder's device "
                    "could not find it");
    out.descriptor += "#" + chain::descriptor_checksum(out.descriptor);
    out.address = chain::format_address(network, chain::address_of_script(first.script));
    out.words = descriptor.words();
    return out;
}

}  // namespace cordon::wallet

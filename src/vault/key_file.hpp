// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cordon/base/result.hpp>

#include "key_facts.hpp"
#include "locked.hpp"

/// Private keys at rest (docs/formats/key-file.md): argon2id over a passphrase, and secretstream
/// (XChaCha20-Poly1305) over secret and facts together, so that neither is changed apart.
namespace cordon::vault {

enum class KeyForm : uint8_t {
    kSeed = 1,  ///< 16 to 64 bytes: the seed of BIP-32; a wallet's keys follow from it.
    kRaw = 2,   ///< 32 bytes: one key.
};

struct KeyFile {
    KeyForm form = KeyForm::kSeed;
    LockedBytes secret;
    KeyFacts facts;
};

/// What a guess at the passphrase costs. Written into the file; reading takes what is there, up to
/// bounds.
struct KdfCost {
    uint32_t passes = 3;             ///< libsodium's MODERATE: 0.7 s of a core,
    uint32_t kibibytes = 256 << 10;  ///< and 256 MiB.
    friend bool operator==(const KdfCost&, const KdfCost&) = default;
};

/// New salt and nonce each time. kInvalidParam: a secret of a wrong length, facts that contradict
/// themselves, or a cost beyond the bounds; kUnavailable: no memory for that cost.
Result<Bytes> seal_key_file(const KeyFile& key, ByteView passphrase, const KdfCost& cost = {});

/// kMalformed: no key file; kLimit: a cost beyond the bounds (a file could ask for all memory);
/// kPermission: the passphrase is another one, or the file was changed: nobody can tell which.
Result<KeyFile> open_key_file(ByteView bytes, ByteView passphrase);
/// Of a file, without its passphrase.
Result<KdfCost> kdf_cost_of(ByteView bytes);

/// On disk: 0600, all or nothing. kDuplicate when the path is there: a key is never overwritten.
Status create_key_file(const std::string& path, ByteView sealed);
/// Another passphrase or state of the key that is there, in its place.
Status replace_key_file(const std::string& path, ByteView sealed);
/// kPermission when others may read it; kLimit.
Result<Bytes> read_key_file(const std::string& path);

}  // namespace cordon::vault

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "../key_ring.hpp"
#include "program.hpp"

namespace CLI {
class App;
}

namespace cordon::vault {

/// What the command line says; each command looks at what is its own.
struct Options {
    std::string key, output, bundle, passphrase_file, new_passphrase_file, quorum, label, from;
    std::string dice_file, owner;
    std::vector<std::string> chains, kinds, descriptors, sighashes, files;
    unsigned count = 5;
    unsigned rate = 8, seconds = 120;  ///< Of frames.
    bool unattended = false, raw = false, dice_only = false;
};

// The commands. Nothing of an Error or of what is told holds a secret.
Status new_key(const Options& options, const Machine& machine);
Status show_key(const Options& options, const Machine& machine);
Status sign_bundle(const Options& options, const Machine& machine);
Status verify_bundle(const Options& options, const Machine& machine);
Status change_passphrase(const Options& options, const Machine& machine);
Status rotate_key(const Options& options, const Machine& machine);
Status retire_key(const Options& options, const Machine& machine);
Status backup_key(const Options& options, const Machine& machine);
Status restore_key(const Options& options, const Machine& machine);
Status receive_frames(const Options& options, const Machine& machine);
Status show_frames(const Options& options, const Machine& machine);

/// Whose keys sign, with what they may do. The flow is one for key files and for tokens.
struct Holder {
    KeyFacts facts;
    std::vector<std::string> descriptors;  ///< Beside those of the facts.
    std::unique_ptr<Signer> signer;
};
using OpenHolder = std::function<Result<Holder>()>;
Status sign_bundle_with(const OpenHolder& open, const Options& options, const Machine& machine);
Status verify_bundle_with(const OpenHolder& open, const Options& options, const Machine& machine);
/// The options of the command line that make facts_of() and sign_bundle_with() whole.
void add_facts_options(CLI::App& verb, Options& options);
void add_bundle_options(CLI::App& verb, Options& options);
/// Of an Error, as DESIGN section 5 has them.
int exit_code_of(ErrorCode code) noexcept;

// What they share.

/// Of the file, or asked for; of a new key twice, and long enough.
Result<LockedBytes> passphrase(const std::string& file, std::string_view what, bool fresh,
                               const Machine& machine);
struct OpenedKey {
    KeyFile file;
    LockedBytes passphrase;
    KdfCost cost;
};
Result<OpenedKey> open_key(const Options& options, const Machine& machine);
/// What the options say beside the secret.
Result<KeyFacts> facts_of(const Options& options, const Machine& machine);
/// Seals and writes a new file, and reads it back before it counts.
Status write_new_key(const std::string& path, const KeyFile& key, ByteView secret,
                     const KdfCost& cost);
/// The root's public key, hex: by it keys name each other.
Result<std::string> root_name(const KeyFile& key);
/// Descriptors of the accounts that every wallet makes from a seed (BIP-84, BIP-86).
std::vector<std::string> seed_descriptors(const KeyFile& key);
/// Addresses, extended keys, quorum and rules: nothing secret.
Result<std::string> describe(const KeyFile& key, unsigned count);
/// A whole file of text.
Result<std::string> read_text(const std::string& path);
/// To the file that is named, which must not be there, else to the machine's output.
Status deliver(const std::string& path, std::string_view text, const Machine& machine);

}  // namespace cordon::vault

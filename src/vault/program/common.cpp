// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <sodium.h>
#include <algorithm>
#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>

#include "commands.hpp"

namespace cordon::vault {
namespace {

// NIST SP 800-63B asks for 8 signs where guesses are counted; nobody counts those at a stolen file.
constexpr std::size_t kMinPassphrase = 12;
constexpr off_t kMaxText = 16 << 20;  // Twice a bundle.

/// The first line of a file, in locked memory from the start.
Result<LockedBytes> secret_line(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(system_error(errno, path, "read"));
    struct stat status{};
    const bool shared = ::fstat(fd, &status) == 0 && (status.st_mode & 077) != 0;
    LockedBytes buffer{4096};  // A page: more than any passphrase.
    const ssize_t n = shared ? 0 : ::read(fd, buffer.bytes().data(), buffer.size());
    const int error = errno;
    ::close(fd);
    if (shared)
        return fail(ErrorCode::kPermission,
                    format("{}: others may read this passphrase: chmod 600 it", path));
    if (n < 0) return fail(system_error(error, path, "read"));
    const ByteView read = buffer.view().first(static_cast<std::size_t>(n));
    const auto end =
        std::find_if(read.begin(), read.end(), [](uint8_t c) { return c == '\n' || c == '\r'; });
    return LockedBytes{read.first(static_cast<std::size_t>(end - read.begin()))};
}

}  // namespace

Result<LockedBytes> passphrase(const std::string& file, std::string_view what, bool fresh,
                               const Machine& machine) {
    Result<LockedBytes> out = file.empty()
                                  ? machine.console.ask_secret(format("Passphrase of {}: ", what))
                                  : secret_line(file);
    if (!out || !fresh) return out;
    if (out->size() < kMinPassphrase)
        return fail(ErrorCode::kInvalidParam,
                    format("a passphrase of fewer than {} bytes; five words that dice chose are "
                           "good",
                           kMinPassphrase));
    if (!file.empty()) return out;
    CORDON_TRY(const LockedBytes again, machine.console.ask_secret("The same again: "));
    if (again.size() != out->size() ||
        sodium_memcmp(again.view().data(), out->view().data(), again.size()) != 0)
        return fail(ErrorCode::kInvalidParam, "the two passphrases differ");
    return out;
}

Result<OpenedKey> open_key(const Options& options, const Machine& machine) {
    CORDON_TRY(const Bytes sealed, read_key_file(options.key));
    OpenedKey out;
    Result<KdfCost> cost = kdf_cost_of(sealed);
    if (!cost) return fail(cost.error().in(options.key));
    out.cost = *cost;
    CORDON_TRY(out.passphrase, passphrase(options.passphrase_file, options.key, false, machine));
    Result<KeyFile> file = open_key_file(sealed, out.passphrase.view());
    if (!file) return fail(file.error().in(options.key));
    out.file = std::move(*file);
    return out;
}

Result<KeyFacts> facts_of(const Options& options, const Machine& machine) {
    KeyFacts out;
    out.label = options.label;
    out.created = out.since = from_unix_seconds(to_unix_seconds(machine.now));
    CORDON_TRY(const std::string quorum, read_text(options.quorum));
    Result<wallet::Quorum> read = parse_quorum(quorum);
    if (!read) return fail(read.error().in(options.quorum));
    out.quorum = std::move(*read);
    for (const std::string& name : options.chains) {
        CORDON_TRY(const ChainId chain, parse_chain(name));
        out.chains.push_back(chain);
    }
    out.kinds = options.kinds;
    out.descriptors = options.descriptors;
    for (const std::string& text : options.sighashes) {
        unsigned type = 0;
        const char* end = text.data() + text.size();
        if (std::from_chars(text.data(), end, type) != std::from_chars_result{end, {}} ||
            type > 0xff)
            return fail(ErrorCode::kInvalidParam, "--sighash: expected a number up to 255");
        out.sighashes.push_back(static_cast<uint8_t>(type));
    }
    out.unattended = options.unattended;
    CORDON_TRY(check_key_facts(out));
    return out;
}

Status write_new_key(const std::string& path, const KeyFile& key, ByteView secret,
                     const KdfCost& cost) {
    CORDON_TRY(const Bytes sealed, seal_key_file(key, secret, cost));
    CORDON_TRY(create_key_file(path, sealed));
    CORDON_TRY(const Bytes read, read_key_file(path));
    CORDON_TRY(const KeyFile again, open_key_file(read, secret));
    if (again.secret.size() == key.secret.size() && again.facts == key.facts &&
        sodium_memcmp(again.secret.view().data(), key.secret.view().data(), key.secret.size()) == 0)
        return {};
    return fail(ErrorCode::kCorrupt, format("{}: reads back as another key", path));
}

Result<std::string> root_name(const KeyFile& key) {
    CORDON_TRY(KeyRing ring, KeyRing::make(key));
    CORDON_TRY(const crypto::PublicKey root, ring.public_key({}));
    return to_hex(root.compressed());
}

Result<std::string> read_text(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return fail(system_error(errno, path, "read"));
    if (status.st_size > kMaxText)
        return fail(ErrorCode::kLimit, format("{}: more than {} bytes", path, kMaxText));
    CORDON_TRY(const Bytes bytes, read_file(path));
    return std::string{bytes.begin(), bytes.end()};
}

Status deliver(const std::string& path, std::string_view text, const Machine& machine) {
    if (path.empty()) return machine.console.put(text);
    // Made as a key file is: whole or not at all, and over nothing.
    return create_key_file(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace cordon::vault

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "password.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include <sodium/core.h>
#include <sodium/crypto_pwhash_argon2id.h>

namespace cordon::crypto {
namespace {

// libsodium's INTERACTIVE: what a person waits for at a login. OWASP asks for 19 MiB and 2 passes.
constexpr unsigned long long kPasses = crypto_pwhash_argon2id_OPSLIMIT_INTERACTIVE;
constexpr std::size_t kMemory = crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE;

std::atomic<uint64_t> hashes{0};

/// A place among those who may take 64 MiB and a core. More than a few logins at a time are an
/// attack, or wait a moment: memory stays bounded, and so do threads that wait.
class Place {
public:
    static Result<Place> take() {
        if (sodium_init() < 0) return fail(ErrorCode::kUnavailable, "libsodium does not start");
        constexpr int kAtATime = 4, kWaiting = 16;
        std::unique_lock lock{mutex};
        if (waiting == kWaiting)
            return fail(ErrorCode::kUnavailable, "too many log in at this moment: try again");
        ++waiting;
        freed.wait(lock, [] { return taken < kAtATime; });
        --waiting;
        ++taken;
        return Place{};
    }
    Place(Place&& other) noexcept : holds_{std::exchange(other.holds_, false)} {}
    Place& operator=(Place&&) = delete;
    ~Place() {
        if (!holds_) return;
        const std::scoped_lock lock{mutex};
        --taken;
        freed.notify_one();
    }

private:
    Place() = default;
    bool holds_ = true;
    static inline std::mutex mutex;
    static inline std::condition_variable freed;
    static inline int taken = 0, waiting = 0;  // Guarded by `mutex`.
};

Result<std::string> digest_of(std::string_view password) {
    std::array<char, crypto_pwhash_argon2id_STRBYTES> text{};
    hashes.fetch_add(1, std::memory_order_relaxed);
    if (crypto_pwhash_argon2id_str(text.data(), password.data(), password.size(), kPasses,
                                   kMemory) != 0)
        return fail(ErrorCode::kUnavailable, "not enough memory to look at a password");
    return std::string{text.data()};
}

/// What is verified where there is nothing: of no password that anybody has.
const std::string& nobodys() {
    static const std::string digest = [] {
        // A random salt is in it, and the password is a byte that no text has.
        return digest_of(std::string_view{"\xff", 1}).value_or("");
    }();
    return digest;
}

}  // namespace

uint64_t password_hashes() noexcept { return hashes.load(std::memory_order_relaxed); }

Result<std::string> password_digest(std::string_view password) {
    CORDON_TRY(const Place place, Place::take());
    return digest_of(password);
}

Result<bool> is_password(std::string_view password, std::string_view digest) {
    CORDON_TRY(const Place place, Place::take());
    const std::string& spare = nobodys();  // Made by the first call, whatever it asks.
    // A digest of another cost would tell by its time; a broken one is refused at once by
    // libsodium.
    const bool usable =
        digest.size() < crypto_pwhash_argon2id_STRBYTES &&
        crypto_pwhash_argon2id_str_needs_rehash(std::string{digest}.c_str(), kPasses, kMemory) == 0;
    const std::string against = usable ? std::string{digest} : spare;
    hashes.fetch_add(1, std::memory_order_relaxed);
    const bool same =
        crypto_pwhash_argon2id_str_verify(against.c_str(), password.data(), password.size()) == 0;
    return same && usable;
}

}  // namespace cordon::crypto

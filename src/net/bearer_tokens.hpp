// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/result.hpp>

namespace cordon::net {

/// Secrets by which a server knows its callers (RFC 6750). Kept as SHA-256, so that a look into
/// memory does not give one away. Immutable; any thread.
class BearerTokens {
public:
    /// A file of mode 0600 with a line "NAME TOKEN" each; blank lines and "# ..." left out.
    /// kPermission: others may read it. kMalformed: a token of less than 32 characters (128 bits in
    /// hex), a name or token twice, none at all.
    static Result<BearerTokens> read(const std::string& path);
    static Result<BearerTokens> parse(std::string_view text, std::string_view name);

    bool empty() const noexcept { return tokens_.empty(); }
    /// The name of the caller from an Authorization header. Takes as long whatever is wrong.
    std::optional<std::string> caller(std::string_view authorization) const;

private:
    using Digest = std::array<uint8_t, 32>;
    static Digest digest_of(std::string_view token) noexcept;

    struct Token {
        std::string name;
        Digest digest;
    };
    std::vector<Token> tokens_;
};

}  // namespace cordon::net

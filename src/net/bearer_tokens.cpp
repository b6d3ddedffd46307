// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "bearer_tokens.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <cerrno>

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>

namespace cordon::net {
namespace {

constexpr std::size_t kLeastToken = 32;
constexpr std::string_view kScheme = "Bearer ";

}  // namespace

BearerTokens::Digest BearerTokens::digest_of(std::string_view token) noexcept {
    Digest digest{};
    SHA256(reinterpret_cast<const uint8_t*>(token.data()), token.size(), digest.data());
    return digest;
}

Result<BearerTokens> BearerTokens::read(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return fail(system_error(errno, path, "read"));
    if (status.st_mode & 077)
        return fail(ErrorCode::kPermission,
                    format("{}: others may read or write these tokens: chmod 600 it, and make new "
                           "ones if somebody has",
                           path));
    CORDON_TRY(Bytes bytes, read_file(path));
    auto tokens = parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return tokens;
}

Result<BearerTokens> BearerTokens::parse(std::string_view text, std::string_view name) {
    BearerTokens out;
    std::size_t line = 0;
    const auto refuse = [&](std::string_view what) {
        return fail(ErrorCode::kMalformed, format("{}:{}: {}", name, line, what));
    };
    while (!text.empty()) {
        std::string_view row = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(row.size() + 1, text.size()));
        ++line;
        if (row.ends_with('\r')) row.remove_suffix(1);
        if (row.empty() || row.starts_with('#')) continue;
        const std::size_t blank = row.find(' ');
        const std::string_view secret =
            blank == std::string_view::npos ? std::string_view{} : row.substr(blank + 1);
        if (blank == 0 || secret.size() < kLeastToken ||
            secret.find_first_of(" \t") != std::string_view::npos)
            return refuse(format("expected \"NAME TOKEN\" with a token of at least {} characters",
                                 kLeastToken));
        const Digest digest = digest_of(secret);
        for (const Token& known : out.tokens_)
            if (known.name == row.substr(0, blank) || known.digest == digest)
                return refuse("the name or the token is there already");
        out.tokens_.push_back({std::string{row.substr(0, blank)}, digest});
    }
    if (out.tokens_.empty()) return refuse("no token in it");
    return out;
}

std::optional<std::string> BearerTokens::caller(std::string_view authorization) const {
    const bool bearer = authorization.size() > kScheme.size() &&
                        boost::beast::iequals({authorization.data(), kScheme.size()},
                                              {kScheme.data(), kScheme.size()});
    const Digest shown = digest_of(bearer ? authorization.substr(kScheme.size()) : "");
    const Token* found = nullptr;
    for (const Token& token : tokens_)  // All of them, found or not.
        if (CRYPTO_memcmp(token.digest.data(), shown.data(), shown.size()) == 0) found = &token;
    return bearer && found != nullptr ? std::optional{found->name} : std::nullopt;
}

}  // namespace cordon::net

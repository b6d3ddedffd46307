// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "digest.hpp"

#include <cstdio>
#include <memory>
#include <vector>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::engine {

Result<std::string> file_sha256(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rbe"),
                                                               &std::fclose};
    if (!file)
        return fail(ErrorCode::kIo, format("{}: cannot be opened to compute its SHA-256", path));
    crypto::Sha256 hash;
    std::vector<uint8_t> buffer(1U << 20);
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get()))
        hash.update({buffer.data(), got});
    if (std::ferror(file.get()) != 0) return fail(ErrorCode::kIo, format("{}: read error", path));
    return to_hex(hash.finish());
}

}  // namespace cordon::engine

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "note.hpp"

/// What the tests of this room share.
namespace cordon::tlog {

/// A directory of its own for a test, gone afterwards.
class Folder {
public:
    Folder() : path_{(std::filesystem::temp_directory_path() / "tlog-XXXXXX").string()} {
        if (!mkdtemp(path_.data())) std::abort();
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string{name}; }

private:
    std::string path_;
};

/// Of the one key that all tests sign with.
inline std::string secret() {
    static const std::string text =
        SigningKey::generate("test", PublicKey::Kind::kLog).value().secret_text();
    return text;
}
inline SigningKey key() { return SigningKey::parse(secret()).value(); }

}  // namespace cordon::tlog

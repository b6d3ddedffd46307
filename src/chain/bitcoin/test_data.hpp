// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <cordon/base/byte_source.hpp>
#include <cordon/base/bytes.hpp>

/// Where tests find real data: $CORDON_DATA, or shared/data beside a directory above the working
/// one.
namespace cordon::chain {

inline std::optional<std::filesystem::path> test_data(const std::string& set) {
    namespace fs = std::filesystem;
    if (const char* root = std::getenv("CORDON_DATA"))
        return fs::exists(fs::path{root} / set) ? std::optional{fs::path{root} / set}
                                                : std::nullopt;
    for (fs::path at = fs::current_path(); at.has_relative_path(); at = at.parent_path())
        if (fs::exists(at / "shared/data" / set)) return at / "shared/data" / set;
    return std::nullopt;
}

/// The whole file, decompressed.
inline Bytes read_test_file(const std::filesystem::path& path) {
    const auto file = input_file(path.string());
    if (!file) return {};
    auto source = file->open();
    if (!source) return {};
    auto bytes = read_all(**source, std::size_t{64} * 1024 * 1024);
    return bytes ? std::move(*bytes) : Bytes{};
}

inline std::string as_text(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace cordon::chain

/// Binds `name` to the path of a data set, or skips the test and names the set.
#define CORDON_TEST_DATA(name, set)                                    \
    const auto name##_found = ::cordon::chain::test_data(set);         \
    if (!name##_found) GTEST_SKIP() << "needs the data set " << (set); \
    const std::filesystem::path name = *name##_found

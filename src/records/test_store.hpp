// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "store.hpp"

/// What the tests of this room share.
namespace cordon::records {

/// A directory of its own for a test, gone afterwards.
class TempDir {
public:
    TempDir() {
        // Memory where there is some: a hundred small files need not wait for the disk.
        for (const std::filesystem::path& place :
             {std::filesystem::path{"/dev/shm"}, std::filesystem::temp_directory_path()}) {
            std::string name = (place / "cordon-records-XXXXXX").string();
            if (::mkdtemp(name.data()) == nullptr) continue;
            path_ = name;
            return;
        }
    }
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
        std::filesystem::remove_all(path_, ignored);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    std::string path() const { return path_.string(); }
    std::string file(const std::string& name = "records.sqlite") const {
        return (path_ / name).string();
    }

private:
    std::filesystem::path path_;
};

inline std::unique_ptr<Store> open_store(const std::string& path) {
    auto store = Store::open(path);
    EXPECT_TRUE(store) << (store ? "" : store.error().message);
    return store ? *std::move(store) : nullptr;
}

inline Address evm(uint64_t number) {
    std::array<uint8_t, 20> payload{};
    for (std::size_t i = 0; i < 8; ++i) payload[19 - i] = static_cast<uint8_t>(number >> (8 * i));
    return Address{AddressKind::kEvm, payload};
}

inline Label label(uint64_t number, std::string text, std::string source = "list",
                   double confidence = 0.5, Category category = Category::kExchange) {
    return Label{.chain = kEthereum,
                 .address = evm(number),
                 .text = std::move(text),
                 .category = category,
                 .source = std::move(source),
                 .confidence = confidence};
}

/// Fails the test with the message of an Error.
template <typename T>
testing::AssertionResult good(const Result<T>& result) {
    if (result) return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << to_string(result.error().code) << ": " << result.error().message;
}

}  // namespace cordon::records

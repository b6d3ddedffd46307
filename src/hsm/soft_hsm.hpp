// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <cordon/base/format.hpp>

#include "token.hpp"

/// For tests.
namespace cordon::hsm {

constexpr std::string_view kSoftHsmPlaces[] = {"/usr/lib/softhsm/libsofthsm2.so",
                                               "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"};

/// A SoftHSM of this test alone, with the token "custody"; skipped where there is none.
class SoftHsmTest : public testing::Test {
protected:
    void SetUp() override {
        for (const std::string_view place : kSoftHsmPlaces)
            if (std::filesystem::exists(place)) module_path_ = place;
        if (module_path_.empty()) GTEST_SKIP() << "softhsm2 is not installed";
        folder_ = std::filesystem::temp_directory_path() / format("cordon_hsm_{}", ::getpid());
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_ / "tokens");
        std::ofstream{folder_ / "softhsm2.conf"}
            << "directories.tokendir = " << (folder_ / "tokens").string()
            << "\nobjectstore.backend = file\nlog.level = ERROR\n";
        ::setenv("SOFTHSM2_CONF", (folder_ / "softhsm2.conf").c_str(), 1);
        make_token("custody");
    }
    void TearDown() override {
        if (!folder_.empty()) std::filesystem::remove_all(folder_);
    }
    void make_token(const std::string& label) {
        const std::string command = format(
            "softhsm2-util --init-token --free --label {} --pin 1234 --so-pin 5678 > /dev/null",
            label);
        if (std::system(command.c_str()) != 0) GTEST_SKIP() << "softhsm2-util does not run";
    }
    std::shared_ptr<Token> token() const {
        return Token::open(Module::load(module_path_).value(), "custody", "1234").value();
    }

    std::string module_path_;
    std::filesystem::path folder_;
};

}  // namespace cordon::hsm

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The ledger beside RocksDB, LMDB, SQLite and the floors of the machine. One measurement in a fresh
// process, so that no store inherits the heap and the threads of another; tools/bench repeats.
//
// usage: ledger_bench --case account|growth|bitcoin|floors --dir DIR [--store NAME] [--rows N]
//                     [--input FILE] [--queries N] [--gigabytes 1,2,4]
#include <cstdlib>
#include <filesystem>
#include <map>

#include <cordon/base/memory.hpp>

#include "ledger/cases.hpp"
#include "peers/store.hpp"

namespace {

using namespace cordon::bench;

using Case = void (*)(const CaseOptions&);
const std::map<std::string_view, Case> kCases{{"account", account_case},
                                              {"growth", growth_case},
                                              {"bitcoin", bitcoin_case},
                                              {"floors", floors_case}};

std::vector<double> numbers(const std::string& text) {
    std::vector<double> out;
    for (const char* at = text.c_str(); *at != '\0'; at += *at == ',' ? 1 : 0) {
        char* end = nullptr;
        out.push_back(std::strtod(at, &end));
        if (end == at) give_up("not a list of numbers: " + text);
        at = end;
    }
    return out;
}

}  // namespace

int main(int count, char** words) {
    cordon::return_freed_memory();  // As cordon does.
    CaseOptions options;
    std::string name;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string_view flag = words[i];
        const std::string value = words[i + 1];
        if (flag == "--case")
            name = value;
        else if (flag == "--store")
            options.store = value;
        else if (flag == "--input")
            options.input = value;
        else if (flag == "--dir")
            options.directory = value;
        else if (flag == "--rows")
            options.rows = std::strtoull(value.c_str(), nullptr, 10);
        else if (flag == "--queries")
            options.queries = std::strtoull(value.c_str(), nullptr, 10);
        else if (flag == "--gigabytes")
            options.gigabytes = numbers(value);
        else
            give_up("unknown flag " + std::string{flag});
    }
    const auto chosen = kCases.find(name);
    if (count % 2 == 0 || chosen == kCases.end() || options.directory.empty())
        give_up(
            "usage: --case account|growth|bitcoin|floors --dir DIR [--store NAME] [--rows N] "
            "[--input FILE] [--queries N] [--gigabytes 1,2,4]");
    std::filesystem::create_directories(options.directory);
    if (!std::filesystem::is_empty(options.directory)) give_up(options.directory + " is not empty");
    chosen->second(options);
}

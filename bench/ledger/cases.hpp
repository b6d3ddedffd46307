// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// The cases of ledger_bench. Each measures once, prints its figures as one JSON object and cleans
/// up; tools/bench_lib/ledger.py repeats and compares.
namespace cordon::bench {

struct CaseOptions {
    std::string store = "cordon";
    std::string input;      ///< A file or folder of the generator; empty: generated in the process.
    std::string directory;  ///< Empty, for the files of the store.
    uint64_t rows = 2'000'000;
    uint64_t queries = 20'000;
    std::vector<double> gigabytes;  ///< Points of the growth curve.
};

/// One store through ingest and every question.
void account_case(const CaseOptions& options);
/// One growing ledger, asked at each size.
void growth_case(const CaseOptions& options);
/// Blocks of Bitcoin in blk files to a sealed ledger, and what an analyst asks of it.
void bitcoin_case(const CaseOptions& options);
/// What the machine can do at best.
void floors_case(const CaseOptions& options);

}  // namespace cordon::bench

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "store.hpp"

#include <cstdio>
#include <cstdlib>

namespace cordon::bench {

std::unique_ptr<Store> make_store(const std::string& name, const std::string& directory) {
    if (name == "cordon") return make_cordon_store(directory);
    if (name == "rocksdb") return make_rocksdb_store(directory);
    if (name == "lmdb") return make_lmdb_store(directory);
    if (name == "sqlite") return make_sqlite_store(directory);
    return nullptr;
}

void give_up(const std::string& why) {
    std::fprintf(stderr, "ledger_bench: %s\n", why.c_str());
    std::exit(1);
}

}  // namespace cordon::bench

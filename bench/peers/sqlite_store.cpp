// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include "key_value.hpp"

namespace cordon::bench {
namespace {

constexpr const char* kSchema =
    "PRAGMA page_size=8192;"
    // Its fast path: nothing to roll back to, one sync at the end (seal() sets it).
    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;"
    "PRAGMA cache_size=-262144; PRAGMA mmap_size=1099511627776;"
    "CREATE TABLE sender(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;"
    "CREATE TABLE receiver(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;"
    "CREATE TABLE hash(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;";

/// One blob a key and one a value: faster to store and to compare than columns are.
class SqliteStore final : public KeyValueStore {
public:
    explicit SqliteStore(const std::string& directory) : KeyValueStore{directory} {
        must(sqlite3_open((directory + "/store.sqlite").c_str(), &db_));
        run(kSchema);
        constexpr std::array kTables{"sender", "receiver", "hash"};
        for (std::size_t i = 0; i < kTables.size(); ++i)
            insert_[i] = prepare("INSERT INTO " + std::string{kTables[i]} + " VALUES(?1, ?2)");
        edges_ = prepare("SELECT key, value FROM sender WHERE key >= ?1 AND key < ?2 LIMIT ?3");
        find_ = prepare("SELECT value FROM hash WHERE key = ?1");
        scan_ = prepare("SELECT count(*) FROM sender WHERE substr(value, 1, 20) = ?1");
    }
    ~SqliteStore() override {
        for (sqlite3_stmt* each : {insert_[0], insert_[1], insert_[2], edges_, find_, scan_})
            sqlite3_finalize(each);
        sqlite3_close(db_);
    }

    void out_edges(const Address& sender, std::size_t limit, std::vector<Edge>& edges) override {
        edges.clear();
        std::array<uint8_t, kSideKeyBytes + 1> above;
        above.fill(0xff);
        std::copy_n(sender.payload().begin(), kAddressBytes, above.begin());
        bind(edges_, 1, sender.payload());
        bind(edges_, 2, above);
        must(sqlite3_bind_int64(edges_, 3, static_cast<sqlite3_int64>(limit)));
        while (sqlite3_step(edges_) == SQLITE_ROW)
            edges.push_back(edge(column(edges_, 0), column(edges_, 1)));
        must(sqlite3_reset(edges_));
    }

    std::optional<TxnPosition> find_txn(const Hash256& hash) override {
        bind(find_, 1, hash);
        std::optional<TxnPosition> found;
        if (sqlite3_step(find_) == SQLITE_ROW) found = position(column(find_, 0));
        must(sqlite3_reset(find_));
        return found;
    }

    uint64_t scan(const Address& receiver) override {
        bind(scan_, 1, receiver.payload());
        if (sqlite3_step(scan_) != SQLITE_ROW) must(sqlite3_errcode(db_));
        const auto count = static_cast<uint64_t>(sqlite3_column_int64(scan_, 0));
        must(sqlite3_reset(scan_));
        return count;
    }

private:
    void write(const SortedRun& senders, const SortedRun& receivers,
               const SortedRun& hashes) override {
        run("BEGIN");
        std::size_t which = 0;
        for (const SortedRun* each : {&senders, &receivers, &hashes}) {
            sqlite3_stmt* insert = insert_[which++];
            for (const auto& entry : each->entries()) {
                bind(insert, 1, each->key(entry));
                bind(insert, 2, each->value(entry));
                if (sqlite3_step(insert) != SQLITE_DONE) must(sqlite3_errcode(db_));
                must(sqlite3_reset(insert));
            }
        }
        run("COMMIT");
    }

    void seal() override {
        // A last small db_txn with the sync on makes the file durable.
        run("PRAGMA synchronous=FULL; PRAGMA user_version=1; PRAGMA synchronous=OFF;");
    }

    void must(int code) {
        if (code != SQLITE_OK) give_up(std::string{"sqlite: "} + sqlite3_errmsg(db_));
    }
    void run(const char* sql) { must(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
    sqlite3_stmt* prepare(const std::string& sql) {
        sqlite3_stmt* out = nullptr;
        must(sqlite3_prepare_v3(db_, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &out, nullptr));
        return out;
    }
    void bind(sqlite3_stmt* statement, int at, ByteView bytes) {
        must(sqlite3_bind_blob64(statement, at, bytes.data(), bytes.size(), SQLITE_STATIC));
    }
    static ByteView column(sqlite3_stmt* statement, int at) {
        const auto* bytes = static_cast<const uint8_t*>(sqlite3_column_blob(statement, at));
        return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, at))};
    }

    sqlite3* db_ = nullptr;
    std::array<sqlite3_stmt*, 3> insert_{};
    sqlite3_stmt* edges_ = nullptr;
    sqlite3_stmt* find_ = nullptr;
    sqlite3_stmt* scan_ = nullptr;
};

}  // namespace

std::unique_ptr<Store> make_sqlite_store(const std::string& directory) {
    return std::make_unique<SqliteStore>(directory);
}

}  // namespace cordon::bench

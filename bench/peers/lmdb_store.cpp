// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <lmdb.h>

#include "key_value.hpp"

namespace cordon::bench {
namespace {

// Only address space: the file is sparse.
constexpr std::size_t kMapBytes = 1ULL << 40;

void must(int code) {
    if (code != MDB_SUCCESS) give_up(std::string{"lmdb: "} + mdb_strerror(code));
}
MDB_val value_of(ByteView bytes) {
    return {bytes.size(), const_cast<uint8_t*>(bytes.data())};  // LMDB does not write to it.
}
ByteView view(const MDB_val& value) {
    return {static_cast<const uint8_t*>(value.mv_data), value.mv_size};
}

/// Its fast path: a writable map, no sync before the end, sorted batches.
class LmdbStore final : public KeyValueStore {
public:
    explicit LmdbStore(const std::string& directory) : KeyValueStore{directory} {
        must(mdb_env_create(&env_));
        must(mdb_env_set_mapsize(env_, kMapBytes));
        must(mdb_env_set_maxdbs(env_, 3));
        must(mdb_env_open(env_, directory.c_str(),
                          MDB_NOSYNC | MDB_WRITEMAP | MDB_NOMETASYNC | MDB_NORDAHEAD, 0600));
    }
    ~LmdbStore() override {
        end_reading();
        mdb_env_close(env_);
    }

    void out_edges(const Address& sender, std::size_t limit, std::vector<Edge>& edges) override {
        edges.clear();
        const ByteView wanted = sender.payload();
        MDB_val key = value_of(wanted), value{};
        int code = mdb_cursor_get(cursor_, &key, &value, MDB_SET_RANGE);
        while (code == MDB_SUCCESS && edges.size() < limit &&
               std::memcmp(key.mv_data, wanted.data(), kAddressBytes) == 0) {
            edges.push_back(edge(view(key), view(value)));
            code = mdb_cursor_get(cursor_, &key, &value, MDB_NEXT);
        }
        if (code != MDB_NOTFOUND) must(code);
    }

    std::optional<TxnPosition> find_txn(const Hash256& hash) override {
        MDB_val key = value_of(hash), value{};
        const int code = mdb_get(reading_, dbis_[2], &key, &value);
        if (code == MDB_NOTFOUND) return {};
        must(code);
        return position(view(value));
    }

    uint64_t scan(const Address& receiver) override {
        MDB_cursor* rows = nullptr;
        must(mdb_cursor_open(reading_, dbis_[0], &rows));
        MDB_val key{}, value{};
        uint64_t count = 0;
        int code = MDB_SUCCESS;
        while ((code = mdb_cursor_get(rows, &key, &value, MDB_NEXT)) == MDB_SUCCESS)
            if (std::memcmp(value.mv_data, receiver.payload().data(), kAddressBytes) == 0) ++count;
        if (code != MDB_NOTFOUND) must(code);
        mdb_cursor_close(rows);
        return count;
    }

private:
    void write(const SortedRun& senders, const SortedRun& receivers,
               const SortedRun& hashes) override {
        end_reading();
        MDB_txn* writing = nullptr;
        must(mdb_txn_begin(env_, nullptr, 0, &writing));
        std::size_t which = 0;
        constexpr std::array kNames{"sender", "receiver", "hash"};
        for (const SortedRun* run : {&senders, &receivers, &hashes}) {
            must(mdb_dbi_open(writing, kNames[which], MDB_CREATE, &dbis_[which]));
            MDB_cursor* at = nullptr;
            must(mdb_cursor_open(writing, dbis_[which++], &at));
            for (const auto& entry : run->entries()) {
                MDB_val key = value_of(run->key(entry)), value = value_of(run->value(entry));
                must(mdb_cursor_put(at, &key, &value, MDB_NOOVERWRITE));
            }
            mdb_cursor_close(at);
        }
        must(mdb_txn_commit(writing));
    }

    void seal() override {
        end_reading();
        must(mdb_env_sync(env_, 1));
        must(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reading_));
        must(mdb_cursor_open(reading_, dbis_[0], &cursor_));
    }

    void end_reading() {
        if (reading_ == nullptr) return;
        mdb_cursor_close(cursor_);
        mdb_txn_abort(reading_);
        reading_ = nullptr;
    }

    MDB_env* env_ = nullptr;
    std::array<MDB_dbi, 3> dbis_{};
    MDB_txn* reading_ = nullptr;
    MDB_cursor* cursor_ = nullptr;
};

}  // namespace

std::unique_ptr<Store> make_lmdb_store(const std::string& directory) {
    return std::make_unique<LmdbStore>(directory);
}

}  // namespace cordon::bench

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include "key_value.hpp"

namespace cordon::bench {
namespace {

constexpr std::size_t kCacheBytes = 256ULL << 20;
constexpr double kBloomBits = 10;

rocksdb::Slice slice(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView view(const rocksdb::Slice& bytes) {
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}
void must(const rocksdb::Status& status) {
    if (!status.ok()) give_up("rocksdb: " + status.ToString());
}

/// Its fast path: sorted files written outside and taken in whole, without log or memtable, one
/// compaction at the end. Ten times the rate of WriteBatch.
class RocksdbStore final : public KeyValueStore {
public:
    explicit RocksdbStore(const std::string& directory) : KeyValueStore{directory} {
        rocksdb::Options options;
        options.create_if_missing = true;
        options.create_missing_column_families = true;
        options.max_background_jobs = 2;
        std::vector<rocksdb::ColumnFamilyDescriptor> families{
            {rocksdb::kDefaultColumnFamilyName, {}}};
        const auto cache = rocksdb::NewLRUCache(kCacheBytes);
        for (const char* name : {"sender", "receiver", "hash"}) {
            rocksdb::ColumnFamilyOptions family;
            rocksdb::BlockBasedTableOptions table;
            const bool hashes = std::string_view{name} == "hash";
            table.block_cache = cache;
            if (hashes) {
                table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBits));
                table.data_block_index_type =
                    rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
            }
            family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
            // Hashes do not get smaller.
            family.compression = hashes ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;
            family.disable_auto_compactions = true;
            families.emplace_back(name, family);
            family_options_.push_back(family);
        }
        rocksdb::DB* db = nullptr;
        must(rocksdb::DB::Open(options, directory + "/db", families, &families_, &db));
        db_.reset(db);
        env_ = options;
    }
    ~RocksdbStore() override {
        iterator_.reset();
        for (auto* family : families_) must(db_->DestroyColumnFamilyHandle(family));
    }

    void out_edges(const Address& sender, std::size_t limit, std::vector<Edge>& edges) override {
        edges.clear();
        for (iterator_->Seek(slice(sender.payload()));
             edges.size() < limit && iterator_->Valid() &&
             iterator_->key().starts_with(slice(sender.payload()));
             iterator_->Next())
            edges.push_back(edge(view(iterator_->key()), view(iterator_->value())));
    }

    std::optional<TxnPosition> find_txn(const Hash256& hash) override {
        const rocksdb::Status status = db_->Get({}, families_[3], slice(hash), &found_);
        if (status.IsNotFound()) return {};
        must(status);
        const TxnPosition at = position(view(found_));
        found_.Reset();
        return at;
    }

    uint64_t scan(const Address& receiver) override {
        rocksdb::ReadOptions read;
        read.readahead_size = 2 << 20;
        read.fill_cache = false;
        const std::unique_ptr<rocksdb::Iterator> rows{db_->NewIterator(read, families_[1])};
        uint64_t count = 0;
        for (rows->SeekToFirst(); rows->Valid(); rows->Next())
            count += rows->value().starts_with(slice(receiver.payload())) ? 1 : 0;
        must(rows->status());
        return count;
    }

private:
    void write(const SortedRun& senders, const SortedRun& receivers,
               const SortedRun& hashes) override {
        std::size_t which = 0;
        for (const SortedRun* run : {&senders, &receivers, &hashes}) {
            rocksdb::SstFileWriter file{{}, rocksdb::Options{env_, family_options_[which++]}};
            const std::string path = directory() + "/batch.sst";
            must(file.Open(path));
            for (const auto& entry : run->entries())
                must(file.Put(slice(run->key(entry)), slice(run->value(entry))));
            must(file.Finish());
            rocksdb::IngestExternalFileOptions ingest;
            ingest.move_files = true;
            must(db_->IngestExternalFile(families_[which], {path}, ingest));
        }
    }

    void seal() override {
        iterator_.reset();
        rocksdb::CompactRangeOptions compact;
        compact.max_subcompactions = 2;
        for (std::size_t i = 1; i < families_.size(); ++i)
            must(db_->CompactRange(compact, families_[i], nullptr, nullptr));
        must(db_->SyncWAL());
        iterator_.reset(db_->NewIterator({}, families_[1]));
    }

    rocksdb::DBOptions env_;
    std::vector<rocksdb::ColumnFamilyOptions> family_options_;
    std::vector<rocksdb::ColumnFamilyHandle*> families_;
    std::unique_ptr<rocksdb::DB> db_;
    std::unique_ptr<rocksdb::Iterator> iterator_;  // Kept: making one costs more than a look-up.
    rocksdb::PinnableSlice found_;
};

}  // namespace

std::unique_ptr<Store> make_rocksdb_store(const std::string& directory) {
    return std::make_unique<RocksdbStore>(directory);
}

}  // namespace cordon::bench

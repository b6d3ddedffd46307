// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <system_error>

#include <cordon/base/format.hpp>

#include "columns.hpp"
#include "sqlite_store.hpp"

namespace cordon::records {

template <typename Row>
Status SqliteStore::verify_table(std::string_view sql,
                                 Result<Row> (*decode)(const Statement&)) const {
    CORDON_TRY(Statement statement, database_->prepare(sql));
    for (uint64_t number = 0;; ++number) {
        CORDON_TRY(const bool more, statement.step());
        if (!more) return {};
        Result<Row> row = decode(statement);
        Status sound = row ? check(*row) : Status{fail(row.error())};
        if (!sound)
            return fail(ErrorCode::kCorrupt,
                        format("{}: row {} of \"{}\": {}; restore the file or ingest its sources "
                               "again",
                               database_->path(), number, sql, sound.error().message));
    }
}

/// SQLite reads a last page that is cut short as if zeros followed. While a log exists, the file
/// may be behind.
Status SqliteStore::verify_size() const {
    CORDON_TRY(const int64_t page_size, database_->query_integer("PRAGMA page_size"));
    std::error_code missing;
    const auto log = std::filesystem::file_size(database_->path() + "-wal", missing);
    const auto size = std::filesystem::file_size(database_->path(), missing);
    if (log != 0 && log != static_cast<std::uintmax_t>(-1)) return {};
    if (size % static_cast<std::uintmax_t>(page_size) != 0)
        return fail(ErrorCode::kCorrupt,
                    format("{}: is {} bytes long, expected whole pages of {}; it was cut short, "
                           "restore it",
                           database_->path(), size, page_size));
    return {};
}

Status SqliteStore::verify() const {
    CORDON_TRY(verify_size());
    CORDON_TRY(const std::string pages, database_->query_text("PRAGMA integrity_check(1)"));
    if (pages != "ok")
        return fail(ErrorCode::kCorrupt,
                    format("{}: {}; restore the file or ingest its sources again",
                           database_->path(), pages));
    // A label without its source would drop out of the JOIN unseen.
    CORDON_TRY(const std::string orphan, database_->query_text("PRAGMA foreign_key_check"));
    if (!orphan.empty())
        return fail(ErrorCode::kCorrupt,
                    format("{}: a row of table {} names a source that is missing",
                           database_->path(), orphan));
    CORDON_TRY(verify_table(kLabelColumns, label_row));
    CORDON_TRY(verify_table(kAssetColumns, asset_row));
    CORDON_TRY(verify_table(kPriceColumns, price_row));
    CORDON_TRY(verify_table(kWalletColumns, wallet_row));
    CORDON_TRY(verify_table(kListColumns, list_row));
    CORDON_TRY(verify_table(kFactColumns, fact_row));
    return verify_table(kInputColumns, input_row);
}

Status SqliteStore::copy_to(const std::string& path) const {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored))
        return fail(ErrorCode::kConflict, format("{}: is there already", path));
    // Unlike a copy of the file this sees one state of it and its log, whoever writes meanwhile.
    CORDON_TRY(const int64_t only_read, database_->query_integer("PRAGMA query_only"));
    // It would forbid the new file as well; this one may be opened for reading only all the same.
    CORDON_TRY(database_->execute("PRAGMA query_only=OFF"));
    const Status done = [&]() -> Status {
        CORDON_TRY(Statement statement, database_->prepare("VACUUM INTO ?1"));
        statement.bind(1, std::string_view{path});
        return statement.run();
    }();
    if (only_read != 0) CORDON_TRY(database_->execute("PRAGMA query_only=ON"));
    return done;
}

}  // namespace cordon::records

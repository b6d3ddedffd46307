// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

struct sqlite3;
struct sqlite3_stmt;

/// The thin layer over SQLite: ownership and errors, no SQL of ours. Private to the room.
namespace cordon::records {

class Database;

/// A prepared statement. Bound views must live until reset(). Confined to one thread.
class Statement {
public:
    Statement() = default;

    /// Parameters count from 1. A failure to bind shows in the next step().
    void bind(int index, std::string_view text);
    void bind(int index, ByteView blob);
    void bind(int index, int64_t value);
    void bind(int index, double value);
    void bind_null(int index);

    /// True: a row is there. False: done.
    Result<bool> step();
    /// Runs a statement that gives no rows, and resets it.
    Status run();
    /// Ready for the next use.
    void reset() noexcept;

    /// Columns count from 0. Views live until the next step() or reset().
    std::string_view text(int column) const;
    ByteView blob(int column) const;
    int64_t integer(int column) const;
    double real(int column) const;
    bool is_null(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };

    const Database* database_ = nullptr;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bind_result_ = 0;
};

/// Resets a statement at the end of a scope, so that no read stays open (it would hold back the
/// checkpoint).
class ResetLater {
public:
    explicit ResetLater(Statement& statement) noexcept : statement_{statement} {}
    ~ResetLater() { statement_.reset(); }
    ResetLater(const ResetLater&) = delete;
    ResetLater& operator=(const ResetLater&) = delete;

private:
    Statement& statement_;
};

/// One connection. Not movable: statements point at it.
class Database {
public:
    enum class Mode { kCreate, kReadOnly, kImmutable, kMemory };  ///< kMemory: no file.

    static Result<std::unique_ptr<Database>> open(const std::string& path, Mode mode,
                                                  std::chrono::milliseconds busy_timeout);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    const std::string& path() const noexcept { return path_; }
    bool read_only() const noexcept;
    Status execute(const char* sql);
    Result<Statement> prepare(std::string_view sql) const;
    /// The first column of the first row.
    Result<int64_t> query_integer(std::string_view sql) const;
    Result<std::string> query_text(std::string_view sql) const;

    /// SQLite's result code in our words: what, which file, what to do.
    Error error(int code) const;

private:
    explicit Database(std::string path) : path_{std::move(path)} {}

    std::string path_;
    sqlite3* handle_ = nullptr;
};

/// A db_txn for writing: rolled back unless committed.
class Transaction {
public:
    static Result<std::unique_ptr<Transaction>> begin(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    Status commit();

private:
    explicit Transaction(Database& database) noexcept : database_{database} {}

    Database& database_;
    bool open_ = true;
};

}  // namespace cordon::records

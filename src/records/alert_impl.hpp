// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include <cordon/base/check.hpp>

#include "alert_rows.hpp"
#include "alert_store.hpp"
#include "sqlite.hpp"

/// What the parts of AlertStore share. Private to the room.
namespace cordon::records {

struct AlertStore::Impl {
    std::unique_ptr<Database> database;
    // Prepared once each, by their text.
    mutable std::map<std::string, Statement, std::less<>> statements;
    bool changing = false;

    Result<Statement*> of(std::string_view sql) const {
        auto found = statements.find(sql);
        if (found == statements.end()) {
            CORDON_TRY(Statement statement, database->prepare(sql));
            found = statements.emplace(std::string{sql}, std::move(statement)).first;
        }
        return &found->second;
    }
    /// A statement that gives no rows; `bind` gives it its values, which must live until it ran.
    template <typename Bind>
    Status write(std::string_view sql, Bind bind) {
        CORDON_CHECK(changing && "alerts are changed inside change() only");
        CORDON_TRY(Statement * statement, of(sql));
        bind(*statement);
        return statement->run();
    }
    /// All rows of a question.
    template <typename Row, typename Bind, typename Decode>
    Result<std::vector<Row>> read(std::string_view sql, Bind bind, Decode decode) const {
        CORDON_TRY(Statement * statement, of(sql));
        const ResetLater reset_later{*statement};
        bind(*statement);
        std::vector<Row> rows;
        for (;;) {
            CORDON_TRY(const bool more, statement->step());
            if (!more) return rows;
            Result<Row> row = decode(*statement);
            if (!row) return fail(row.error().in(database->path()));
            rows.push_back(*std::move(row));
        }
    }
    template <typename Row, typename Bind, typename Decode>
    Result<std::optional<Row>> read_one(std::string_view sql, Bind bind, Decode decode) const {
        CORDON_TRY(auto rows, read<Row>(sql, bind, decode));
        return rows.empty() ? std::nullopt : std::optional<Row>{std::move(rows.front())};
    }
    Result<std::vector<AlertStep>> history(std::string_view about) const {
        return read<AlertStep>(
            "SELECT time, who, what, why FROM step WHERE about = ?1 ORDER BY number",
            [&](Statement& s) { s.bind(1, about); },
            [](const Statement& row) -> Result<AlertStep> {
                return AlertStep{millis(row.integer(0)), std::string{row.text(1)},
                                 std::string{row.text(2)}, std::string{row.text(3)}};
            });
    }
};

}  // namespace cordon::records

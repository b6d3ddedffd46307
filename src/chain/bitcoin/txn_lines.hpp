// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "file_stream.hpp"
#include "loose_txn.hpp"

/// Files of txns without blocks, line by line.
namespace cordon::chain {

/// Lines of a file that are not empty, without their ends and the blanks around them. Confined to
/// one thread.
class TxnLines {
public:
    /// Lifetime: `file` must outlive this.
    static Result<TxnLines> open(const InputFile& file);

    /// False at the end. Errors name the file; kLimit for a line above 32 MiB. Lifetime of `text`:
    /// until the next call.
    Result<bool> next(std::string_view& text);
    /// Of the last line given, from 1.
    uint64_t number() const noexcept { return number_; }
    uint64_t offset() const noexcept { return stream_.offset(); }

private:
    TxnLines(const InputFile& file, FileStream stream) : file_{&file}, stream_{std::move(stream)} {}
    Result<bool> next_line();

    const InputFile* file_;  // For messages.
    FileStream stream_;
    std::string line_;
    uint64_t number_ = 0;
};

/// Whether a line begins as a txn in hex does.
bool is_hex_txn(std::string_view line) noexcept;

/// JSON or hex, by its first characters.
Result<LooseTxn> parse_txn_line(LooseTxnReader& reader, std::string_view line);

}  // namespace cordon::chain

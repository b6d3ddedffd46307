// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "log_book.hpp"

#include <boost/json.hpp>

#include <cordon/base/disk.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>
#include <cordon/tlog/key_file.hpp>

#include "output.hpp"

namespace cordon::cli {
namespace {

Hash256 digest_of(std::string_view text) {
    return crypto::sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace

std::vector<Flag> log_book_flags() {
    return {{"log", "DIR", "A tamper-evident log of this program alone; made when it is missing"},
            {"log-key", "FILE", "The key that signs it (cordon log keygen)"}};
}

Result<LogBook> LogBook::open(const Args& args) {
    LogBook book;
    if (args.has("log") != args.has("log-key"))
        return fail(ErrorCode::kInvalidParam, "--log and --log-key go together");
    if (!args.has("log")) return book;
    CORDON_TRY(tlog::SigningKey key, tlog::read_key_file(args.get("log-key")));
    CORDON_TRY(book.log_, tlog::Log::open(args.get("log"), std::move(key)));
    book.is_signed_ = false;  // What a run that died wrote.
    return book;
}

Status LogBook::write(std::string_view kind, const boost::json::object& data) {
    return log_ ? write_line(envelope(kind, data)) : Status{};
}

Status LogBook::write_line(std::string_view line) {
    if (!log_) return {};
    while (line.ends_with('\n')) line.remove_suffix(1);
    std::string entry{line};
    if (entry.size() > tlog::kMaxEntry)
        entry = envelope("digest", boost::json::object{{"sha256", to_hex(digest_of(line))},
                                                       {"bytes", line.size()}});
    while (entry.ends_with('\n')) entry.pop_back();
    is_signed_ = false;
    const Result<uint64_t> index = log_->append(std::move(entry));
    return index ? Status{} : fail(index.error());
}

Status LogBook::publish(bool at_end) {
    constexpr std::chrono::seconds kEvery{1};
    const auto now = std::chrono::steady_clock::now();
    if (!log_ || is_signed_ || (!at_end && now < signed_at_ + kEvery)) return {};
    CORDON_TRY(log_->publish());
    is_signed_ = true;
    signed_at_ = now;
    return {};
}

boost::json::object text_facts(std::string_view path, std::string_view text) {
    return {{"path", path}, {"sha256", to_hex(digest_of(text))}};
}

Result<boost::json::object> file_facts(const std::string& path) {
    CORDON_TRY(const Bytes bytes, read_file(path));
    return text_facts(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace cordon::cli

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "pending.hpp"

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include <cordon/base/format.hpp>
#include <cordon/base/hex.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kHead = "cordon ingest pending 2";

fs::path pending_path(const std::string& ledger_directory) {
    return fs::path{ledger_directory} / "ingest.pending";
}

/// The last line: a note that lost its end would tell of a lower tip, and cost what lies above it.
std::string sum_of(std::string_view lines) {
    const Hash256 sum =
        crypto::sha256({reinterpret_cast<const uint8_t*>(lines.data()), lines.size()});
    return format("sum {}\n", to_hex(sum));
}

tl::unexpected<Error> io_failure(int error, const fs::path& path, std::string_view what) {
    const bool full = error == ENOSPC || error == EFBIG || error == EDQUOT;
    return fail(full ? ErrorCode::kNoSpace : ErrorCode::kIo,
                format("{}: {}: {}", path.string(), what, std::generic_category().message(error)));
}

Status sync_path(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return io_failure(errno, path, "cannot be opened");
    const int error = ::fsync(fd) == 0 ? 0 : errno;
    ::close(fd);
    if (error != 0) return io_failure(error, path, "cannot be synced");
    return {};
}

}  // namespace

Result<std::vector<Pending>> load_pending(const std::string& ledger_directory) {
    const fs::path path = pending_path(ledger_directory);
    std::ifstream file{path, std::ios::binary};
    if (!file) return std::vector<Pending>{};
    const auto corrupt = [&] {
        return fail(ErrorCode::kCorrupt, format("{}: offset 0: not a pending note of this version; "
                                                "remove it if no ingest is running",
                                                path.string()));
    };
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    const std::size_t end = text.rfind("sum ");
    if (end == std::string::npos ||
        text.substr(end) != sum_of(std::string_view{text}.substr(0, end)))
        return corrupt();
    text.resize(end);
    std::istringstream in{text};
    std::string line;
    if (!std::getline(in, line) || line != kHead) return corrupt();
    std::vector<Pending> notes;
    while (std::getline(in, line)) {
        if (line.starts_with("source ")) {
            notes.push_back({line.substr(7), {}});
            continue;
        }
        std::istringstream words{line};
        std::string word, chain_text;
        BlockNum number = 0;
        if (!(words >> word >> chain_text >> number) || word != "tip" || notes.empty())
            return corrupt();
        const auto chain = parse_chain(chain_text);
        if (!chain) return corrupt();
        notes.back().tips[*chain] = number;
    }
    if (notes.empty()) return corrupt();
    return notes;
}

Status save_pending(const std::string& ledger_directory, std::span<const Pending> notes) {
    const fs::path path = pending_path(ledger_directory);
    std::error_code error;
    if (notes.empty()) {
        fs::remove(path, error);
        if (error) return io_failure(error.value(), path, "cannot be removed");
        return {};
    }
    const fs::path temporary = path.string() + ".tmp";
    std::string text = format("{}\n", kHead);
    for (const Pending& note : notes) {
        text += format("source {}\n", note.source);
        for (const auto& [chain, tip] : note.tips)
            text += format("tip {} {}\n", to_string(chain), tip);
    }
    text += sum_of(text);
    {
        errno = 0;
        std::ofstream out{temporary, std::ios::trunc | std::ios::binary};
        out << text;
        out.flush();
        if (!out) return io_failure(errno != 0 ? errno : EIO, temporary, "cannot be written");
    }
    CORDON_TRY(sync_path(temporary));
    fs::rename(temporary, path, error);
    if (error) return io_failure(error.value(), path, "cannot be named so");
    return sync_path(ledger_directory);
}

}  // namespace cordon::engine

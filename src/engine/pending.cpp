// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "pending.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kHead = "cordon ingest pending 1";

fs::path pending_path(const std::string& ledger_directory) {
    return fs::path{ledger_directory} / "ingest.pending";
}

Status sync_path(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(ErrorCode::kIo, format("{}: cannot be opened", path.string()));
    const int failed = ::fsync(fd);
    ::close(fd);
    if (failed != 0) return fail(ErrorCode::kIo, format("{}: cannot be synced", path.string()));
    return {};
}

}  // namespace

Result<std::optional<Pending>> load_pending(const std::string& ledger_directory) {
    const fs::path path = pending_path(ledger_directory);
    std::ifstream in{path};
    if (!in) return std::optional<Pending>{};
    const auto corrupt = [&] {
        return fail(
            ErrorCode::kCorrupt,
            format("{}: not a pending note of this version; remove it if no ingest is running",
                   path.string()));
    };
    std::string line;
    if (!std::getline(in, line) || line != kHead) return corrupt();
    Pending pending;
    if (!std::getline(in, line) || !line.starts_with("source ")) return corrupt();
    pending.source = line.substr(7);
    while (std::getline(in, line)) {
        std::istringstream words{line};
        std::string word, chain_text;
        BlockNum number = 0;
        if (!(words >> word >> chain_text >> number) || word != "tip") return corrupt();
        const auto chain = parse_chain(chain_text);
        if (!chain) return corrupt();
        pending.tips[*chain] = number;
    }
    return pending;
}

Status save_pending(const std::string& ledger_directory, const Pending& pending) {
    const fs::path path = pending_path(ledger_directory);
    const fs::path temporary = path.string() + ".tmp";
    {
        std::ofstream out{temporary, std::ios::trunc};
        out << kHead << "\nsource " << pending.source << '\n';
        for (const auto& [chain, tip] : pending.tips)
            out << "tip " << to_string(chain) << ' ' << tip << '\n';
        out.flush();
        if (!out)
            return fail(ErrorCode::kIo,
                        format("{}: cannot be written; is the disk full?", temporary.string()));
    }
    CORDON_TRY(sync_path(temporary));
    std::error_code error;
    fs::rename(temporary, path, error);
    if (error) return fail(ErrorCode::kIo, format("{}: {}", path.string(), error.message()));
    return sync_path(ledger_directory);
}

Status remove_pending(const std::string& ledger_directory) {
    std::error_code error;
    fs::remove(pending_path(ledger_directory), error);
    if (error)
        return fail(ErrorCode::kIo,
                    format("{}: {}", pending_path(ledger_directory).string(), error.message()));
    return {};
}

}  // namespace cordon::engine

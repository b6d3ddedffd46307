// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "mark.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <sys/stat.h>

#include <cordon/base/format.hpp>

namespace cordon::ledger {

Result<std::string> mark_of(const std::string& directory) {
    namespace fs = std::filesystem;
    const std::string chains = directory + "/chains";
    std::vector<std::string> marks;
    std::error_code error;
    for (fs::recursive_directory_iterator at{chains, error}, end; !error && at != end;
         at.increment(error)) {
        // Blocks come to be in the newest log, or by a record of the manifest.
        const std::string name = at->path().filename().string();
        if (name != "manifest" && !name.starts_with("log-")) continue;
        struct stat found{};
        if (::stat(at->path().c_str(), &found) != 0) continue;  // Sealed meanwhile: the next look.
        marks.push_back(format("{} {} {} {}.{}", at->path().string(), found.st_ino, found.st_size,
                               found.st_mtim.tv_sec, found.st_mtim.tv_nsec));
    }
    if (error) return fail(ErrorCode::kIo, format("{}: {}", chains, error.message()));
    std::sort(marks.begin(), marks.end());
    std::string all;
    for (const std::string& mark : marks) all += mark + "\n";
    return all;
}

}  // namespace cordon::ledger

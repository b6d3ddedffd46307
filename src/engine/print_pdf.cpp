// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "print_pdf.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>

#include "command_sink.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

/// A case of a thousand pages takes half of that on one core.
constexpr Seconds kLongest{60};

/// A folder that only we can read, gone with the object.
class PrivateFolder {
public:
    static Result<PrivateFolder> make() {
        std::error_code error;
        std::string name = (fs::temp_directory_path(error) / "cordon-print-XXXXXX").string();
        if (error || ::mkdtemp(name.data()) == nullptr)
            return fail(ErrorCode::kUnavailable, "no temporary folder can be made");
        return PrivateFolder{std::move(name)};
    }
    PrivateFolder(PrivateFolder&& other) noexcept : path_{std::exchange(other.path_, {})} {}
    PrivateFolder& operator=(PrivateFolder&&) = delete;
    ~PrivateFolder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    std::string file(const char* name) const { return (fs::path{path_} / name).string(); }

private:
    explicit PrivateFolder(std::string path) : path_{std::move(path)} {}
    std::string path_;
};

bool is_program(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

Result<std::string> find_chromium(const std::string& asked) {
    if (!asked.empty()) {
        if (is_program(asked)) return asked;
        return fail(ErrorCode::kNotFound, format("{}: no program", asked));
    }
    const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody sets it.
    for (std::string_view left = path == nullptr ? "" : path; !left.empty();) {
        const std::size_t end = std::min(left.find(':'), left.size());
        const fs::path folder{left.substr(0, end)};
        left.remove_prefix(std::min(end + 1, left.size()));
        for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
            if (folder.is_absolute() && is_program(folder / name)) return (folder / name).string();
    }
    return fail(ErrorCode::kNotFound, "no Chromium in PATH");
}

Result<Printed> print_pdf(const std::string& chromium, std::string_view html) {
    CORDON_TRY(const PrivateFolder folder, PrivateFolder::make());
    const std::string page = folder.file("case.html");
    const std::string out = folder.file("case.pdf");
    std::ofstream{page, std::ios::binary} << html;
    Printed printed;
    printed.sandboxed = ::geteuid() != 0;
    std::vector<std::string> words{
        chromium, "--headless",
        // What it would do in the background, and every way out: the
        // page itself may load nothing (its content security policy).
        "--disable-background-networking", "--disable-sync", "--disable-component-update",
        "--disable-extensions", "--no-first-run", "--no-default-browser-check",
        "--proxy-server=127.0.0.1:9", "--proxy-bypass-list=<-loopback>",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-gpu", "--disable-dev-shm-usage",
        "--disable-crash-reporter", "--no-pdf-header-footer",
        "--user-data-dir=" + folder.file("profile"), "--print-to-pdf=" + out};
    if (!printed.sandboxed) words.emplace_back("--no-sandbox");
    words.push_back("file://" + page);
    CORDON_TRY(run_command(words, {}, kLongest, nullptr));
    auto bytes = read_file(out);
    if (!bytes || bytes->size() < 5 ||
        std::string_view{"%PDF-"} !=
            std::string_view{reinterpret_cast<const char*>(bytes->data()), 5})
        return fail(ErrorCode::kUnavailable, format("{}: wrote no PDF", chromium));
    printed.pdf.assign(bytes->begin(), bytes->end());
    return printed;
}

}  // namespace cordon::engine

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "zip.hpp"

#include <sys/stat.h>
#include <zip.h>

#include <algorithm>
#include <set>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>

namespace cordon::engine {
namespace {

constexpr std::size_t kMaxName = 200;
constexpr std::size_t kPiece = 1U << 16U;

struct Discard {
    void operator()(zip_t* zip) const noexcept { zip_discard(zip); }
};
using Zip = std::unique_ptr<zip_t, Discard>;

Error zip_error(zip_t* zip, const std::string& where) {
    return {ErrorCode::kIo, format("{}: {}", where, zip_strerror(zip))};
}

std::string lower(std::string_view name) {
    std::string out{name};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// A name for an error message: what would harm a terminal is not shown.
std::string shown(std::string_view name) {
    constexpr std::size_t kShown = 60;
    std::string out;
    for (const char c : name.substr(0, kShown))
        out += c >= ' ' && c <= '~' ? std::string(1, c) : format("\\x{:02x}", uint8_t(c));
    return name.size() > kShown ? out + "…" : out;
}

Result<Zip> open_source(zip_source_t* source, zip_error_t& error) {
    zip_t* zip = source == nullptr
                     ? nullptr
                     : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (zip == nullptr) {
        const std::string why = zip_error_strerror(&error);
        const bool missing = zip_error_code_zip(&error) == ZIP_ER_NOENT ||
                             (zip_error_system_type(&error) == ZIP_ET_SYS &&
                              zip_error_code_system(&error) == ENOENT);
        if (source != nullptr) zip_source_free(source);
        zip_error_fini(&error);
        return fail(missing ? ErrorCode::kNotFound : ErrorCode::kMalformed,
                    missing ? why : format("no whole ZIP file: {}", why));
    }
    zip_error_fini(&error);
    return Zip{zip};
}

}  // namespace

bool is_member_name(std::string_view name) noexcept {
    if (name.empty() || name.size() > kMaxName) return false;
    while (true) {
        const std::size_t end = std::min(name.find('/'), name.size());
        const std::string_view part = name.substr(0, end);
        if (part.empty() || part == "." || part == "..") return false;
        for (const char c : part)
            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-'))
                return false;
        if (end == name.size()) return true;
        name.remove_prefix(end + 1);
    }
}

namespace {

Result<Zip> begin_zip(const std::string& temporary) {
    int code = 0;
    Zip zip{zip_open(temporary.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code)};
    if (zip) return zip;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    return fail(ErrorCode::kIo, format("{}: {}", temporary, why));
}

/// Takes the source, also when it fails. `level`: of deflate; 0: as it is.
Status add_member(zip_t* zip, const std::string& path, std::set<std::string>& names,
                  const std::string& name, zip_source_t* source, zip_uint32_t level) {
    Status good;
    if (!is_member_name(name))
        good = fail(ErrorCode::kInvalidParam,
                    format("\"{}\" is no name for a file of an archive", shown(name)));
    else if (!names.insert(lower(name)).second)
        good = fail(ErrorCode::kConflict, format("the archive would hold {} twice", name));
    const zip_int64_t at =
        source == nullptr || !good ? -1 : zip_file_add(zip, name.c_str(), source, 0);
    if (at < 0) {
        if (good) good = fail(zip_error(zip, path));
        if (source != nullptr) zip_source_free(source);
        return good;
    }
    const auto place = static_cast<zip_uint64_t>(at);
    // 1980-01-01, the first day that a ZIP can write; zip_file_set_mtime would bring in the
    // machine's time zone.
    constexpr zip_uint16_t kFirstDay = (1U << 5U) | 1U;
    constexpr zip_uint32_t kMode = static_cast<zip_uint32_t>(S_IFREG | 0644) << 16U;
    if (zip_file_set_dostime(zip, place, 0, kFirstDay, 0) != 0 ||
        zip_set_file_compression(zip, place, level == 0 ? ZIP_CM_STORE : ZIP_CM_DEFLATE, level) !=
            0 ||
        zip_file_set_external_attributes(zip, place, 0, ZIP_OPSYS_UNIX, kMode) != 0)
        return fail(zip_error(zip, path));
    return {};
}

Status end_zip(Zip zip, const std::string& temporary, const std::string& path) {
    if (zip_close(zip.get()) != 0) {
        const int code = zip_error_code_zip(zip_get_error(zip.get()));
        if (code == ZIP_ER_CANCELLED)
            return fail(ErrorCode::kCancelled, format("{}: was not written to its end", path));
        return fail(zip_error(zip.get(), path));
    }
    static_cast<void>(zip.release());
    // On disk before it has its name.
    struct stat info{};
    if (::stat(temporary.c_str(), &info) != 0) return fail(system_error(errno, temporary, "read"));
    CORDON_TRY(const auto file,
               system_disk().extend(temporary, static_cast<uint64_t>(info.st_size)));
    CORDON_TRY(file->sync());
    CORDON_TRY(system_disk().rename(temporary, path));
    const std::size_t slash = path.rfind('/');
    return system_disk().sync_directory(slash == std::string::npos ? "."
                                                                   : path.substr(0, slash + 1));
}

}  // namespace

Status write_zip(const std::string& path, const std::vector<Member>& members) {
    const std::string temporary = path + ".tmp";
    CORDON_TRY(Zip zip, begin_zip(temporary));
    std::set<std::string> names;
    for (const Member& member : members)
        CORDON_TRY(add_member(
            zip.get(), path, names, member.name,
            zip_source_buffer(zip.get(), member.bytes.data(), member.bytes.size(), 0), 9));
    return end_zip(std::move(zip), temporary, path);
}

Status write_zip(const std::string& path, const std::vector<FileMember>& members,
                 const std::function<bool(double)>& step) {
    const std::string temporary = path + ".tmp";
    CORDON_TRY(Zip zip, begin_zip(temporary));
    std::set<std::string> names;
    for (const FileMember& member : members)
        CORDON_TRY(add_member(zip.get(), path, names, member.name,
                              zip_source_file(zip.get(), member.path.c_str(), 0, -1),
                              member.pack ? 1 : 0));
    struct Step {
        const std::function<bool(double)>& step;
        bool go_on = true;
    } told{step};
    if (step) {
        constexpr double kPrecision = 0.005;
        zip_register_progress_callback_with_state(
            zip.get(), kPrecision,
            [](zip_t*, double done, void* state) {
                auto& here = *static_cast<Step*>(state);
                here.go_on = here.step(done);
            },
            nullptr, &told);
        zip_register_cancel_callback_with_state(
            zip.get(), [](zip_t*, void* state) { return static_cast<Step*>(state)->go_on ? 0 : 1; },
            nullptr, &told);
    }
    return end_zip(std::move(zip), temporary, path);
}

struct ZipReader::Impl {
    Zip zip;
    std::vector<Entry> entries;

    Status look(const Bounds& bounds) {
        const zip_int64_t count = zip_get_num_entries(zip.get(), 0);
        if (count < 0 || static_cast<uint64_t>(count) > bounds.entries)
            return fail(ErrorCode::kMalformed,
                        format("{} files: more than such an archive has", count));
        std::set<std::string> names;
        uint64_t whole = 0;
        for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
            zip_stat_t stat;
            const char* raw = zip_get_name(zip.get(), i, ZIP_FL_ENC_RAW);
            if (raw == nullptr || zip_stat_index(zip.get(), i, 0, &stat) != 0 ||
                (stat.valid & ZIP_STAT_SIZE) == 0)
                return fail(ErrorCode::kMalformed, format("file {}: not described", i));
            const std::string name = raw;
            if (!is_member_name(name))
                return fail(ErrorCode::kMalformed,
                            format("the name \"{}\" is none of a case: it may lead elsewhere",
                                   shown(name)));
            if (!names.insert(lower(name)).second)
                return fail(ErrorCode::kMalformed, format("{}: there twice", name));
            if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 &&
                stat.encryption_method != ZIP_EM_NONE)
                return fail(ErrorCode::kMalformed, format("{}: encrypted", name));
            if ((stat.valid & ZIP_STAT_COMP_METHOD) != 0 && stat.comp_method != ZIP_CM_STORE &&
                stat.comp_method != ZIP_CM_DEFLATE)
                return fail(ErrorCode::kMalformed, format("{}: packed in an unknown way", name));
            zip_uint8_t system = 0;
            zip_uint32_t attributes = 0;
            if (zip_file_get_external_attributes(zip.get(), i, 0, &system, &attributes) != 0)
                return fail(ErrorCode::kMalformed, format("{}: not described", name));
            const auto kind = static_cast<mode_t>(attributes >> 16U) & S_IFMT;
            if (system == ZIP_OPSYS_UNIX && kind != S_IFREG && kind != 0)
                return fail(ErrorCode::kMalformed, format("{}: a link, no file", name));
            if (stat.size > bounds.bytes - whole)
                return fail(ErrorCode::kMalformed,
                            format("{}: unpacks to more than {} bytes", name, bounds.bytes));
            whole += stat.size;
            entries.push_back({name, stat.size});
        }
        return {};
    }
};

ZipReader::ZipReader(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ZipReader::~ZipReader() = default;

Result<std::unique_ptr<ZipReader>> ZipReader::open(const std::string& path) {
    return open(path, Bounds{});
}

Result<std::unique_ptr<ZipReader>> ZipReader::open(const std::string& path, const Bounds& bounds) {
    zip_error_t error;
    zip_error_init(&error);
    auto impl = std::make_unique<Impl>();
    auto zip = open_source(zip_source_file_create(path.c_str(), 0, -1, &error), error);
    if (!zip) return fail(zip.error().in(path));
    impl->zip = *std::move(zip);
    if (const Status seen = impl->look(bounds); !seen) return fail(seen.error().in(path));
    return std::unique_ptr<ZipReader>{new ZipReader{std::move(impl)}};
}

Result<std::unique_ptr<ZipReader>> ZipReader::of(ByteView bytes) {
    zip_error_t error;
    zip_error_init(&error);
    auto impl = std::make_unique<Impl>();
    CORDON_TRY(impl->zip,
               open_source(zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error), error));
    CORDON_TRY(impl->look(Bounds{}));
    return std::unique_ptr<ZipReader>{new ZipReader{std::move(impl)}};
}

const std::vector<ZipReader::Entry>& ZipReader::entries() const noexcept { return impl_->entries; }

Status ZipReader::read(std::size_t place, const std::function<Status(ByteView)>& piece) {
    const Entry& entry = impl_->entries.at(place);
    struct Close {
        void operator()(zip_file_t* file) const noexcept { zip_fclose(file); }
    };
    const std::unique_ptr<zip_file_t, Close> file{zip_fopen_index(impl_->zip.get(), place, 0)};
    if (!file) return fail(ErrorCode::kMalformed, format("{}: cannot be unpacked", entry.name));
    std::vector<uint8_t> buffer(kPiece);
    uint64_t left = entry.bytes;
    while (true) {
        const zip_int64_t got = zip_fread(file.get(), buffer.data(), buffer.size());
        if (got < 0 || static_cast<uint64_t>(got) > left)
            return fail(ErrorCode::kMalformed,
                        format("{}: does not unpack to what the archive says of it", entry.name));
        if (got == 0) break;
        left -= static_cast<uint64_t>(got);
        CORDON_TRY(piece({buffer.data(), static_cast<std::size_t>(got)}));
    }
    if (left != 0)
        return fail(ErrorCode::kMalformed, format("{}: ends {} bytes early", entry.name, left));
    return {};
}

}  // namespace cordon::engine

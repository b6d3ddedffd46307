// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>

/// ZIP files of sealed cases (libzip): written so that the same members give the same bytes, read
/// as if an attacker had made them.
namespace cordon::engine {

struct Member {
    std::string name;  ///< As is_member_name() allows.
    std::string bytes;
};

/// Letters, digits, '.', '_', '-' in parts of a relative path, none of them "." or "..": a name
/// that no system reads as another place.
bool is_member_name(std::string_view name) noexcept;

/// Writes a new file beside `path` and renames it: whole or not at all. Members in the order given,
/// all with the time 1980-01-01 00:00. kConflict: two have the same name.
Status write_zip(const std::string& path, const std::vector<Member>& members);

/// A member that is a file already.
struct FileMember {
    std::string name, path;
    bool pack = true;  ///< No: it is packed already, and would only take time.
};
/// The same from files of any size. `step` is told how far it is, 0 to 1; where it says false the
/// end is kCancelled, and nothing is left.
Status write_zip(const std::string& path, const std::vector<FileMember>& members,
                 const std::function<bool(double)>& step);

/// The members of a ZIP file. Confined to one thread.
class ZipReader {
public:
    static constexpr std::size_t kMaxEntries = 20'000;  ///< Three files a service, some thousand.
    /// Of all entries together, unpacked: a trace of a million edges has half of that.
    static constexpr uint64_t kMaxBytes = 4ULL << 30U;
    struct Bounds {
        std::size_t entries = kMaxEntries;
        uint64_t bytes = kMaxBytes;
    };

    /// kMalformed: no ZIP, cut short, two views of its content that differ, a name that leads out
    /// or stands twice, a link, an encrypted member, more than bounds below allow.
    static Result<std::unique_ptr<ZipReader>> open(const std::string& path);
    static Result<std::unique_ptr<ZipReader>> open(const std::string& path, const Bounds& bounds);
    /// Lifetime: `bytes` must outlive it.
    static Result<std::unique_ptr<ZipReader>> of(ByteView bytes);
    ~ZipReader();

    struct Entry {
        std::string name;
        uint64_t bytes = 0;  ///< As the file says; read() holds it to that.
    };
    const std::vector<Entry>& entries() const noexcept;
    /// The content of an entry by its place, piece by piece. kMalformed: it does not unpack to
    /// exactly the bytes it should, with its checksum.
    Status read(std::size_t place, const std::function<Status(ByteView)>& piece);

private:
    struct Impl;
    explicit ZipReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace cordon::engine

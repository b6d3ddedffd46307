// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bytes.hpp"
#include "result.hpp"

namespace cordon {

/// A file being written from its end on.
class OutFile {
public:
    virtual ~OutFile() = default;
    /// All of it or an Error; after an Error some of it may be there.
    virtual Status write(ByteView bytes) = 0;
    /// What was written survives power loss when this returns success.
    virtual Status sync() = 0;
    virtual Status truncate(uint64_t size) = 0;
};

/// Everything that a store changes on disk goes through here, so that tests can pull the plug at
/// any write.
class Disk {
public:
    virtual ~Disk() = default;
    /// A new empty file; replaces an old one.
    virtual Result<std::unique_ptr<OutFile>> create(const std::string& path) = 0;
    /// An existing file, cut to `size`, to be written on from there.
    virtual Result<std::unique_ptr<OutFile>> extend(const std::string& path, uint64_t size) = 0;
    virtual Status rename(const std::string& from, const std::string& to) = 0;
    virtual Status remove(const std::string& path) = 0;
    /// Makes a directory and those above it; success when it exists.
    virtual Status make_directory(const std::string& path) = 0;
    /// Makes creations, renames and removals inside a directory survive power loss.
    virtual Status sync_directory(const std::string& path) = 0;
};

/// The real one. Thread safety: none needed, it has no state.
Disk& system_disk() noexcept;

/// errno as an Error: "PATH: cannot VERB: reason".
Error system_error(int error, const std::string& path, const char* verb);

/// Whole file into memory. With `durable`, what was read also survives power loss from then on: a
/// reader must not show what the writer has written but not yet synced.
Result<Bytes> read_file(const std::string& path, bool durable = false);

/// The names in a directory, sorted. kNotFound.
Result<std::vector<std::string>> list_directory(const std::string& path);

/// A file mapped for reading. Survives the removal of the file's name.
class MappedFile {
public:
    static Result<MappedFile> open(const std::string& path);
    MappedFile() = default;
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();
    ByteView bytes() const noexcept { return {data_, size_}; }

private:
    const uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
};

/// The only writer's place in a store: an advisory lock that dies with its process.
class WriterLock {
public:
    /// kLocked names the process that holds it.
    static Result<WriterLock> take(const std::string& path);
    WriterLock(WriterLock&& other) noexcept;
    WriterLock& operator=(WriterLock&&) = delete;
    ~WriterLock();

private:
    explicit WriterLock(int fd) noexcept : fd_{fd} {}
    int fd_;
};

}  // namespace cordon

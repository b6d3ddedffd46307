// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "watch_state.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "alert_desk.hpp"

namespace cordon::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "cordon-state-3\n";
constexpr std::size_t kSum = sizeof(Hash256);

tl::unexpected<Error> io_failure(const std::string& path, std::string_view what) {
    const int code = errno;
    return fail(code == ENOSPC || code == EDQUOT ? ErrorCode::kNoSpace : ErrorCode::kIo,
                format("{}: {}: {}", path, what, std::generic_category().message(code)));
}

struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

class FileSink final : public detect::StateSink {
public:
    FileSink(std::FILE* file, const std::string& path) : file_{file}, path_{path} {}
    Status write(ByteView bytes) override {
        sum_.update(bytes);
        return put(bytes);
    }
    Status finish() {
        const Hash256 sum = sum_.finish();
        CORDON_TRY(put(sum));
        if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0)
            return io_failure(path_, "cannot be written");
        return {};
    }

private:
    Status put(ByteView bytes) {
        if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
            return io_failure(path_, "cannot be written");
        return {};
    }

    std::FILE* file_;
    const std::string path_;
    crypto::Sha256 sum_;
};

class FileSource final : public detect::StateSource {
public:
    FileSource(std::FILE* file, const std::string& path) : file_{file}, path_{path} {}
    Status read(std::span<uint8_t> bytes) override {
        if (std::fread(bytes.data(), 1, bytes.size(), file_) != bytes.size())
            return fail(ErrorCode::kTruncated, path_ + ": is cut short");
        return {};
    }

private:
    std::FILE* file_;
    const std::string path_;
};

Status sync_directory(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return io_failure(path, "cannot be opened");
    const int done = ::fsync(descriptor);
    ::close(descriptor);
    if (done != 0) return io_failure(path, "cannot be synced");
    return {};
}

Status save_places(detect::StateSink& sink, const std::map<ChainId, BlockNum>& places) {
    CORDON_TRY(detect::save_state(sink, uint64_t{places.size()}));
    for (const auto& [chain, block] : places) {
        CORDON_TRY(detect::save_state(sink, to_string(chain)));
        CORDON_TRY(detect::save_state(sink, block));
    }
    return {};
}

Status load_places(detect::StateSource& source, std::map<ChainId, BlockNum>& places) {
    uint64_t size = 0;
    CORDON_TRY(detect::load_state(source, size));
    for (; size > 0; --size) {
        std::string text;
        BlockNum block = 0;
        CORDON_TRY(detect::load_state(source, text));
        CORDON_TRY(detect::load_state(source, block));
        CORDON_TRY(const ChainId chain, parse_chain(text));
        places[chain] = block;
    }
    return {};
}

Status save_live(detect::StateSink& sink, const CheckpointHead& head) {
    CORDON_TRY(detect::save_state(sink, uint64_t{head.seen.size()}));
    for (const auto& [chain, blocks] : head.seen) {
        CORDON_TRY(detect::save_state(sink, to_string(chain)));
        CORDON_TRY(detect::save_state(sink, blocks));
    }
    CORDON_TRY(detect::save_state(sink, uint64_t{head.tails.size()}));
    for (const auto& [source, place] : head.tails) {
        CORDON_TRY(detect::save_state(sink, source));
        CORDON_TRY(detect::save_state(sink, place));
    }
    CORDON_TRY(detect::save_state(sink, uint64_t{head.holdings.size()}));
    for (const feed::Holding& holding : head.holdings) {
        CORDON_TRY(detect::save_state(sink, to_string(holding.chain)));
        CORDON_TRY(detect::save_state(sink, holding.address));
        CORDON_TRY(detect::save_state(sink, holding.asset));
        CORDON_TRY(detect::save_state(sink, holding.amount));
    }
    return {};
}

Status load_live(detect::StateSource& source, CheckpointHead& head) {
    uint64_t size = 0;
    CORDON_TRY(detect::load_state(source, size));
    for (; size > 0; --size) {
        std::string text;
        CORDON_TRY(detect::load_state(source, text));
        CORDON_TRY(const ChainId chain, parse_chain(text));
        CORDON_TRY(detect::load_state(source, head.seen[chain]));
    }
    CORDON_TRY(detect::load_state(source, size));
    for (; size > 0; --size) {
        std::string text;
        CORDON_TRY(detect::load_state(source, text));
        CORDON_TRY(detect::load_state(source, head.tails[text]));
    }
    CORDON_TRY(detect::load_state(source, size));
    for (; size > 0; --size) {
        std::string text;
        feed::Holding& holding = head.holdings.emplace_back();
        CORDON_TRY(detect::load_state(source, text));
        CORDON_TRY(holding.chain, parse_chain(text));
        CORDON_TRY(detect::load_state(source, holding.address));
        CORDON_TRY(detect::load_state(source, holding.asset));
        CORDON_TRY(detect::load_state(source, holding.amount));
    }
    return {};
}

Result<CheckpointHead> read_head(FileSource& source, const std::string& path) {
    std::array<uint8_t, kMagic.size()> magic{};
    CORDON_TRY(source.read(magic));
    if (!std::equal(magic.begin(), magic.end(), kMagic.begin()))
        return fail(ErrorCode::kCorrupt, path + ": not a checkpoint of this version of Cordon");
    CheckpointHead head;
    CORDON_TRY(detect::load_state(source, head.settings));
    for (uint64_t* number :
         {&head.events, &head.blocks, &head.txns, &head.transfers, &head.settled})
        CORDON_TRY(detect::load_state(source, *number));
    CORDON_TRY(load_places(source, head.beginnings));
    CORDON_TRY(load_live(source, head));
    return head;
}

/// Whether the SHA-256 at the end is that of what stands before it.
Result<bool> is_whole(std::FILE* file, const std::string& path) {
    std::error_code error;
    const uint64_t size = fs::file_size(path, error);
    if (error || size < kSum) return false;
    crypto::Sha256 sum;
    std::vector<uint8_t> buffer(std::size_t{1} << 20);
    for (uint64_t left = size - kSum; left > 0;) {
        const std::size_t want = static_cast<std::size_t>(std::min<uint64_t>(left, buffer.size()));
        if (std::fread(buffer.data(), 1, want, file) != want)
            return io_failure(path, "cannot be read");
        sum.update({buffer.data(), want});
        left -= want;
    }
    Hash256 stored;
    if (std::fread(stored.bytes.data(), 1, kSum, file) != kSum)
        return io_failure(path, "cannot be read");
    return sum.finish() == stored;
}

}  // namespace

Result<std::unique_ptr<WatchState>> WatchState::open(const std::string& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (error)
        return fail(ErrorCode::kIo, format("{}: cannot be made: {}", directory, error.message()));
    std::unique_ptr<WatchState> state{new WatchState{directory}};
    const std::string lock = (fs::path{directory} / "lock").string();
    state->lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (state->lock_ < 0) return io_failure(lock, "cannot be opened");
    if (::flock(state->lock_, LOCK_EX | LOCK_NB) != 0)
        return fail(ErrorCode::kLocked,
                    format("{}: another watch has this state; end it, or choose another --state",
                           directory));
    CORDON_TRY(state->alerts_, records::AlertStore::open(alerts_path(directory)));
    return state;
}

WatchState::~WatchState() {
    if (lock_ >= 0) ::close(lock_);
}

std::string WatchState::path(unsigned age) const {
    const std::string name = age == 0 ? "watch.checkpoint" : format("watch.checkpoint.{}", age);
    return (fs::path{directory_} / name).string();
}

/// The newest becomes the second, and the second the oldest, when that is deep enough by now. At no
/// moment is there no newest.
Status WatchState::keep_older(const CheckpointHead& head) {
    if (head.seen.empty()) return {};
    // Two epochs of 32 slots: what is deeper is final on Ethereum but for a catastrophe.
    constexpr BlockNum kDeep = 64;
    const auto second = this->head(1);
    const bool has_second = second && *second;
    if (has_second) {
        for (const auto& [chain, blocks] : head.seen) {
            const auto before = (*second)->seen.find(chain);
            if (before != (*second)->seen.end() && !before->second.empty() && !blocks.empty() &&
                before->second.back().number + kDeep > blocks.back().number)
                return {};
        }
        if (std::rename(path(1).c_str(), path(2).c_str()) != 0)
            return io_failure(path(1), "cannot be renamed");
    }
    std::error_code error;
    if (!fs::exists(path(), error)) return {};
    fs::remove(path(1), error);
    fs::create_hard_link(path(), path(1), error);
    if (error)
        return fail(ErrorCode::kIo, format("{}: cannot be kept: {}", path(), error.message()));
    return {};
}

Status WatchState::save(const CheckpointHead& head, const detect::Watch& watch) {
    const std::string temporary = path() + ".tmp";
    {
        const File file{std::fopen(temporary.c_str(), "wbe")};
        if (!file) return io_failure(temporary, "cannot be written");
        FileSink sink{file.get(), temporary};
        CORDON_TRY(sink.write({reinterpret_cast<const uint8_t*>(kMagic.data()), kMagic.size()}));
        CORDON_TRY(detect::save_state(sink, head.settings));
        for (const uint64_t number :
             {head.events, head.blocks, head.txns, head.transfers, head.settled})
            CORDON_TRY(detect::save_state(sink, number));
        CORDON_TRY(save_places(sink, head.beginnings));
        CORDON_TRY(save_live(sink, head));
        CORDON_TRY(watch.save(sink));
        CORDON_TRY(sink.finish());
    }
    CORDON_TRY(keep_older(head));
    if (std::rename(temporary.c_str(), path().c_str()) != 0)
        return io_failure(temporary, "cannot be named watch.checkpoint");
    return sync_directory(directory_);
}

Result<std::optional<CheckpointHead>> WatchState::head(unsigned age) const {
    const std::string name = path(age);
    const File file{std::fopen(name.c_str(), "rbe")};
    if (!file) {
        if (errno == ENOENT) return std::nullopt;
        return io_failure(name, "cannot be read");
    }
    CORDON_TRY(const bool whole, is_whole(file.get(), name));
    if (!whole) return fail(ErrorCode::kCorrupt, name + ": does not match its checksum");
    std::rewind(file.get());
    FileSource source{file.get(), name};
    CORDON_TRY(CheckpointHead head, read_head(source, name));
    return head;
}

Status WatchState::load(detect::Watch& watch, unsigned age) const {
    const std::string name = path(age);
    const File file{std::fopen(name.c_str(), "rbe")};
    if (!file) return io_failure(name, "cannot be read");
    FileSource source{file.get(), name};
    CORDON_TRY(read_head(source, name));
    return watch.load(source);
}

}  // namespace cordon::engine

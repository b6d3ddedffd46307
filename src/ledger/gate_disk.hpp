// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>

#include <cordon/base/format.hpp>

#include <cordon/base/disk.hpp>

namespace cordon::ledger::test {

/// The real disk, on which chosen files wait or are refused: for writers that seal and merge on
/// threads of their own. A file is chosen by a part of its name. Thread safety: any number.
class GateDisk final : public Disk {
public:
    /// Whoever wants to change such a file waits until open(), but for the first `passing` files.
    void close(std::string part, std::size_t passing = 0) {
        const std::lock_guard lock{mutex_};
        closed_ = std::move(part);
        passing_ = passing;
        passed_.clear();
        waiting_ = 0;
    }
    void open() {
        const std::lock_guard lock{mutex_};
        closed_.clear();
        changed_.notify_all();
    }
    /// False when nobody came to the gate for ten seconds.
    bool wait_for_somebody() {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, std::chrono::seconds{10}, [this] { return waiting_ != 0; });
    }
    bool is_somebody_waiting() const {
        const std::lock_guard lock{mutex_};
        return waiting_ != 0;
    }
    /// The next `times` writes to such a file find no space.
    void fill_up(std::string part, unsigned times = UINT32_MAX) {
        const std::lock_guard lock{mutex_};
        full_ = std::move(part);
        refusals_ = times;
    }
    void free_space() { fill_up({}, 0); }

    Result<std::unique_ptr<OutFile>> create(const std::string& path) override {
        CORDON_TRY(pass(path, true));
        CORDON_TRY(auto file, system_disk().create(path));
        return std::make_unique<File>(*this, path, std::move(file));
    }
    Result<std::unique_ptr<OutFile>> extend(const std::string& path, uint64_t size) override {
        CORDON_TRY(auto file, system_disk().extend(path, size));
        return std::make_unique<File>(*this, path, std::move(file));
    }
    Status rename(const std::string& from, const std::string& to) override {
        CORDON_TRY(pass(to, false));
        return system_disk().rename(from, to);
    }
    Status remove(const std::string& path) override { return system_disk().remove(path); }
    Status make_directory(const std::string& path) override {
        return system_disk().make_directory(path);
    }
    Status sync_directory(const std::string& path) override {
        return system_disk().sync_directory(path);
    }

private:
    class File final : public OutFile {
    public:
        File(GateDisk& disk, std::string path, std::unique_ptr<OutFile> file)
            : disk_{disk}, path_{std::move(path)}, file_{std::move(file)} {}
        Status write(ByteView bytes) override {
            if (Status status = disk_.pass(path_, true); !status) {
                static_cast<void>(file_->write(bytes.first(bytes.size() / 2)));
                return status;
            }
            return file_->write(bytes);
        }
        Status sync() override { return file_->sync(); }
        Status truncate(uint64_t size) override { return file_->truncate(size); }

    private:
        GateDisk& disk_;
        std::string path_;
        std::unique_ptr<OutFile> file_;
    };

    Status pass(const std::string& path, bool needs_space) {
        const std::string name = path.substr(path.rfind('/') + 1);
        const auto is_chosen = [&name](const std::string& part) {
            return !part.empty() && name.find(part) != std::string::npos;
        };
        std::unique_lock lock{mutex_};
        const std::string last = name.substr(0, name.find(".tmp"));
        if (is_chosen(closed_) && passed_.size() < passing_) passed_.insert(last);
        if (is_chosen(closed_) && !passed_.contains(last)) {
            ++waiting_;
            changed_.notify_all();
            changed_.wait(lock, [&] { return !is_chosen(closed_); });
        }
        if (!needs_space || refusals_ == 0 || !is_chosen(full_)) return {};
        --refusals_;
        return fail(ErrorCode::kNoSpace, format("{}: no space left", path));
    }

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string closed_, full_;
    std::size_t passing_ = 0;
    std::set<std::string> passed_;
    unsigned waiting_ = 0, refusals_ = 0;
};

}  // namespace cordon::ledger::test

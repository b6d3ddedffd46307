// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <random>

#include "format.hpp"

#include "disk.hpp"

namespace cordon {

/// A disk on which something goes wrong at a chosen write. Thread safety: any number, one operation
/// at a time; lose_power() comes when all of them are done.
class FaultDisk final : public Disk {
public:
    enum class Fault {
        kKill,   ///< The process is gone: part of the write is there, nothing is written any more.
        kPower,  ///< The machine is gone: of what was not synced, any part may be there (see
                 ///< lose_power).
        kNoSpace,  ///< This one write fails, part of it is there; the next ones work.
    };
    FaultDisk(Fault fault, uint64_t at, uint64_t seed) : fault_{fault}, left_{at}, random_{seed} {}

    /// Nothing goes wrong, and nothing waits for the medium.
    static FaultDisk none() { return {Fault::kKill, UINT64_MAX, 0}; }

    bool happened() const noexcept {
        const std::lock_guard lock{mutex_};
        return happened_;
    }

    Result<std::unique_ptr<OutFile>> create(const std::string& path) override {
        const std::lock_guard lock{mutex_};
        CORDON_TRY(check(path));
        CORDON_TRY(auto file, system_disk().create(path));
        sizes_[path] = {};
        names_.erase(path);  // Another file of an old name.
        undo_[parent(path)].push_back([path] { std::filesystem::remove(path); });
        return std::make_unique<File>(*this, path, std::move(file));
    }
    Result<std::unique_ptr<OutFile>> extend(const std::string& path, uint64_t size) override {
        const std::lock_guard lock{mutex_};
        CORDON_TRY(check(path));
        CORDON_TRY(auto file, system_disk().extend(path, size));
        sizes_[path] = {size, size};
        return std::make_unique<File>(*this, path, std::move(file));
    }
    Status rename(const std::string& from, const std::string& to) override {
        const std::lock_guard lock{mutex_};
        CORDON_TRY(check(from));
        // The name points to the old file or to the new one, whenever the power goes: keep both.
        const std::string hidden = format("{}.gone-{}", to, gone_);
        const bool replaces = std::filesystem::exists(to);
        if (replaces) {
            std::filesystem::create_hard_link(to, hidden);
            ++gone_;
        }
        CORDON_TRY(system_disk().rename(from, to));
        sizes_[to] = sizes_[from];
        names_[from] = to;
        undo_[parent(to)].push_back([=] {
            std::filesystem::rename(to, from);
            if (replaces) std::filesystem::rename(hidden, to);
        });
        return {};
    }
    Status remove(const std::string& path) override {
        const std::lock_guard lock{mutex_};
        CORDON_TRY(check(path));
        // Kept under another name until the directory is synced, so that a power cut can bring it
        // back.
        const std::string hidden = format("{}.gone-{}", path, gone_++);
        CORDON_TRY(system_disk().rename(path, hidden));
        undo_[parent(path)].push_back([path, hidden] { std::filesystem::rename(hidden, path); });
        return {};
    }
    Status make_directory(const std::string& path) override {
        const std::lock_guard lock{mutex_};
        CORDON_TRY(check(path));
        if (!std::filesystem::exists(path))
            undo_[parent(path)].push_back([path] { std::filesystem::remove_all(path); });
        return system_disk().make_directory(path);
    }
    Status sync_directory(const std::string& path) override {
        const std::lock_guard lock{mutex_};
        CORDON_TRY(check(path));
        undo_[path].clear();
        return {};
    }

    /// What a machine finds when it comes back: files cut anywhere behind what was synced or with
    /// noise there, and of the directory changes that were not synced, the last ones undone.
    void lose_power() {
        if (fault_ != Fault::kPower) return;
        for (const auto& [path, size] : sizes_) {
            std::error_code error;
            const uint64_t now = std::filesystem::file_size(path, error);
            if (error || now <= size.synced) continue;
            const uint64_t kept = size.synced + random_() % (now - size.synced + 1);
            std::filesystem::resize_file(path, kept);
            if (random_() % 2 == 0 &&
                kept > size.synced) {  // The size reached the disk, the data did not.
                std::filesystem::resize_file(path, size.synced);
                std::filesystem::resize_file(path, kept);
            }
        }
        for (auto& [directory, steps] : undo_)
            for (std::size_t undone = random_() % (steps.size() + 1); undone > 0; --undone) {
                try {
                    steps.back()();
                } catch (const std::filesystem::filesystem_error&) {
                    // A directory above is gone already.
                }
                steps.pop_back();
            }
    }

private:
    struct Size {
        uint64_t synced = 0, written = 0;
    };
    class File final : public OutFile {
    public:
        File(FaultDisk& disk, std::string path, std::unique_ptr<OutFile> file)
            : disk_{disk}, path_{std::move(path)}, file_{std::move(file)} {}
        Status write(ByteView bytes) override {
            const std::lock_guard lock{disk_.mutex_};
            if (Status status = disk_.check(path_); !status) {
                if (disk_.first_)
                    static_cast<void>(
                        file_->write(bytes.first(disk_.random_() % (bytes.size() + 1))));
                return status;
            }
            return file_->write(bytes);
        }
        Status sync() override {
            const std::lock_guard lock{disk_.mutex_};
            CORDON_TRY(disk_.check(path_));
            disk_.sizes_[disk_.now(path_)].synced = std::filesystem::file_size(disk_.now(path_));
            return {};
        }
        Status truncate(uint64_t size) override {
            const std::lock_guard lock{disk_.mutex_};
            CORDON_TRY(disk_.check(path_));
            return file_->truncate(size);
        }

    private:
        FaultDisk& disk_;
        std::string path_;
        std::unique_ptr<OutFile> file_;
    };

    static std::string parent(const std::string& path) {
        return std::filesystem::path{path}.parent_path().string();
    }
    /// A file's present name.
    std::string now(const std::string& path) const {
        const auto renamed = names_.find(path);
        return renamed == names_.end() || !std::filesystem::exists(renamed->second)
                   ? path
                   : renamed->second;
    }
    Status check(const std::string& path) {
        first_ = false;
        if (happened_)
            return fault_ == Fault::kNoSpace ? Status{} : fail(ErrorCode::kIo, path + ": gone");
        if (left_-- > 0) return {};
        happened_ = first_ = true;
        return fail(fault_ == Fault::kNoSpace ? ErrorCode::kNoSpace : ErrorCode::kIo,
                    path + ": pulled the plug");
    }

    mutable std::mutex mutex_;
    Fault fault_;
    uint64_t left_;
    std::mt19937_64 random_;
    bool happened_ = false, first_ = false;
    unsigned gone_ = 0;
    std::map<std::string, Size> sizes_;
    std::map<std::string, std::string> names_;
    std::map<std::string, std::vector<std::function<void()>>> undo_;
};

}  // namespace cordon

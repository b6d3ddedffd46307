// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "read_ahead.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>

namespace cordon::chain {
namespace {

/// What one call of the source's read() gave, and how the source stood after it.
struct Step {
    Block block;
    Result<bool> more = false;
    uint64_t bytes_read = 0;
    std::vector<std::string> warnings;
};

class ReadAhead final : public BlockSource {
public:
    ReadAhead(std::unique_ptr<BlockSource> source, std::size_t blocks)
        : source_{std::move(source)},
          total_{source_->bytes_total()},
          read_{source_->bytes_read()},
          warnings_{source_->warnings()},
          ring_(std::max<std::size_t>(blocks, 1)),
          thread_{[this] { work(); }} {}
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

    ~ReadAhead() override {
        {
            const std::scoped_lock lock{mutex_};
            stop_ = true;
        }
        room_.notify_one();
        thread_.join();
    }

    Result<bool> read(Block& block) override {
        if (ended_) return last_;  // Nothing comes after the end or an Error.
        Step& step = wait_for_step();
        std::swap(block, step.block);
        last_ = std::move(step.more);
        ended_ = !last_ || !*last_;
        read_ = step.bytes_read;
        std::swap(warnings_, step.warnings);
        {
            const std::scoped_lock lock{mutex_};
            first_ = (first_ + 1) % ring_.size();
            --filled_;
        }
        room_.notify_one();
        return last_;
    }

    uint64_t bytes_read() const noexcept override { return read_; }
    uint64_t bytes_total() const noexcept override { return total_; }
    std::vector<std::string> warnings() const override { return warnings_; }

private:
    Step& wait_for_step() {
        std::unique_lock lock{mutex_};
        steps_.wait(lock, [this] { return filled_ > 0; });
        return ring_[first_];
    }

    /// The other thread. A step of the ring is its own from when it is free until it is filled.
    void work() {
        for (std::size_t at = 0;; at = (at + 1) % ring_.size()) {
            {
                std::unique_lock lock{mutex_};
                room_.wait(lock, [this] { return stop_ || filled_ < ring_.size(); });
                if (stop_) return;
            }
            Step& step = ring_[at];
            take(step);
            const bool over = !step.more || !*step.more;
            {
                const std::scoped_lock lock{mutex_};
                ++filled_;
            }
            steps_.notify_one();
            if (over) return;
        }
    }

    void take(Step& step) {
        try {
            step.more = source_->read(step.block);
            step.bytes_read = source_->bytes_read();
            step.warnings = source_->warnings();
        } catch (const std::bad_alloc&) {  // On this thread nobody else would catch it.
            step.more = fail(ErrorCode::kLimit, "out of memory while reading ahead");
        }
    }

    std::unique_ptr<BlockSource> source_;  // Used by the other thread only, while it runs.
    // The caller's side.
    uint64_t total_;
    uint64_t read_;
    std::vector<std::string> warnings_;
    Result<bool> last_ = true;
    bool ended_ = false;
    // Between the two.
    std::mutex mutex_;
    std::condition_variable room_;
    std::condition_variable steps_;
    std::vector<Step> ring_;
    std::size_t first_ = 0;   // The step that the caller takes next. Guarded by mutex_.
    std::size_t filled_ = 0;  // Guarded by mutex_.
    bool stop_ = false;       // Guarded by mutex_.
    std::thread thread_;      // Last: it begins when all the rest is there.
};

}  // namespace

std::unique_ptr<BlockSource> read_ahead(std::unique_ptr<BlockSource> source, std::size_t blocks) {
    return std::make_unique<ReadAhead>(std::move(source), blocks);
}

}  // namespace cordon::chain

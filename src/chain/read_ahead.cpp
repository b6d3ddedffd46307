// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "read_ahead.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

namespace cordon::chain {
namespace {

// How long the caller waits for half of the room to fill before it takes what there is: a slow pipe
// must show its blocks, and the caller must see that it was cancelled.
constexpr std::chrono::milliseconds kPatience{20};

/// What one call of the source's read() gave, and how the source stood after it.
struct Step {
    Block block;
    Result<bool> more = false;
    std::size_t rows = 0;
    uint64_t bytes_read = 0;
    std::vector<std::string> warnings;
    std::exception_ptr thrown;  // Instead of all that: memory ran out.
};
using StepPtr = std::unique_ptr<Step>;

std::size_t rows_of(const Block& block) noexcept {
    std::size_t rows = 0;
    for (const AccountTxn& txn : block.account_txns) rows += txn.transfers.size();
    for (const UtxoTxn& txn : block.utxo_txns) rows += txn.inputs.size() + txn.outputs.size();
    return rows;
}

class ReadAhead final : public BlockSource {
public:
    ReadAhead(std::unique_ptr<BlockSource> source, const ReadAheadRoom& room)
        : source_{std::move(source)},
          room_{std::max<std::size_t>(room.blocks, 1), std::max<std::size_t>(room.rows, 1)},
          total_{source_->bytes_total()},
          read_{source_->bytes_read()},
          warnings_{source_->warnings()},
          thread_{[this] { work(); }} {}
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

    ~ReadAhead() override {
        {
            const std::scoped_lock lock{mutex_};
            stop_ = true;
        }
        freed_.notify_one();
        thread_.join();
    }

    Result<bool> read(Block& block) override {
        if (thrown_) std::rethrow_exception(thrown_);
        if (ended_) return last_;  // Nothing comes after the end or an Error.
        StepPtr step = take();
        thrown_ = step->thrown;
        if (thrown_) std::rethrow_exception(thrown_);
        std::swap(block, step->block);
        last_ = std::move(step->more);
        ended_ = !last_ || !*last_;
        read_ = step->bytes_read;
        std::swap(warnings_, step->warnings);
        spare_ = std::move(step);
        return last_;
    }

    uint64_t bytes_read() const noexcept override { return read_; }
    uint64_t bytes_total() const noexcept override { return total_; }
    std::vector<std::string> warnings() const override { return warnings_; }

private:
    /// The caller's side: the oldest step that waits. What the last call used goes back first.
    StepPtr take() {
        std::unique_lock lock{mutex_};
        if (spare_) free_.push_back(std::move(spare_));
        if (waiting_.empty()) {
            const auto enough = [this] { return over_ || is_half(); };
            if (!filled_.wait_for(lock, kPatience, enough))
                filled_.wait(lock, [this] { return !waiting_.empty(); });
        }
        StepPtr step = std::move(waiting_.front());
        waiting_.pop_front();
        rows_ -= step->rows;
        const bool low = !is_half() || waiting_.empty();
        lock.unlock();
        if (low) freed_.notify_one();
        return step;
    }

    // With mutex_ held.
    bool is_half() const { return waiting_.size() * 2 > room_.blocks || rows_ * 2 > room_.rows; }
    bool is_full() const { return waiting_.size() >= room_.blocks || rows_ >= room_.rows; }

    /// The other thread.
    void work() {
        for (bool over = false; !over;) {
            StepPtr step;
            {
                std::unique_lock lock{mutex_};
                if (is_full())
                    freed_.wait(lock, [this] { return stop_ || !is_half() || waiting_.empty(); });
                if (stop_) return;
                if (!free_.empty()) {
                    step = std::move(free_.back());  // The warmest.
                    free_.pop_back();
                }
            }
            if (!step) step = std::make_unique<Step>();
            fill(*step);
            over = !step->more || !*step->more;
            bool tell;
            {
                const std::scoped_lock lock{mutex_};
                rows_ += step->rows;
                waiting_.push_back(std::move(step));
                over_ = over;
                tell = over || is_half() || waiting_.size() == 1;
            }
            if (tell) filled_.notify_one();
        }
    }

    void fill(Step& step) {
        try {
            step.more = source_->read(step.block);
            step.rows = step.more && *step.more ? rows_of(step.block) : 0;
            step.bytes_read = source_->bytes_read();
            step.warnings = source_->warnings();
        } catch (...) {  // For the caller's thread: on this one nobody would catch it.
            step.more = false;
            step.thrown = std::current_exception();
        }
    }

    std::unique_ptr<BlockSource> source_;  // Used by the other thread only, while it runs.
    const ReadAheadRoom room_;
    // The caller's side.
    uint64_t total_;
    uint64_t read_;
    std::vector<std::string> warnings_;
    Result<bool> last_ = true;
    bool ended_ = false;
    std::exception_ptr thrown_;
    StepPtr spare_;
    // Between the two, guarded by mutex_.
    std::mutex mutex_;
    std::condition_variable freed_;
    std::condition_variable filled_;
    std::deque<StepPtr> waiting_;  // Oldest first.
    std::vector<StepPtr> free_;
    std::size_t rows_ = 0;  // Of those that wait.
    bool over_ = false;     // The last one that waits is the last of all.
    bool stop_ = false;
    std::thread thread_;  // Last: it begins when all the rest is there.
};

}  // namespace

std::unique_ptr<BlockSource> read_ahead(std::unique_ptr<BlockSource> source,
                                        const ReadAheadRoom& room) {
    return std::make_unique<ReadAhead>(std::move(source), room);
}

}  // namespace cordon::chain

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include <cordon/base/format.hpp>

#include "bitcoin_chain.hpp"
#include "output_file.hpp"

namespace cordon::gen {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kMagic = 0xdab5bffa;  // Regtest: fa bf b5 da.
constexpr std::size_t kWindow = 64;
constexpr std::size_t kKeySize = 8;

class BlockFiles {
public:
    BlockFiles(std::string directory, uint64_t seed, const BlockFilesOptions& options)
        : directory_{std::move(directory)}, options_{options}, random_{~seed} {}

    Status prepare() {
        std::error_code error;
        fs::create_directories(directory_, error);
        if (error)
            return fail(ErrorCode::kIo,
                        format("{} cannot be created: {}", directory_, error.message()));
        for (const auto& entry : fs::directory_iterator(directory_, error)) {
            const std::string name = entry.path().filename().string();
            if (name.starts_with("blk") || name == "xor.dat")
                return fail(
                    ErrorCode::kConflict,
                    format("{} holds {} already: give a directory of its own", directory_, name));
        }
        if (error)
            return fail(ErrorCode::kIo,
                        format("{} cannot be read: {}", directory_, error.message()));
        if (!options_.xor_key) return {};
        const uint64_t word = mix(random_());
        std::memcpy(key_.data(), &word, kKeySize);
        CORDON_TRY(OutputFile file, OutputFile::create(path_of("xor.dat")));
        CORDON_TRY(file.write(ByteView{key_}));
        return file.close();
    }

    Status add(const Bytes& block) {
        if (!options_.shuffle) return write(block);
        window_.push_back(block);
        return window_.size() < kWindow ? Status{} : drain();
    }

    Result<BlockFilesSummary> finish() {
        CORDON_TRY(drain());
        if (file_) CORDON_TRY(file_->close());
        return summary_;
    }

private:
    std::string path_of(const std::string& name) const { return directory_ + '/' + name; }

    Status drain() {
        while (!window_.empty()) {
            std::swap(window_[random_.below(window_.size())], window_.back());
            CORDON_TRY(write(window_.back()));
            window_.pop_back();
        }
        return {};
    }

    Status write(const Bytes& block) {
        frame_.clear();
        append_number(frame_, kMagic, 4);
        append_number(frame_, block.size(), 4);
        append_bytes(frame_, block);
        if (!file_ || file_->size() + frame_.size() > options_.file_size) {
            if (file_) CORDON_TRY(file_->close());
            CORDON_TRY(file_, OutputFile::create(path_of(format("blk{:05}.dat", summary_.files))));
            ++summary_.files;
        }
        if (options_.xor_key) {
            const uint64_t offset = file_->size();
            for (std::size_t i = 0; i < frame_.size(); ++i)
                frame_[i] ^= key_[(offset + i) % kKeySize];
        }
        ++summary_.blocks;
        summary_.bytes += frame_.size();
        return file_->write(ByteView{frame_});
    }

    std::string directory_;
    BlockFilesOptions options_;
    Random random_;  // Of the order and the key: the chain does not depend on either.
    std::array<uint8_t, kKeySize> key_{};
    std::vector<Bytes> window_;
    std::optional<OutputFile> file_;
    Bytes frame_;
    BlockFilesSummary summary_;
};

}  // namespace

Result<BlockFilesSummary> write_block_files(const std::string& directory,
                                            BitcoinChain::Params params,
                                            const BlockFilesOptions& options,
                                            const std::function<void(uint64_t)>& progress) {
    BlockFiles files{directory, params.seed, options};
    CORDON_TRY(files.prepare());
    BitcoinChain chain{params};
    Bytes block;
    uint64_t orphans = 0;
    while (chain.next(block)) {
        CORDON_TRY(files.add(block));
        // The last of them has N / (orphans + 1) txns above it, and at least the empty block.
        while (chain.height() > 0 && orphans < options.orphans &&
               chain.txns() >= params.txns / (options.orphans + 1) * (orphans + 1)) {
            chain.stale(block);
            CORDON_TRY(files.add(block));
            ++orphans;
        }
        if (progress) progress(chain.txns());
    }
    CORDON_TRY(BlockFilesSummary summary, files.finish());
    summary.orphans = orphans;
    summary.txns = chain.txns();
    return summary;
}

}  // namespace cordon::gen

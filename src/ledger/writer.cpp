// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "writer.hpp"

#include <filesystem>
#include <map>

#include <cordon/base/format.hpp>

namespace cordon::ledger {
namespace {

class DirectoryWriter final : public Writer {
public:
    DirectoryWriter(Disk& disk, std::string directory, const Limits& limits, WriterLock lock)
        : disk_{disk}, directory_{std::move(directory)}, limits_{limits}, lock_{std::move(lock)} {}

    Status load() {
        CORDON_TRY(const std::vector<ChainId> chains, list_chains(directory_));
        for (const ChainId chain : chains) {
            CORDON_TRY(chains_[chain], ChainWriter::open(disk_, directory_, chain, limits_));
        }
        return {};
    }

    Result<Appended> append(std::span<const Block> batch) override {
        if (batch.empty()) return Appended{};
        const ChainId chain = batch.front().chain;
        auto it = chains_.find(chain);
        if (it == chains_.end()) {
            CORDON_TRY(auto writer, ChainWriter::create(disk_, directory_, chain, limits_));
            it = chains_.emplace(chain, std::move(writer)).first;
        }
        return it->second->append(batch);
    }

    Status rewind(ChainId chain, std::optional<BlockNum> last_good) override {
        const auto it = chains_.find(chain);
        return it == chains_.end() ? Status{} : it->second->rewind(last_good);
    }

    std::optional<BlockHeader> tip(ChainId chain) const override {
        const auto it = chains_.find(chain);
        return it == chains_.end() ? std::nullopt : it->second->tip();
    }

    Status seal(const SealHooks& hooks) override {
        for (const auto& [chain, writer] : chains_) CORDON_TRY(writer->seal(hooks));
        return {};
    }

    Result<std::shared_ptr<const Reader>> snapshot() const override {
        std::vector<ChainView> views;
        for (const auto& [chain, writer] : chains_) {
            CORDON_TRY(ChainView view, writer->snapshot());
            views.push_back(std::move(view));
        }
        return make_reader(std::move(views));
    }

private:
    Disk& disk_;
    std::string directory_;
    Limits limits_;
    WriterLock lock_;
    std::map<ChainId, std::unique_ptr<ChainWriter>> chains_;
};

}  // namespace

Result<std::unique_ptr<Writer>> open_writer_on(Disk& disk, const std::string& directory,
                                               const Options& options, const Limits& limits) {
    std::error_code error;
    const bool exists = std::filesystem::exists(directory + "/FORMAT", error);
    if (error) return fail(system_error(error.value(), directory, "open"));
    if (!exists && !options.create)
        return fail(ErrorCode::kNotFound,
                    format("{}: there is no ledger here; make one with cordon ingest", directory));
    CORDON_TRY(disk.make_directory(directory));
    CORDON_TRY(WriterLock lock, WriterLock::take(directory + "/lock"));
    if (!exists) {
        CORDON_TRY(make_ledger(disk, directory));
        // The entry of the ledger itself; not ours to insist on when the directory above is
        // somebody else's.
        const std::filesystem::path parent =
            std::filesystem::absolute(directory, error).parent_path();
        static_cast<void>(disk.sync_directory(parent.string()));
    }
    auto writer = std::make_unique<DirectoryWriter>(disk, directory, limits, std::move(lock));
    CORDON_TRY(writer->load());
    return writer;
}

Result<std::unique_ptr<Writer>> open_writer(const std::string& directory, const Options& options) {
    return open_writer_on(system_disk(), directory, options, Limits{});
}

}  // namespace cordon::ledger

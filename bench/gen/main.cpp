// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// cordon-gen: chains for measurements, from a seed.
#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>

#include <time.h>
#include <unistd.h>

#include <cordon/base/format.hpp>

#include "account_stream.hpp"
#include "bitcoin_chain.hpp"

namespace {

using namespace cordon;

constexpr int kUsage = 2;
constexpr const char* kHelp =
    R"(chains for measurements: the same bytes from the same seed, on every machine

usage: cordon-gen account --rows N [--seed S] [--csv] --out FILE
       cordon-gen bitcoin --txns N [--seed S] [--shuffle] [--orphans K] [--xor] --out DIR
       cordon-gen read FILE

account   transfers of an account chain (eth), in the compact form of bench/gen/README.md
bitcoin   a regtest chain as blk*.dat
read      reads a compact file and says what one transfer of it costs

flags:
  --rows N       Transfers
  --txns N       Txns, without coinbases
  --seed S       Another chain of the same shape [42]
  --out PATH     A file for account, a directory without blk files for bitcoin
  --csv          Canonical CSV instead (transfers:)
  --shuffle      Blocks out of order within windows of 64, as nodes store them
  --orphans K    K stale blocks among the others
  --xor          Files under a key in xor.dat, as recent nodes write them
  -h, --help     Show this help
)";

struct Flags {
    std::string verb;
    std::string file;
    std::optional<uint64_t> rows, txns;
    uint64_t seed = 42, orphans = 0;
    bool csv = false, shuffle = false, xor_key = false;
    std::string out;
};

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Result<uint64_t> parse_count(const std::string& flag, const std::string& text) {
    uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end)
        return fail(ErrorCode::kInvalidParam,
                    format("{}: expected a whole number below 2^64, found \"{}\"", flag, text));
    return value;
}

Result<Flags> parse(const std::vector<std::string>& words) {
    Flags flags;
    flags.verb = words.front();
    const bool account = flags.verb == "account";
    const bool bitcoin = flags.verb == "bitcoin";
    if (!account && !bitcoin && flags.verb != "read")
        return fail(ErrorCode::kInvalidParam,
                    format("no such verb: {}; see cordon-gen --help", flags.verb));
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string& flag = words[i];
        if (account && flag == "--csv") {
            flags.csv = true;
        } else if (bitcoin && flag == "--shuffle") {
            flags.shuffle = true;
        } else if (bitcoin && flag == "--xor") {
            flags.xor_key = true;
        } else if (!account && !bitcoin && flags.file.empty() && !flag.starts_with("-")) {
            flags.file = flag;
        } else if ((account && flag == "--rows") || (bitcoin && flag == "--txns") ||
                   (bitcoin && flag == "--orphans") ||
                   ((account || bitcoin) && (flag == "--seed" || flag == "--out"))) {
            if (++i == words.size())
                return fail(ErrorCode::kInvalidParam, format("{}: a value is missing", flag));
            if (flag == "--out") {
                flags.out = words[i];
                continue;
            }
            CORDON_TRY(const uint64_t value, parse_count(flag, words[i]));
            if (flag == "--rows") flags.rows = value;
            if (flag == "--txns") flags.txns = value;
            if (flag == "--orphans") flags.orphans = value;
            if (flag == "--seed") flags.seed = value;
        } else {
            return fail(ErrorCode::kInvalidParam,
                        format("{} does not take {}; see cordon-gen --help", flags.verb, flag));
        }
    }
    const char* missing = account && !flags.rows                       ? "--rows N"
                          : bitcoin && !flags.txns                     ? "--txns N"
                          : (account || bitcoin) && flags.out.empty()  ? "--out PATH"
                          : !account && !bitcoin && flags.file.empty() ? "FILE"
                                                                       : nullptr;
    if (missing != nullptr)
        return fail(ErrorCode::kInvalidParam, format("{} needs {}", flags.verb, missing));
    return flags;
}

/// A line on a terminal that shows how far it is, rewritten at each per cent.
class ProgressLine {
public:
    ProgressLine(const char* unit, uint64_t total) : unit_{unit}, total_{total} {}
    void operator()(uint64_t done) {
        if (!terminal_ || total_ == 0) return;
        const uint64_t percent = done >= total_ ? 100 : done / (total_ / 100 + 1);
        if (percent == shown_) return;
        shown_ = percent;
        std::fprintf(stderr, "\r%3u %%  %llu %s\033[K%s", static_cast<unsigned>(percent),
                     static_cast<unsigned long long>(done), unit_, percent == 100 ? "\n" : "");
    }

private:
    const char* unit_;
    uint64_t total_;
    uint64_t shown_ = ~uint64_t{0};
    bool terminal_ = ::isatty(STDERR_FILENO) != 0;
};

void report(const std::string& text) { std::printf("%s\n", text.c_str()); }

std::string cost(double seconds, uint64_t count, const char* unit) {
    return format("{:.2f} CPU-s, {:.0f} ns a {}", seconds,
                  seconds * 1e9 / static_cast<double>(std::max<uint64_t>(count, 1)), unit);
}

Status account(const Flags& flags) {
    gen::AccountStream stream{*flags.rows, flags.seed};
    ProgressLine line{"rows", *flags.rows};
    const auto progress = [&line](uint64_t rows) { line(rows); };
    const auto write = flags.csv ? gen::write_account_csv : gen::write_account_file;
    CORDON_TRY(write(flags.out, gen::blocks_of(stream), progress));
    report(format("{} rows, {} txns, {} addresses: {}", *flags.rows, stream.txns(),
                  stream.addresses(), cost(cpu_seconds(), *flags.rows, "row")));
    return {};
}

Status bitcoin(const Flags& flags) {
    ProgressLine line{"txns", *flags.txns};
    CORDON_TRY(const gen::BlockFilesSummary summary,
               gen::write_block_files(
                   flags.out, {*flags.txns, flags.seed},
                   {.shuffle = flags.shuffle, .orphans = flags.orphans, .xor_key = flags.xor_key},
                   [&line](uint64_t txns) { line(txns); }));
    report(format("{} txns in {} blocks ({} stale), {} bytes in {} files: {}", summary.txns,
                  summary.blocks, summary.orphans, summary.bytes, summary.files,
                  cost(cpu_seconds(), summary.txns, "txn")));
    return {};
}

Status read(const Flags& flags) {
    CORDON_TRY(gen::AccountStreamReader reader, gen::AccountStreamReader::open(flags.file));
    ProgressLine line{"rows", reader.rows()};
    const double begin = cpu_seconds();
    Block block;
    uint64_t rows = 0;
    while (true) {
        CORDON_TRY(const bool more, reader.next(block));
        if (!more) break;
        for (const AccountTxn& txn : block.account_txns) rows += txn.transfers.size();
        line(rows);
    }
    report(format("{} rows in {} blocks: {}", rows, reader.blocks(),
                  cost(cpu_seconds() - begin, rows, "row")));
    return {};
}

int run(const std::vector<std::string>& words) {
    for (const std::string& word : words)
        if (word == "-h" || word == "--help") return std::fputs(kHelp, stdout) < 0 ? 1 : 0;
    if (words.empty()) return std::fputs(kHelp, stderr), kUsage;
    const Result<Flags> flags = parse(words);
    if (!flags) {
        std::fprintf(stderr, "cordon-gen: %s\n", flags.error().message.c_str());
        return kUsage;
    }
    const Status status = flags->verb == "account"   ? account(*flags)
                          : flags->verb == "bitcoin" ? bitcoin(*flags)
                                                     : read(*flags);
    if (status) return 0;
    std::fprintf(stderr, "cordon-gen: %s\n", status.error().message.c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cordon-gen: %s\n", error.what());
    }
    return 1;
}

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <charconv>

#include <sys/stat.h>

#include <cordon/base/disk.hpp>
#include <cordon/base/format.hpp>

#include "../backup/sskr.hpp"
#include "commands.hpp"

namespace cordon::vault {
namespace {

/// "2-of-3".
Result<SskrGroup> parse_group(std::string_view text) {
    SskrGroup out;
    const char* const end = text.data() + text.size();
    const auto [dash, first] = std::from_chars(text.data(), end, out.threshold);
    constexpr std::string_view kOf = "-of-";
    const std::string_view rest{dash, end};
    if (first == std::errc{} && rest.starts_with(kOf) &&
        std::from_chars(dash + kOf.size(), end, out.count) == std::from_chars_result{end, {}})
        return out;
    return fail(ErrorCode::kInvalidParam, format("--share {}: expected M-of-N", text));
}

}  // namespace

Status backup_key(const Options& options, const Machine& machine) {
    SskrPlan plan{options.count, {}};
    for (const std::string& text : options.files) {
        CORDON_TRY(plan.groups.emplace_back(), parse_group(text));
    }
    CORDON_TRY(const OpenedKey key, open_key(options, machine));
    if (key.file.form != KeyForm::kSeed)
        return fail(ErrorCode::kUnsupported, "a single key is not backed up: only seeds are");
    CORDON_TRY(std::vector<SskrShare> shares, split_sskr(key.file.secret.view(), plan, os_random));
    // A folder of its own, that only its owner sees: each file goes to another place from here.
    if (::mkdir(options.output.c_str(), 0700) != 0)
        return fail(system_error(errno, options.output, "make"));
    Status status;
    for (SskrShare& share : shares) {
        share.words += '\n';
        const std::string path =
            format("{}/group-{}-share-{}.txt", options.output, share.group, share.member);
        if (status)
            status = create_key_file(
                path, {reinterpret_cast<const uint8_t*>(share.words.data()), share.words.size()});
        wipe(share.words.data(), share.words.size());
    }
    CORDON_TRY(std::move(status));
    machine.console.tell(format("{} shares in {}: no two of a group belong in one place\n",
                                shares.size(), options.output));
    return {};
}

Status restore_key(const Options& options, const Machine& machine) {
    std::vector<std::string> shares;
    Status status;
    for (const std::string& path : options.files) {
        Result<Bytes> bytes = read_key_file(path);
        if (!bytes) {
            status = fail(std::move(bytes).error());
            break;
        }
        shares.emplace_back(bytes->begin(), bytes->end());
        wipe(bytes->data(), bytes->size());
    }
    Result<Bytes> joined = status ? join_sskr(shares) : Result<Bytes>{fail(status.error())};
    for (std::string& words : shares) wipe(words.data(), words.size());
    if (!joined) return fail(std::move(joined).error());
    KeyFile key;
    key.secret = LockedBytes{*joined};
    wipe(joined->data(), joined->size());
    CORDON_TRY(key.facts, facts_of(options, machine));
    CORDON_TRY(const LockedBytes secret,
               passphrase(options.new_passphrase_file, options.output, true, machine));
    CORDON_TRY(write_new_key(options.output, key, secret.view(), machine.cost));
    CORDON_TRY(const std::string name, root_name(key));
    machine.console.tell(
        format("restored the key {} as \"{}\": compare it with what was noted when "
               "the backup was made\n",
               name, key.facts.label));
    return {};
}

}  // namespace cordon::vault

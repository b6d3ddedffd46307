// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "system_txn.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <cordon/base/format.hpp>
#include <cordon/crypto/hash.hpp>

#include "../csv_number.hpp"
#include "../text.hpp"
#include "rpc_value.hpp"

namespace cordon::chain {
namespace {

constexpr uint64_t kWeiPerGwei = 1'000'000'000;
/// Gnosis and its test network Chiado.
constexpr uint64_t kPaidInToken[] = {100, 10'200};

struct Withdrawal {
    uint64_t index = 0;
    uint64_t gwei = 0;
    Address to;
};

Result<uint64_t> number_of(JsonCursor& value, WithdrawalForm form) {
    if (form == WithdrawalForm::kNode) return evm::rpc_number(value);
    CORDON_TRY(const std::string_view digits, value.number());
    return parse_whole(digits, UINT64_MAX);
}

Result<Withdrawal> read_withdrawal(ChainId chain, JsonCursor& value, WithdrawalForm form) {
    enum : std::size_t { kIndex, kAddress, kAmount };
    static constexpr std::string_view kNames[] = {"index", "address", "amount"};
    Withdrawal out;
    CORDON_TRY(const uint64_t seen,
               value.members(kNames, [&](std::size_t name, JsonCursor& field) -> Status {
                   switch (name) {
                       case kIndex: return into(out.index, number_of(field, form));
                       case kAmount: return into(out.gwei, number_of(field, form));
                       default: break;
                   }
                   if (form == WithdrawalForm::kNode)
                       return into(out.to, evm::rpc_address(chain.family, field));
                   CORDON_TRY(const std::string_view text, field.string());
                   return into(out.to, parse_address(chain, text));
               }));
    for (const std::size_t name : {kIndex, kAddress, kAmount})
        if ((seen >> name & 1) == 0)
            return fail(ErrorCode::kMalformed, format("the key \"{}\" is missing", kNames[name]));
    return out;
}

}  // namespace

Hash256 system_txn_hash(ChainId chain, BlockNum number) {
    const std::string name = format("{}:{}:system", to_string(chain), number);
    return crypto::sha256({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
}

Status read_withdrawals(ChainId chain, JsonCursor& list, WithdrawalForm form,
                        std::vector<Transfer>& out) {
    const bool in_token = std::find(std::begin(kPaidInToken), std::end(kPaidInToken),
                                    chain.reference) != std::end(kPaidInToken);
    std::optional<uint64_t> last;
    return list.items([&](JsonCursor& item) -> Status {
        auto withdrawal = read_withdrawal(chain, item, form);
        if (!withdrawal) return fail(withdrawal.error().in("withdrawal"));
        if (last && withdrawal->index <= *last)
            return fail(ErrorCode::kOrder,
                        format("withdrawal {} comes after {}", withdrawal->index, *last));
        last = withdrawal->index;
        if (withdrawal->gwei == 0 || in_token) return {};
        const Address zero{withdrawal->to.kind(), std::array<uint8_t, 20>{}};
        out.push_back({static_cast<uint32_t>(out.size()), zero, withdrawal->to, Asset{},
                       Amount{withdrawal->gwei} * Amount{kWeiPerGwei}, TransferKind::kMint});
        return {};
    });
}

}  // namespace cordon::chain

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// From bytes to a whole explanation: a plain txn, one whose signer is recovered, a Safe
// transaction, and a MultiSend of 10,000 calls. Beside the first two their floor: reading the bytes
// and computing the hashes, which no explanation goes without.
#include <benchmark/benchmark.h>

#include <cordon/base/hex.hpp>
#include <cordon/chain/evm/txn.hpp>
#include <cordon/explain/evm.hpp>
#include <cordon/explain/safe.hpp>

namespace cordon::explain {
namespace {

/// A payment of type 2, as wallets make it; signed with the key 1 for none of anybody's money.
constexpr std::string_view kPlain =
    "0x02f0010184773594008506fc23ac00825208943535353535353535353535353535353535353535880de0b6b3a764"
    "000080c0";
/// EIP-155's example, signed with the key 0x46…46.
constexpr std::string_view kSigned =
    "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028"
    "ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800"
    "ccf555c9f3dc64214b297fb1966a3b6d83";

void explain_text(benchmark::State& state, std::string_view text) {
    const Context context;
    for (auto _ : state) {
        const auto out = explain_evm(text, context);
        if (!out) return state.SkipWithError(out.error().message.c_str());
        benchmark::DoNotOptimize(out->front().verdict);
    }
    state.SetItemsProcessed(state.iterations());
}

void explain_plain(benchmark::State& state) { explain_text(state, kPlain); }
BENCHMARK(explain_plain)->Name("explain/plain")->Unit(benchmark::kMicrosecond);

void floor_plain(benchmark::State& state) {
    for (auto _ : state) {
        const auto bytes = parse_hex0x(kPlain);
        benchmark::DoNotOptimize(chain::parse_evm_txn(*bytes)->signing_hash);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(floor_plain)->Name("explain/plain/floor:parse")->Unit(benchmark::kMicrosecond);

void explain_signed(benchmark::State& state) { explain_text(state, kSigned); }
BENCHMARK(explain_signed)->Name("explain/signed")->Unit(benchmark::kMicrosecond);

void floor_signed(benchmark::State& state) {
    for (auto _ : state) {
        const auto bytes = parse_hex0x(kSigned);
        const auto txn = chain::parse_evm_txn(*bytes);
        benchmark::DoNotOptimize(chain::sender_of(*txn)->payload()[0]);
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(floor_signed)->Name("explain/signed/floor:recover")->Unit(benchmark::kMicrosecond);

void append_number(Bytes& out, uint64_t number, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i)
        out.push_back(i + 8 < size ? 0 : static_cast<uint8_t>(number >> (8 * (size - 1 - i))));
}

/// multiSend(bytes) of token payments to different payees: some 1.6 MB for 10,000.
SafeProposal multi_send(std::size_t calls) {
    Bytes packed;
    for (std::size_t i = 0; i < calls; ++i) {
        packed.push_back(0);
        packed.insert(packed.end(), 20, 0xd5);
        append_number(packed, 0, 32);
        append_number(packed, 68, 32);
        append_number(packed, 0xa9059cbb, 4);
        append_number(packed, (uint64_t{0xf8} << 32) + i, 32);
        append_number(packed, 1'000'000 + i, 32);
    }
    SafeProposal proposal;
    proposal.txn.chain = 1;
    proposal.txn.operation = 1;
    proposal.version = SafeVersion{1, 4, 1};
    const auto address = [](std::string_view hex) {
        return Address{AddressKind::kEvm, parse_hex(hex).value()};
    };
    proposal.txn.safe = address("1db92e2eebc8e0c075a02bea49a2935bcd2dfcf4");
    proposal.txn.to = address("9641d764fc13c8b624c04430c7356c1c7c8102e2");  // MultiSendCallOnly.
    proposal.txn.gas_token = proposal.txn.refund_receiver =
        Address{AddressKind::kEvm, std::array<uint8_t, 20>{}};
    proposal.txn.data = {0x8d, 0x80, 0xff, 0x0a};
    append_number(proposal.txn.data, 32, 32);
    append_number(proposal.txn.data, packed.size(), 32);
    proposal.txn.data.insert(proposal.txn.data.end(), packed.begin(), packed.end());
    proposal.txn.data.resize(proposal.txn.data.size() + (32 - packed.size() % 32) % 32, 0);
    return proposal;
}

void explain_safe_txn(benchmark::State& state) {
    const SafeProposal proposal = multi_send(static_cast<std::size_t>(state.range(0)));
    const Context context;
    for (auto _ : state) {
        const Explanation out = explain_safe(proposal, context);
        if (out.verdict != Verdict::kOk ||
            out.effects.size() != static_cast<std::size_t>(state.range(0)))
            return state.SkipWithError("not all calls are understood");
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(explain_safe_txn)
    ->Name("explain/multisend")
    ->Arg(1)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cordon::explain

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>

#include <sodium.h>

#include <cordon/base/base64.hpp>
#include <cordon/base/fault_disk.hpp>
#include <cordon/base/format.hpp>
#include <cordon/wallet/statement.hpp>

#include "../gate.hpp"

/// A small world for tests of the gate: people who sign, wallets with prices, a folder.
namespace cordon::guard {

class TestFolder {
public:
    TestFolder() : path_{(std::filesystem::temp_directory_path() / "gate-XXXXXX").string()} {
        if (!mkdtemp(path_.data())) std::abort();
    }
    ~TestFolder() { std::filesystem::remove_all(path_); }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string{name}; }

private:
    std::string path_;
};

/// Somebody with an Ed25519 key made from his name.
class Person {
public:
    explicit Person(std::string name) : name_{std::move(name)} {
        std::array<uint8_t, 32> seed{};
        for (std::size_t i = 0; i < name_.size() && i < seed.size(); ++i)
            seed[i] = static_cast<uint8_t>(name_[i]);
        key_.key.resize(32);
        crypto_sign_seed_keypair(key_.key.data(), secret_.data(), seed.data());
    }
    const std::string& name() const { return name_; }
    const wallet::ApproverKey& key() const { return key_; }
    wallet::SignedStatement sign(const wallet::Statement& statement) const {
        wallet::SignedStatement out;
        out.text = statement.text();
        out.signature.resize(64);
        crypto_sign_detached(out.signature.data(), nullptr,
                             reinterpret_cast<const uint8_t*>(out.text.data()), out.text.size(),
                             secret_.data());
        return out;
    }

private:
    std::string name_;
    wallet::ApproverKey key_;
    std::array<uint8_t, 64> secret_{};
};

/// Answers from memory. One US dollar a unit. Thread safety: what it knows is set before.
class TestWorld : public RiskSource {
public:
    Result<std::optional<WalletAddress>> wallet(ChainId chain, const Address& address) override {
        if (failing) return fail(ErrorCode::kUnavailable, "the records are away");
        const auto found = wallets.find(address);
        if (found == wallets.end()) return std::nullopt;
        return WalletAddress{chain, address, found->second, "acme", "hot"};
    }
    Result<std::vector<Label>> labels(ChainId, const Address&) override { return {}; }
    Result<std::optional<AssetInfo>> asset(ChainId, const Asset&) override { return std::nullopt; }
    Result<std::optional<Cents>> usd(ChainId, const Asset&, const Amount& amount,
                                     UnixMillis) override {
        if (failing) return fail(ErrorCode::kUnavailable, "the prices are away");
        return static_cast<Cents>(amount.low_u64() * 100);
    }
    Result<std::optional<Amount>> balance(ChainId, const Address&, const Asset&) override {
        return Amount{uint64_t{1'000'000}};
    }
    Result<Dealings> dealings(ChainId, const Address&, const Address&, const Asset&) override {
        return Dealings{};
    }
    Result<screen::Screening> screen(ChainId chain, const Address& address, UnixMillis) override {
        screen::Screening clear;
        clear.chain = chain;
        clear.subject = address;
        clear.outcome = screen::Outcome::kClear;
        clear.reasons = {"nothing"};
        if (list_of) clear.lists = {{.name = "list", .sha256 = "ab", .as_of = list_of}};
        return clear;
    }
    Result<std::vector<Alert>> alerts(const WithdrawalRequest&, UnixMillis) override {
        if (blind) return fail(ErrorCode::kUnavailable, "the watch is away");
        return open_alerts;
    }
    Result<explain::Explanation> explain(const WithdrawalRequest&) override {
        return fail(ErrorCode::kNotFound, "no payload");
    }
    Result<std::optional<std::chrono::milliseconds>> lag(ChainId, UnixMillis) override {
        return behind;
    }

    std::map<Address, std::string> wallets;
    std::vector<Alert> open_alerts;
    bool failing = false;
    bool blind = false;                 // No alerts are known.
    std::optional<UnixMillis> list_of;  // The date of the one list.
    std::optional<std::chrono::milliseconds> behind = std::chrono::milliseconds{0};  // The feed.
};

inline Address test_address(uint8_t first) {
    std::array<uint8_t, 20> bytes{};
    bytes.fill(0x11);
    bytes[0] = first;
    return {AddressKind::kEvm, bytes};
}

inline WithdrawalRequest test_request(std::string id, uint64_t amount,
                                      std::string requester = "queue") {
    WithdrawalRequest request;
    request.id = std::move(id);
    request.chain = kEthereum;
    request.from = test_address(1);
    request.to = test_address(2);
    request.amount = Amount{amount};
    request.requester = std::move(requester);
    request.time = from_unix_seconds(1'700'000'000);
    return request;
}

inline std::string test_secret() {
    static const std::string text =
        tlog::SigningKey::generate("test", tlog::PublicKey::Kind::kLog).value().secret_text();
    return text;
}
inline tlog::SigningKey test_key() { return tlog::SigningKey::parse(test_secret()).value(); }

/// Waits for no medium: most tests are not about power.
inline FaultDisk& fast_disk() {
    static FaultDisk disk = FaultDisk::none();
    return disk;
}

}  // namespace cordon::guard

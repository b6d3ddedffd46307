// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "safe_tx.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <cordon/base/format.hpp>
#include <cordon/chain/evm/account.hpp>
#include <cordon/chain/evm/message.hpp>
#include <cordon/chain/evm/typed_data.hpp>
#include <cordon/crypto/hash.hpp>

namespace cordon::explain {
namespace {

constexpr std::size_t kWord = 32;
constexpr std::size_t kSignature = 65;

Hash256 keccak_text(std::string_view text) {
    return crypto::keccak256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

/// The words of an EIP-712 struct, one after the other.
class Encoding {
public:
    Encoding& word(ByteView word) {
        bytes_.insert(bytes_.end(), word.begin(), word.end());
        return *this;
    }
    Encoding& number(const Amount& number) { return word(number.to_big_endian()); }
    Encoding& address(const Address& address) {
        bytes_.resize(bytes_.size() + kWord - address.payload().size(), 0);
        return word(address.payload());
    }
    Hash256 hash() const { return crypto::keccak256(bytes_); }

private:
    Bytes bytes_;
};

Hash256 word(ByteView bytes, std::size_t index) {
    Hash256 out;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(kWord * index), kWord,
                out.bytes.begin());
    return out;
}

Hash256 domain_hash(uint64_t chain, const Address& safe, SafeDomain domain) {
    static const Hash256 kWith =
        keccak_text("EIP712Domain(uint256 chainId,address verifyingContract)");
    static const Hash256 kWithout = keccak_text("EIP712Domain(address verifyingContract)");
    Encoding encoding;
    if (domain == SafeDomain::kChainId) {
        encoding.word(kWith).number(Amount{chain});
    } else {
        encoding.word(kWithout);
    }
    return encoding.address(safe).hash();
}

}  // namespace

std::string_view to_string(SafeDomain domain) noexcept {
    switch (domain) {
        case SafeDomain::kChainId: return "Safe 1.3.0 and later";
        case SafeDomain::kNoChainId: return "Safe 1.0.0 to 1.2.0";
        case SafeDomain::kDataGas: return "Safe before 1.0.0";
    }
    return "";
}

SafeHashes hash_safe_txn(const SafeTx& txn, SafeDomain domain) {
    static const Hash256 kType = keccak_text(
        "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 "
        "baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)");
    static const Hash256 kOldType = keccak_text(
        "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 "
        "dataGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)");
    SafeHashes hashes;
    hashes.domain = domain_hash(txn.chain, txn.safe, domain);
    hashes.message = Encoding{}
                         .word(domain == SafeDomain::kDataGas ? kOldType : kType)
                         .address(txn.to)
                         .number(txn.value)
                         .word(crypto::keccak256(txn.data))
                         .number(Amount{uint64_t{txn.operation}})
                         .number(txn.safe_txn_gas)
                         .number(txn.base_gas)
                         .number(txn.gas_price)
                         .address(txn.gas_token)
                         .address(txn.refund_receiver)
                         .number(txn.nonce)
                         .hash();
    hashes.safe_txn = chain::typed_data_digest(hashes.domain, hashes.message);
    return hashes;
}

SafeHashes hash_safe_message(ByteView message, uint64_t chain, const Address& safe,
                             SafeDomain domain) {
    static const Hash256 kType = keccak_text("SafeMessage(bytes message)");
    SafeHashes hashes;
    hashes.domain = domain_hash(chain, safe, domain);
    hashes.message = Encoding{}.word(kType).word(crypto::keccak256(message)).hash();
    hashes.safe_txn = chain::typed_data_digest(hashes.domain, hashes.message);
    return hashes;
}

std::optional<SafeVersion> parse_safe_version(std::string_view text) noexcept {
    text = text.substr(0, text.find('+'));
    std::array<unsigned, 3> parts{};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto [next, error] = std::from_chars(at, end, parts[i]);
        if (error != std::errc{}) return std::nullopt;
        at = next;
        if (i + 1 < parts.size() && (at == end || *at++ != '.')) return std::nullopt;
    }
    if (at != end) return std::nullopt;
    return SafeVersion{parts[0], parts[1], parts[2]};
}

SafeDomain domain_of(const SafeVersion& version) noexcept {
    if (version < SafeVersion{1, 0, 0}) return SafeDomain::kDataGas;
    return version < SafeVersion{1, 3, 0} ? SafeDomain::kNoChainId : SafeDomain::kChainId;
}

namespace {

/// The zero address, and the one with which Safes end their lists: neither can be an owner.
bool is_no_owner(const Address& address) noexcept {
    const ByteView bytes = address.payload();
    return std::all_of(bytes.begin(), bytes.end() - 1, [](uint8_t byte) { return byte == 0; }) &&
           bytes.back() <= 1;
}

/// Where the bytes of a contract signature begin, when they lie behind it and within the blob with
/// their length, as checkNSignatures demands.
std::optional<std::size_t> dynamic_part(ByteView blob, std::size_t at, const Amount& offset) {
    if (!offset.fits_u64() || offset.low_u64() < at + kSignature) return std::nullopt;
    if (blob.size() < kWord || offset.low_u64() > blob.size() - kWord) return std::nullopt;
    const auto place = static_cast<std::size_t>(offset.low_u64());
    const auto length = Amount::from_big_endian(blob.subspan(place, kWord)).value_or(Amount::max());
    if (!length.fits_u64() || length.low_u64() > blob.size() - kWord - place) return std::nullopt;
    return place;
}

}  // namespace

Result<std::vector<SafeSignature>> read_safe_signatures(ByteView blob, const Hash256& safe_hash) {
    using Kind = SafeSignature::Kind;
    std::vector<SafeSignature> all;
    // Contract signatures keep their bytes after all the fixed parts; the first offset says where.
    std::size_t end = blob.size();
    for (std::size_t at = 0; at < end; at += kSignature) {
        if (end - at < kSignature)
            return fail(ErrorCode::kMalformed,
                        format("signatures: at {}: {} bytes are no whole signature of {}", at,
                               end - at, kSignature));
        const ByteView one = blob.subspan(at, kSignature);
        const uint8_t v = one[64];
        const Address named{AddressKind::kEvm, one.subspan(12, 20)};
        SafeSignature found;
        if (v == 0) {
            found.kind = Kind::kContract;
            found.signer = named;
            const auto offset =
                Amount::from_big_endian(one.subspan(32, 32)).value_or(Amount::max());
            if (const auto place = dynamic_part(blob, at, offset)) {
                end = std::min(end, *place);
            } else {
                found.kind = Kind::kInvalid;
                found.reason = "its data lies outside of the signatures";
            }
        } else if (v == 1) {
            found.kind = Kind::kApproved;
            found.signer = named;
        } else {
            const bool eth_sign = v > 30;
            const unsigned plain = eth_sign ? v - 4U : v;
            found.kind = eth_sign ? Kind::kEthSign : Kind::kEcdsa;
            Result<Address> signer =
                plain == 27 || plain == 28
                    ? chain::recover_evm_address(
                          eth_sign ? chain::personal_message_hash(safe_hash) : safe_hash,
                          word(one, 0), word(one, 1), plain == 28)
                    : fail(ErrorCode::kMalformed, format("v is {}", v));
            if (signer) {
                found.signer = *signer;
            } else {
                found.kind = Kind::kInvalid;
                found.reason = signer.error().message;
            }
        }
        if (v <= 1 && is_no_owner(named)) {
            found.kind = Kind::kInvalid;
            found.reason = "it names an address that no Safe has as an owner";
        }
        all.push_back(std::move(found));
    }
    return all;
}

}  // namespace cordon::explain

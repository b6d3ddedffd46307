// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <boost/json.hpp>

#include <cordon/base/bytes.hpp>
#include <cordon/base/result.hpp>
#include <cordon/model/address.hpp>
#include <cordon/model/chain_id.hpp>

/// The ops of README.md. Each takes the request and gives `out`; kInvalidParam names a missing or
/// wrong field.
namespace cordon::conform {

namespace json = boost::json;
using Op = Result<json::value> (*)(const json::object& request);

/// Nothing for an unknown op.
Op find_op(std::string_view name) noexcept;

// Fields of a request.
Result<std::string_view> text_field(const json::object& request, std::string_view name);
Result<Bytes> hex_field(const json::object& request, std::string_view name);
Result<uint64_t> number_field(const json::object& request, std::string_view name, uint64_t max);
/// `chain`, or Bitcoin when absent.
Result<ChainId> chain_field(const json::object& request);

// Ops of several files.
Result<json::value> op_psbt_txn(const json::object& request);
Result<json::value> op_sign_digest(const json::object& request);
Result<json::value> op_sign_evm_txn(const json::object& request);
Result<json::value> op_sign_psbt(const json::object& request);
Result<json::value> op_sign_schnorr(const json::object& request);
Result<json::value> op_tx(const json::object& request);
Result<json::value> op_block(const json::object& request);
Result<json::value> op_script_address(const json::object& request);
Result<json::value> op_address(const json::object& request);
Result<json::value> op_abi_decode(const json::object& request);
Result<json::value> op_abi_encode(const json::object& request);
Result<json::value> op_abi_log(const json::object& request);
Result<json::value> op_abi_packed(const json::object& request);
Result<json::value> op_abi_signature(const json::object& request);
Result<json::value> op_bytewords(const json::object& request);
Result<json::value> op_clear_signing(const json::object& request);
Result<json::value> op_contract_call(const json::object& request);
Result<json::value> op_crc32(const json::object& request);
Result<json::value> op_ecdsa(const json::object& request);
Result<json::value> op_ed25519(const json::object& request);
Result<json::value> op_evm_recover(const json::object& request);
Result<json::value> op_evm_txn(const json::object& request);
Result<json::value> op_log_consistency(const json::object& request);
Result<json::value> op_log_inclusion(const json::object& request);
Result<json::value> op_namehash(const json::object& request);
Result<json::value> op_p256(const json::object& request);
Result<json::value> op_personal_message(const json::object& request);
Result<json::value> op_public_key_add(const json::object& request);
Result<json::value> op_rlp_decode(const json::object& request);
Result<json::value> op_rlp_encode(const json::object& request);
Result<json::value> op_rpc_block(const json::object& request);
Result<json::value> op_rpc_calls(const json::object& request);
Result<json::value> op_rpc_changes(const json::object& request);
Result<json::value> op_sskr_join(const json::object& request);
Result<json::value> op_typed_data(const json::object& request);
Result<json::value> op_units(const json::object& request);
Result<json::value> op_ur_decode(const json::object& request);
Result<json::value> op_ur_degree(const json::object& request);
Result<json::value> op_ur_encode(const json::object& request);
Result<json::value> op_ur_fragment_length(const json::object& request);
Result<json::value> op_ur_mixed(const json::object& request);
Result<json::value> op_ur_part(const json::object& request);
Result<json::value> op_ur_random(const json::object& request);
Result<json::value> op_ur_sample(const json::object& request);
Result<json::value> op_ur_shuffle(const json::object& request);

}  // namespace cordon::conform

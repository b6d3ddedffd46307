// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace cordon::chain {

/// The operators of Bitcoin's script that we read or write: those of miniscript (BIP-379) and of
/// the older templates. Pushes of 1..75 bytes are their own length.
enum Opcode : uint8_t {
    kOp0 = 0x00,
    kOpPushData1 = 0x4c,
    kOpPushData2 = 0x4d,
    kOpPushData4 = 0x4e,
    kOp1Negate = 0x4f,
    kOp1 = 0x51,
    kOp16 = 0x60,
    kOpNop = 0x61,
    kOpIf = 0x63,
    kOpNotIf = 0x64,
    kOpElse = 0x67,
    kOpEndIf = 0x68,
    kOpVerify = 0x69,
    kOpReturn = 0x6a,
    kOpToAltStack = 0x6b,
    kOpFromAltStack = 0x6c,
    kOpIfDup = 0x73,
    kOpDrop = 0x75,
    kOpDup = 0x76,
    kOpSwap = 0x7c,
    kOpSize = 0x82,
    kOpEqual = 0x87,
    kOpEqualVerify = 0x88,
    kOp0NotEqual = 0x92,
    kOpAdd = 0x93,
    kOpBoolAnd = 0x9a,
    kOpBoolOr = 0x9b,
    kOpNumEqual = 0x9c,
    kOpNumEqualVerify = 0x9d,
    kOpRipemd160 = 0xa6,
    kOpSha256 = 0xa8,
    kOpHash160 = 0xa9,
    kOpHash256 = 0xaa,
    kOpCodeSeparator = 0xab,
    kOpCheckSig = 0xac,
    kOpCheckSigVerify = 0xad,
    kOpCheckMultisig = 0xae,
    kOpCheckMultisigVerify = 0xaf,
    kOpCheckLocktimeVerify = 0xb1,
    kOpCheckSequenceVerify = 0xb2,
    kOpCheckSigAdd = 0xba,
};

}  // namespace cordon::chain

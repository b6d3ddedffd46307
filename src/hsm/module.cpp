// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "module.hpp"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <algorithm>
#include <array>

#include <cordon/base/format.hpp>

namespace cordon::hsm {
namespace {

struct Named {
    CK_RV value;
    std::string_view name;
    ErrorCode code;
};
#define CORDON_CKR(name, code) \
    Named { name, #name, ErrorCode::code }
constexpr std::array kNames{
    CORDON_CKR(CKR_HOST_MEMORY, kIo),
    CORDON_CKR(CKR_SLOT_ID_INVALID, kUnavailable),
    CORDON_CKR(CKR_GENERAL_ERROR, kIo),
    CORDON_CKR(CKR_FUNCTION_FAILED, kIo),
    CORDON_CKR(CKR_ARGUMENTS_BAD, kIo),
    CORDON_CKR(CKR_CANT_LOCK, kIo),
    CORDON_CKR(CKR_ATTRIBUTE_READ_ONLY, kPermission),
    CORDON_CKR(CKR_ATTRIBUTE_SENSITIVE, kPermission),
    CORDON_CKR(CKR_ATTRIBUTE_TYPE_INVALID, kUnsupported),
    CORDON_CKR(CKR_ATTRIBUTE_VALUE_INVALID, kUnsupported),
    CORDON_CKR(CKR_ACTION_PROHIBITED, kPermission),
    CORDON_CKR(CKR_DATA_INVALID, kUnsupported),
    CORDON_CKR(CKR_DATA_LEN_RANGE, kUnsupported),
    CORDON_CKR(CKR_DEVICE_ERROR, kUnavailable),
    CORDON_CKR(CKR_DEVICE_MEMORY, kNoSpace),
    CORDON_CKR(CKR_DEVICE_REMOVED, kUnavailable),
    CORDON_CKR(CKR_FUNCTION_NOT_SUPPORTED, kUnsupported),
    CORDON_CKR(CKR_KEY_HANDLE_INVALID, kUnavailable),
    CORDON_CKR(CKR_KEY_SIZE_RANGE, kUnsupported),
    CORDON_CKR(CKR_KEY_TYPE_INCONSISTENT, kUnsupported),
    CORDON_CKR(CKR_KEY_FUNCTION_NOT_PERMITTED, kPermission),
    CORDON_CKR(CKR_MECHANISM_INVALID, kUnsupported),
    CORDON_CKR(CKR_MECHANISM_PARAM_INVALID, kUnsupported),
    CORDON_CKR(CKR_OBJECT_HANDLE_INVALID, kUnavailable),
    CORDON_CKR(CKR_OPERATION_ACTIVE, kIo),
    CORDON_CKR(CKR_PIN_INCORRECT, kPermission),
    CORDON_CKR(CKR_PIN_INVALID, kPermission),
    CORDON_CKR(CKR_PIN_LEN_RANGE, kPermission),
    CORDON_CKR(CKR_PIN_EXPIRED, kPermission),
    CORDON_CKR(CKR_PIN_LOCKED, kPermission),
    CORDON_CKR(CKR_SESSION_CLOSED, kUnavailable),
    CORDON_CKR(CKR_SESSION_COUNT, kUnavailable),
    CORDON_CKR(CKR_SESSION_HANDLE_INVALID, kUnavailable),
    CORDON_CKR(CKR_SESSION_READ_ONLY, kPermission),
    CORDON_CKR(CKR_TEMPLATE_INCOMPLETE, kUnsupported),
    CORDON_CKR(CKR_TEMPLATE_INCONSISTENT, kUnsupported),
    CORDON_CKR(CKR_TOKEN_NOT_PRESENT, kUnavailable),
    CORDON_CKR(CKR_TOKEN_NOT_RECOGNIZED, kUnavailable),
    CORDON_CKR(CKR_TOKEN_WRITE_PROTECTED, kPermission),
    CORDON_CKR(CKR_USER_ALREADY_LOGGED_IN, kPermission),
    CORDON_CKR(CKR_USER_NOT_LOGGED_IN, kPermission),
    CORDON_CKR(CKR_USER_PIN_NOT_INITIALIZED, kPermission),
    CORDON_CKR(CKR_USER_TYPE_INVALID, kPermission),
    CORDON_CKR(CKR_DOMAIN_PARAMS_INVALID, kUnsupported),
    CORDON_CKR(CKR_CURVE_NOT_SUPPORTED, kUnsupported),
    CORDON_CKR(CKR_BUFFER_TOO_SMALL, kIo),
    CORDON_CKR(CKR_CRYPTOKI_NOT_INITIALIZED, kUnavailable),
    CORDON_CKR(CKR_CRYPTOKI_ALREADY_INITIALIZED, kUnavailable),
    CORDON_CKR(CKR_PIN_TOO_WEAK, kPermission),
    CORDON_CKR(CKR_FUNCTION_REJECTED, kPermission),
};
#undef CORDON_CKR

/// Fields of PKCS#11 are filled up with blanks, and end nowhere.
template <std::size_t N>
std::string text_of(const unsigned char (&field)[N]) {
    std::string out{reinterpret_cast<const char*>(field), N};
    out.resize(std::min(out.find_last_not_of(std::string_view{" \0", 2}) + 1, N));
    return out;
}

}  // namespace

Error error_of(std::string_view function, CK_RV code) {
    const auto* found = std::ranges::find(kNames, code, &Named::value);
    if (found == kNames.end()) return {ErrorCode::kIo, format("{}: CKR 0x{:08x}", function, code)};
    return {found->code, format("{}: {}", function, found->name)};
}

Result<std::shared_ptr<Module>> Module::load(const std::string& path) {
    // A name without a folder would be looked for along the loader's paths, LD_LIBRARY_PATH among
    // them.
    if (path.find('/') == std::string::npos)
        return fail(ErrorCode::kInvalidParam, path + ": the whole path of the PKCS#11 module");
    std::shared_ptr<Module> out{new Module};
    out->library_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (out->library_ == nullptr) return fail(ErrorCode::kNotFound, ::dlerror());
    const auto list =
        reinterpret_cast<CK_C_GetFunctionList>(::dlsym(out->library_, "C_GetFunctionList"));
    if (list == nullptr)
        return fail(ErrorCode::kUnavailable, path + ": no PKCS#11 module (C_GetFunctionList)");
    if (const CK_RV rv = list(&out->functions_); rv != CKR_OK || out->functions_ == nullptr)
        return fail(error_of("C_GetFunctionList", rv).in(path));
    CK_C_INITIALIZE_ARGS args{};
    args.flags = CKF_OS_LOCKING_OK;
    if (const CK_RV rv = out->functions_->C_Initialize(&args); rv != CKR_OK)
        return fail(error_of("C_Initialize", rv).in(path));
    out->started_ = true;
    return out;
}

Module::~Module() {
    if (started_) functions_->C_Finalize(nullptr);
    if (library_ != nullptr) ::dlclose(library_);
}

Result<std::vector<Slot>> Module::slots() const {
    std::vector<CK_SLOT_ID> ids;
    CK_ULONG count = 0;
    // A token that is put in between the two calls makes the list too long for the place.
    for (CK_RV rv = CKR_BUFFER_TOO_SMALL; rv == CKR_BUFFER_TOO_SMALL;) {
        if (rv = functions_->C_GetSlotList(CK_TRUE, nullptr, &count); rv == CKR_OK) {
            ids.resize(count);
            rv = functions_->C_GetSlotList(CK_TRUE, ids.data(), &count);
        }
        if (rv != CKR_OK && rv != CKR_BUFFER_TOO_SMALL) return fail(error_of("C_GetSlotList", rv));
    }
    ids.resize(count);
    std::vector<Slot> out;
    for (const CK_SLOT_ID id : ids) {
        CK_TOKEN_INFO info{};
        if (const CK_RV rv = functions_->C_GetTokenInfo(id, &info); rv != CKR_OK)
            return fail(error_of("C_GetTokenInfo", rv));
        out.push_back({id, text_of(info.label), text_of(info.manufacturerID), text_of(info.model),
                       text_of(info.serialNumber), (info.flags & CKF_TOKEN_INITIALIZED) != 0});
    }
    return out;
}

}  // namespace cordon::hsm

#include <cordon/base/result.hpp>
#include <cordon/chain/block_source.hpp>
namespace cordon::chain {
__attribute__((weak)) Result<std::unique_ptr<BlockSource>> open_evm_etl(std::vector<InputFile>, ChainId) {
    return fail(ErrorCode::kUnsupported, "stub");
}
}

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include "serve_config.hpp"

namespace cordon::cli {

Result<engine::ServeConfig> config_of(const Args& args) {
    if (!args.has("config"))
        return fail(ErrorCode::kInvalidParam,
                    "--config FILE is missing: what shall run? docs/formats/serve.md tells");
    CORDON_TRY(const InputFile file, input_file(args.get("config")));
    return engine::parse_serve_config(file);
}

}  // namespace cordon::cli

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command.hpp"

/// One function a verb, each in its own file.
namespace cordon::cli {

Command alerts_command();
Command backup_command();
Command change_command();
Command classify_command();
Command cluster_command();
Command completion_command();
Command doctor_command();
Command explain_command();
Command guard_command();
Command heists_command();
Command help_command();
Command ingest_command();
Command ledger_command();
Command links_command();
Command log_command();
Command man_command();
Command patterns_command();
Command qr_command();
Command report_command();
Command screen_command();
Command serve_command();
Command statement_command();
Command trace_command();
Command wallet_command();
/// `cordon wallet delay …`: its flags are those of wallet.
Result<int> wallet_delay(const Args& args, const Session& session);
Command watch_command();

}  // namespace cordon::cli

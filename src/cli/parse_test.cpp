// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "command.hpp"
#include "exit_code.hpp"

namespace cordon::cli {
namespace {

Result<Args> parse(std::string_view verb, std::vector<const char*> words) {
    return parse_args(*find_command(verb), words);
}

TEST(Parse, takes_flags_in_both_forms_and_anywhere) {
    const Args args =
        parse("ingest", {"--ledger=led", "a.csv", "--chain", "eth", "b.csv", "-q"}).value();
    EXPECT_EQ(args.get("ledger"), "led");
    EXPECT_EQ(args.get("chain"), "eth");
    EXPECT_TRUE(args.has("quiet"));
    EXPECT_EQ(args.operands(), (std::vector<std::string>{"a.csv", "b.csv"}));
}

TEST(Parse, knows_short_forms_and_defaults) {
    const Args args = parse("trace", {"-l", "led", "-s", "0xab"}).value();
    EXPECT_EQ(args.get("ledger"), "led");
    EXPECT_EQ(args.get("direction"), "forward");
    EXPECT_FALSE(args.has("direction"));
}

TEST(Parse, keeps_every_value_of_a_flag_that_may_come_several_times) {
    const auto args = parse("watch", {"--rules", "a.yaml", "--rules=b c.yaml", "x"});
    ASSERT_TRUE(args) << args.error().message;
    EXPECT_EQ(args->all("rules"), (std::vector<std::string>{"a.yaml", "b c.yaml"}));
    EXPECT_TRUE(parse("watch", {"x"})->all("rules").empty());
}

TEST(Parse, refuses_an_unknown_flag_and_names_the_nearest) {
    const Error error = parse("trace", {"--polcy", "fifo"}).error();
    EXPECT_EQ(error.code, ErrorCode::kInvalidParam);
    EXPECT_NE(error.message.find("did you mean --policy?"), std::string::npos) << error.message;
}

TEST(Parse, refuses_a_value_that_is_no_choice) {
    EXPECT_NE(parse("trace", {"--policy", "random"})
                  .error()
                  .message.find("fifo|lifo|tiho|haircut|poison"),
              std::string::npos);
    EXPECT_FALSE(parse("ingest", {"--format", "xml"}));
}

TEST(Parse, takes_a_choice_repeatedly_where_many_are_allowed) {
    const auto args =
        parse("serve", {"token", "new", "bot", "--role", "analyst", "--role=operator"});
    ASSERT_TRUE(args) << args.error().message;
    EXPECT_EQ(args->all("role"), (std::vector<std::string>{"analyst", "operator"}));
    const auto wrong = parse("serve", {"--role", "analyst", "--role", "king"});
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message.find("not \"king\""), std::string::npos);
    EXPECT_FALSE(parse("serve", {"--role", "analyst\noperator\nking"}));
}

TEST(Parse, refuses_operands_where_a_verb_takes_none) { EXPECT_FALSE(parse("trace", {"stray"})); }

TEST(Parse, refuses_a_flag_without_its_value) { EXPECT_FALSE(parse("trace", {"--seed"})); }

TEST(Commands, are_sorted_and_complete) {
    std::string_view last;
    for (const Command& command : commands()) {
        EXPECT_LT(last, command.name);
        last = command.name;
        EXPECT_FALSE(command.summary.empty()) << command.name;
        EXPECT_FALSE(command.about.empty()) << command.name;
        EXPECT_FALSE(command.examples.empty()) << command.name;
        std::set<std::string_view> names;
        for (const Flag& flag : command.flags) {
            EXPECT_FALSE(flag.help.empty()) << command.name << " --" << flag.name;
            EXPECT_FALSE(flag.help.ends_with('.')) << command.name << " --" << flag.name;
            EXPECT_TRUE(names.insert(flag.name).second)
                << command.name << " --" << flag.name << " is there twice";
        }
    }
}

TEST(Commands, show_every_flag_in_help_man_page_and_completion) {
    for (const Command& command : commands()) {
        const std::string help = help_text(command);
        const std::string man = man_page(&command, "1");
        const std::string bash = completion_script("bash").value();
        for (const Flag& flag : command.flags) {
            EXPECT_NE(help.find("--" + std::string{flag.name}), std::string::npos) << flag.name;
            EXPECT_NE(bash.find("--" + std::string{flag.name}), std::string::npos) << flag.name;
            std::string escaped;
            for (const char c : flag.name)
                escaped += c == '-' ? std::string{"\\-"} : std::string{c};
            EXPECT_NE(man.find("\\-\\-" + escaped), std::string::npos) << flag.name;
        }
    }
    EXPECT_FALSE(completion_script("csh"));
}

TEST(ExitCode, keeps_the_contract) {
    EXPECT_EQ(exit_code(ErrorCode::kInvalidParam), 2);
    EXPECT_EQ(exit_code(ErrorCode::kMalformed), 3);
    EXPECT_EQ(exit_code(ErrorCode::kNotFound), 3);
    EXPECT_EQ(exit_code(ErrorCode::kUnavailable), 4);
    EXPECT_EQ(exit_code(ErrorCode::kCorrupt), 6);
    EXPECT_EQ(exit_code(ErrorCode::kCancelled), 130);
}

}  // namespace
}  // namespace cordon::cli

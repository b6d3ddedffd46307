// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
// The pages of the rule language say all of it.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "correlate.hpp"
#include "fields.hpp"
#include "reader.hpp"

namespace cordon::detect {
namespace {

std::string page(const std::string& name) {
    std::ifstream in{std::string{CORDON_DOCS} + "/" + name};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

TEST(RuleDocs, the_schema_is_the_one_of_the_code) {
    EXPECT_EQ(page("formats/rules.schema.json"), rules_schema())
        << "write what `cordon watch --schema` prints to docs/formats/rules.schema.json";
}

TEST(RuleDocs, the_page_names_everything_that_a_rule_can_say) {
    const std::string text = page("formats/rules.md");
    const auto named = [&](std::string_view name) {
        EXPECT_NE(text.find("`" + std::string{name} + "`"), std::string::npos) << name;
    };
    for (const Field& one : fields()) named(one.name);
    for (const Property& one : properties()) named("." + std::string{one.name});
    for (const NamedSet& one : named_sets()) named(one.name);
    for (const Constant& one : constants()) named(one.name);
    for (const RuleKey& one : rule_keys()) named(one.name);
    for (const RuleKey& one : correlate_keys()) named(one.name);
    for (const RuleKey& one : exception_keys()) named(one.name);
    for (std::size_t i = 0; i < kCorrelateKinds; ++i)
        named(to_string(static_cast<CorrelateKind>(i)));
    for (std::size_t i = 0; i < kEventTypes; ++i) named(to_string(static_cast<EventType>(i)));
}

}  // namespace
}  // namespace cordon::detect

// Cordon — crypto-heist defence.  SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include <cordon/trace/layout_test_theft.hpp>

#include "case_file.hpp"
#include "svg.hpp"
#include "test_case.hpp"

/// Writes the pictures that tests/screenshots looks at into the directory CORDON_PICTURES.
namespace cordon::report {
namespace {

using trace::test::TheftContext;

void save(const std::string& directory, const std::string& name, const std::string& text) {
    std::ofstream file{directory + "/" + name, std::ios::binary};
    file << text;
    ASSERT_TRUE(file.good()) << directory << "/" << name;
}

TEST(Pictures, of_thefts_of_every_size_are_written_for_the_screenshots) {
    const char* directory = std::getenv("CORDON_PICTURES");
    if (!directory) GTEST_SKIP() << "set CORDON_PICTURES to a directory";
    for (const auto& [name, theft] : test::picture_cases()) {
        const TheftContext context;
        for (const auto& [theme, suffix] :
             {std::pair{Theme::kLight, "light"}, std::pair{Theme::kDark, "dark"}}) {
            const trace::FlowLayout layout = trace::lay_out(theft, &context, flow_params(theft));
            save(directory, "flow-" + name + "-" + suffix + ".svg",
                 flow_svg(theft, layout, {theme, "Hot wallet theft", false}));
        }
        std::string page;
        ASSERT_TRUE(write_case_file(test::case_input(theft, context), string_sink(page)));
        save(directory, "case-" + name + ".html", page);
    }
}

}  // namespace
}  // namespace cordon::report

#include "properties/testing/report/as_test.hpp"

#include <fmt/format.h>

namespace trackside::testing {
namespace {

/// "attack_c1_open_slot" of "regressions/attack_c1_open_slot.scenario" becomes AttackC1OpenSlot; a seed Seed11.
std::string name_of(std::string_view origin) {
  origin.remove_prefix(origin.rfind('/') + 1);  // npos + 1 is 0
  origin = origin.substr(0, origin.find('.'));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string name = origin.empty() || is_digit(origin.front()) ? "Seed" : "";
  bool begins = true;
  for (const char each : origin) {
    const bool is_small = each >= 'a' && each <= 'z';
    if (!is_small && !is_digit(each) && !(each >= 'A' && each <= 'Z')) {
      begins = true;
      continue;
    }
    name += begins && is_small ? static_cast<char>(each - 'a' + 'A') : each;
    begins = false;
  }
  return name;
}

}  // namespace

std::string as_test(const sim::Scenario& scenario, std::string_view origin) {
  // The text is ASCII, but a key may hold anything that ASCII can say, the end of a raw string included.
  const std::string text = sim::print(scenario);
  std::string delimiter = "scenario";
  while (text.find(')' + delimiter + '"') != std::string::npos) {
    delimiter += '_';
  }
  return fmt::format(R"(// Made by `trackside replay --as-test`. Build it with `trackside_test` and `trackside_testing`.
#include <gtest/gtest.h>

#include "properties/testing/report/report.hpp"
#include "properties/testing/running/run.hpp"

namespace trackside::testing {{
namespace {{

constexpr std::string_view story = R"{0}({1}){0}";

TEST(Replayed, {2}) {{
  sim::Scenario scenario;
  sim::ParseError error;
  ASSERT_TRUE(sim::parse(story, scenario, error)) << error.line << ": expected " << error.expected;
  const RunResult result = run(scenario, {{.story = true}});
  EXPECT_FALSE(result.violation) << story_of(scenario, result, Detail::operations) << verdict_of(result);
}}

}}  // namespace
}}  // namespace trackside::testing
)",
                     delimiter, text, name_of(origin));
}

}  // namespace trackside::testing

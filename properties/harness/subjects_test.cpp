// Every cache that is wrong by one idea is found by the search, by the promise that the idea breaks, and what is left
// of the run after shrinking shows that idea: in the same scenario the verified cache keeps every promise.
//
// The search takes seeds in their order, so which run finds it follows from the code: `within` is a limit, with room
// for worlds to change.
#include <algorithm>
#include <array>
#include <ostream>

#include <gtest/gtest.h>

#include "properties/testing/report/gallery.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {
namespace {

struct Expected {
  const char* subject;
  const char* code;
  std::uint64_t within;  // runs
};

constexpr std::array expected{
    Expected{"no_fence", "G3", 500},
    Expected{"late_fill", "G2", 500},
    Expected{"no_ttl", "G2", 500},  // by a key that has expired and that the server is long in deleting
    Expected{"ignores_null_push", "G2", 500},
    Expected{"bounded_by_keys_only", "G7", 200},
    Expected{"flush_on_reconnect_only", "G6", 500},
    Expected{"forget_on_close_only", "G2", 1'000},
    Expected{"redirect_blind", "G2", 8'000},
    Expected{"ping_is_health", "G2", 500},
    Expected{"timer_leases", "G2", 500},
    Expected{"scope_blind", "G1", 500},
    Expected{"shared_without_vouching", "G2", 500},
};

/// What CTest calls it by; its bytes would have addresses in them.
void PrintTo(const Expected& expected_of, std::ostream* out) { *out << expected_of.code; }

class Subjects : public ::testing::TestWithParam<Expected> {};

TEST_P(Subjects, IsFoundByThePromiseThatItsIdeaBreaks) {
  const Subject* const subject = find_subject(GetParam().subject);
  ASSERT_NE(subject, nullptr);
  Progress progress;
  const std::optional<Exhibit> exhibit = find_exhibit(*subject, GetParam().within, 2, progress);
  ASSERT_TRUE(exhibit) << "not within " << GetParam().within << " runs";
  RecordProperty("runs", static_cast<int>(exhibit->runs));
  EXPECT_EQ(model::code_of(exhibit->result.violation->promise), GetParam().code);
  EXPECT_TRUE(exhibit->verified_holds);
  EXPECT_LE(exhibit->reduction.steps, 12U);
}

/// Its file says what the gallery would write: that the subject breaks the promise and the verified cache none.
TEST_P(Subjects, WritesAScenarioThatCanBeKept) {
  const Subject* const subject = find_subject(GetParam().subject);
  ASSERT_NE(subject, nullptr);
  Exhibit exhibit{.subject = subject, .verified_holds = true};
  exhibit.reduction.scenario = generate(1, generator_of(*subject));
  exhibit.result.violation.emplace();
  const std::string text = scenario_file_of(exhibit);
  sim::Scenario again;
  sim::ParseError error;
  ASSERT_TRUE(sim::parse(text, again, error)) << error.line << ": " << error.expected;
  EXPECT_EQ(sim::print(again), sim::print(exhibit.reduction.scenario));
  EXPECT_NE(text.find("\n# expects verified: held\n"), std::string::npos);
  EXPECT_NE(text.find("\n# expects " + std::string{subject->name} + ": G"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(OfTheGallery, Subjects, ::testing::ValuesIn(expected),
                         [](const auto& tried) { return std::string{tried.param.subject}; });

TEST(SubjectList, EveryWrongIdeaIsExpectedSomewhere) {
  for (const Subject* subject : subjects_shown()) {
    EXPECT_TRUE(std::any_of(expected.begin(), expected.end(),
                            [&](const Expected& each) { return each.subject == subject->name; }))
        << subject->name;
  }
  EXPECT_EQ(subjects_shown().size(), expected.size());
}

}  // namespace
}  // namespace trackside::testing

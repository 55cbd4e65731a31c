// Each mark is met: by the regressions, or by generated runs, of which no more are made than it takes. Every second of
// these has a cluster, where there is most to be met.
//
// One that is not names a situation that the generator does not bring about any more, or that cannot be: then the
// branch is dead, or an assertion.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "properties/harness/told_run.hpp"
#include "properties/testing/search/explore.hpp"
#include "seam/mark.hpp"

namespace trackside::testing {
namespace {

constexpr std::uint64_t runs_at_once = 500;
constexpr std::uint64_t runs_max = 20'000;

void add(MarkCounts& counts, const MarkCounts& more) {
  for (std::size_t mark = 0; mark < mark_count; ++mark) {
    counts[mark] += more[mark];
  }
}

MarkCounts by_regressions() {
  MarkCounts counts{};
  for (const auto& entry : std::filesystem::directory_iterator{TRACKSIDE_REGRESSIONS}) {
    std::ifstream stream{entry.path()};
    const std::string text{std::istreambuf_iterator<char>{stream}, {}};
    SCOPED_TRACE(entry.path().string());
    add(counts, run(parsed(text)).marks);
  }
  return counts;
}

std::string never_met(const MarkCounts& counts) {
  std::string text;
  for (std::size_t mark = 0; mark < mark_count; ++mark) {
    if (counts[mark] == 0) {
      text += std::string{mark_texts[mark].name} + ": " + std::string{mark_texts[mark].sentence} + '\n';
    }
  }
  return text;
}

TEST(Marks, EachIsMetWithinTwentyThousandRuns) {
  if (!counts_marks) {
    GTEST_SKIP() << "built without TRACKSIDE_MARKS";
  }
  MarkCounts counts = by_regressions();
  Exploration exploration{.generator = {.subject = "verified"}, .runs = runs_at_once};
  for (std::uint64_t runs = 0; runs < runs_max && !never_met(counts).empty(); runs += runs_at_once) {
    exploration.first_seed = 1 + runs;
    exploration.generator.world = runs / runs_at_once % 2 == 0 ? WorldKind::any : WorldKind::cluster;
    Progress progress;
    add(counts, explore(exploration, progress).marks);
  }
  EXPECT_EQ(never_met(counts), "");
}

TEST(Marks, CountNothingButTheirRun) {
  if (!counts_marks) {
    GTEST_SKIP() << "built without TRACKSIDE_MARKS";
  }
  const sim::Scenario scenario = generate(7, {.subject = "verified"});
  const MarkCounts first = run(scenario).marks;
  EXPECT_EQ(run(scenario).marks, first);
  EXPECT_NE(first, MarkCounts{});
}

TEST(Marks, HaveNamesAndSentencesOfTheirOwn) {
  std::vector<std::string_view> sentences;
  for (const MarkText& text : mark_texts) {
    EXPECT_FALSE(text.sentence.empty()) << text.name;
    sentences.push_back(text.sentence);
  }
  std::sort(sentences.begin(), sentences.end());
  EXPECT_EQ(std::adjacent_find(sentences.begin(), sentences.end()), sentences.end());
}

}  // namespace
}  // namespace trackside::testing

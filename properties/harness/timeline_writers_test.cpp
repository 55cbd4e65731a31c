// What becomes of a timeline on paper: a page that holds hostile bytes as data, a trace that keeps the rules of its
// format, a test's source, and a failure on one screen.
#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "properties/testing/generation/generator.hpp"
#include "properties/testing/report/as_test.hpp"
#include "properties/testing/report/report.hpp"
#include "properties/testing/running/run.hpp"
#include "properties/testing/timeline/json_text.hpp"
#include "properties/testing/timeline/timeline_page.hpp"
#include "properties/testing/timeline/timeline_perfetto.hpp"

namespace trackside::testing {
namespace {

const std::string hostile = "</script><script>document.title='x'</script><!--\"'&\\ \xff\xfe\x01\n";

Timeline hostile_timeline() {
  Timeline timeline;
  timeline.until = 10;
  timeline.lanes = {{Timeline::Lane::Kind::client, "client0", hostile}, {Timeline::Lane::Kind::node, "node 0", ""}};
  timeline.keys = {hostile};
  timeline.operations = {
      {.lane = 0, .id = 1, .from = 1, .until = 5, .question = hostile, .answer = hostile, .keys = {0}}};
  timeline.messages = {{.from = 0, .to = 1, .sent = 1, .arrived = 2, .text = hostile, .keys = {0}, .operation = 0},
                       {.kind = Timeline::Message::Kind::push, .from = 1, .to = 0, .sent = 3, .text = hostile}};
  timeline.entries = {{.lane = 0, .question = hostile, .value = hostile, .from = 5, .until = 10, .stale = {{6, 10}}}};
  timeline.notes = {{.kind = Timeline::Note::Kind::change, .lane = 1, .at = 2, .text = hostile, .keys = {0}}};
  timeline.faults = {{.text = hostile, .from = 1, .until = 1, .lanes = {1}}};
  timeline.breach = Timeline::Breach{.code = "G2", .name = hostile, .sentence = hostile, .at = 7, .expected = hostile,
                                     .got = hostile, .way = {{7, 0, hostile}}};
  return timeline;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) {
    ++times;
  }
  return times;
}

nlohmann::json data_in(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t from = page.find(begin) + begin.size();
  return nlohmann::json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST(TimelinePage, HostileBytesAreDataAndNothingElse) {
  const std::string page = page_of(hostile_timeline(), "replay '" + hostile + "'");
  EXPECT_EQ(count(page, "</script>"), 2U);
  EXPECT_EQ(count(page, "<!--"), 0U);
  EXPECT_EQ(count(page, "document.title"), count(page, "document.title=\\u0027") + count(page, "document.title=&#39;"));
  const nlohmann::json data = data_in(page);
  std::string expected;  // each byte as the character of its number, in UTF-8
  for (const char each : hostile) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte >= 0x80) {
      expected += static_cast<char>(0xc0 | (byte >> 6));
      expected += static_cast<char>(0x80 | (byte & 0x3f));
    } else {
      expected += each;
    }
  }
  EXPECT_EQ(data.at("keys").at(0), expected);
  EXPECT_EQ(data.at("messages").at(0).at("text"), expected);
  EXPECT_EQ(data.at("breach").at("got"), expected);
}

TEST(TimelinePage, ItNeedsNothingFromElsewhere) {
  const std::string page = page_of(hostile_timeline(), "replay");
  for (const char* outside : {"src=", "href=", "url(", "@import", "fetch(", "XMLHttpRequest", "https://"}) {
    EXPECT_EQ(count(page, outside), 0U) << outside;
  }
  EXPECT_EQ(count(page, "http://"), count(page, "http://www.w3.org/2000/svg"));
}

TEST(TimelinePage, TheTitleHoldsTheVerdictAndTheReplayLine) {
  Timeline timeline = hostile_timeline();
  timeline.breach->name = "G2 bounded staleness";
  EXPECT_NE(page_of(timeline, "trackside replay <x>").find(
                "<title>G2 bounded staleness broken - trackside replay &lt;x&gt;</title>"),
            std::string::npos);
  timeline.breach.reset();
  EXPECT_NE(page_of(timeline, "trackside replay 7").find("<title>every promise held - trackside replay 7</title>"),
            std::string::npos);
}

TEST(TimelinePage, NothingIsLostOnTheWayIntoThePage) {
  const RunResult result = run(generate(5, {.subject = "naive", .world = WorldKind::cluster}), {.timeline = true});
  const Timeline& timeline = *result.timeline;
  const nlohmann::json data = data_in(page_of(timeline, "replay"));
  EXPECT_EQ(data.at("lanes").size(), timeline.lanes.size());
  EXPECT_EQ(data.at("operations").size() + data.at("messages").size() + data.at("entries").size() +
                data.at("notes").size() + data.at("faults").size(),
            events_in(timeline));
  for (const nlohmann::json& message : data.at("messages")) {
    EXPECT_LT(message.at("from"), timeline.lanes.size());
    EXPECT_TRUE(message.at("arrived").is_null() || message.at("arrived") >= message.at("sent"));
  }
}

/// What the format asks for, and Perfetto's importer complains about.
void expect_rules_kept(const nlohmann::json& trace) {
  std::map<std::pair<int, int>, double> last;
  std::map<int, int> flows;
  std::map<std::pair<std::string, std::string>, std::pair<int, double>> spans;
  std::set<std::pair<int, int>> named;
  std::set<std::pair<int, int>> used;
  std::set<std::tuple<int, int, double>> slices;
  for (const nlohmann::json& event : trace.at("traceEvents")) {
    const std::string kind = event.at("ph");
    const std::pair track{event.at("pid").get<int>(), event.at("tid").get<int>()};
    EXPECT_TRUE(event.at("name").is_string());
    if (kind == "M") {
      EXPECT_FALSE(event.at("args").at("name").get<std::string>().empty());
      named.insert(event.at("name") == "process_name" ? std::pair{track.first, -1} : track);
      continue;
    }
    const double at = event.at("ts");
    EXPECT_GE(at, last[track]);
    last[track] = at;
    used.insert(track);
    if (kind == "X") {
      EXPECT_GT(event.at("dur"), 0);
      slices.emplace(track.first, track.second, at);
    } else if (kind == "s" || kind == "f") {
      EXPECT_TRUE(slices.contains({track.first, track.second, at})) << "a flow binds to a slice of its time";
      flows[event.at("id").get<int>()] += kind == "s" ? 1 : -1;
      EXPECT_GE(flows[event.at("id").get<int>()], 0) << "it begins before it ends";
    } else if (kind == "b" || kind == "e") {
      auto& [open, since] = spans[{event.at("cat"), event.at("id")}];
      open += kind == "b" ? 1 : -1;
      EXPECT_GE(open, 0);
    } else {
      EXPECT_EQ(kind, "i");
    }
  }
  for (const auto& [id, open] : flows) {
    EXPECT_EQ(open, 0) << "flow " << id;
  }
  for (const auto& [id, span] : spans) {
    EXPECT_EQ(span.first, 0) << id.first << ' ' << id.second;
  }
  for (const auto& track : used) {
    EXPECT_TRUE(named.contains(track)) << track.first << '/' << track.second;
    EXPECT_TRUE(named.contains({track.first, -1}));
  }
}

TEST(TimelinePerfetto, TheRulesOfTheFormatAreKept) {
  for (const std::uint64_t seed : {1U, 5U, 9U}) {
    for (const WorldKind world : {WorldKind::node, WorldKind::cluster, WorldKind::sentinels}) {
      const RunResult result = run(generate(seed, {.subject = "naive", .world = world}), {.timeline = true});
      SCOPED_TRACE(seed);
      expect_rules_kept(nlohmann::json::parse(perfetto_of(*result.timeline)));
    }
  }
  expect_rules_kept(nlohmann::json::parse(perfetto_of(hostile_timeline())));
}

TEST(TimelinePerfetto, TimesAreMicrosecondsAndMessagesThatArriveHaveAFlow) {
  Timeline timeline = hostile_timeline();
  timeline.messages[0].sent = 1'234'567;
  timeline.messages[0].arrived = 2'000'001;
  const nlohmann::json trace = nlohmann::json::parse(perfetto_of(timeline));
  std::map<std::string, std::vector<double>> times;
  for (const nlohmann::json& event : trace.at("traceEvents")) {
    times[event.at("ph")].push_back(event.value("ts", 0.0));
  }
  EXPECT_EQ(times["s"], std::vector{1234.567});
  EXPECT_EQ(times["f"], std::vector{2000.001});
  EXPECT_EQ(times["X"].size(), 3U);  // two ends of one, and the beginning of the one that was lost
}

TEST(AsTest, ItHoldsTheScenarioWordForWord) {
  sim::Scenario scenario = generate(3, {.subject = "naive"});
  scenario.operations[0].words = {"SET", "k", ")scenario\" R\"("};
  const std::string source = as_test(scenario, "folder/attack_c1 open-slot.scenario");
  EXPECT_NE(source.find(sim::print(scenario)), std::string::npos);
  EXPECT_NE(source.find("TEST(Replayed, AttackC1OpenSlot)"), std::string::npos);
  EXPECT_NE(as_test(scenario, "17").find("TEST(Replayed, Seed17)"), std::string::npos);
}

TEST(FailureScreen, ALongStoryIsCutToOneScreenThatKeepsWhatConcernsTheKey) {
  std::size_t tried = 0;
  for (std::uint64_t seed = 100; seed < 130 && tried < 4; ++seed) {
    const sim::Scenario scenario =
        generate(seed, {.subject = "naive", .operations = 300, .world = WorldKind::cluster});
    const RunResult result = run(scenario, {.story = true, .timeline = true});
    if (!result.violation || result.violating_operation == 0) {
      continue;
    }
    ++tried;
    const std::string screen =
        screen_of(scenario, result, {.replay = "trackside replay X", .picture = "X.html", .about = "seed 1"});
    SCOPED_TRACE(screen);
    EXPECT_LE(count(screen, "\n"), screen_lines_max);
    EXPECT_GE(count(screen, "\n"), screen_lines_max - 3);  // there is much to say
    EXPECT_TRUE(screen.starts_with("FAILED  replay it with:  trackside replay X\n"));
    EXPECT_EQ(count(screen, "the picture:  X.html\n"), 1U);
    EXPECT_EQ(count(screen, ">> "), 1U);
    EXPECT_EQ(count(screen, "expected  " + result.violation->expected), 1U);
    EXPECT_EQ(count(screen, "got       " + result.violation->got), 1U);
    EXPECT_GE(count(screen, " more\n"), 1U);
    const Timeline& timeline = *result.timeline;
    const std::string& key = timeline.keys[timeline.operations[timeline.breach->operation].keys.at(0)];
    EXPECT_GE(count(screen, ' ' + key), 8U);
  }
  EXPECT_EQ(tried, 4U);
}

TEST(FailureScreen, AShortStoryIsToldWhole) {
  sim::Scenario scenario = generate(1, {.subject = "naive"});
  scenario.operations.resize(1);
  scenario.faults.clear();
  RunResult result = run(scenario, {.story = true, .timeline = true});
  result.violation = model::Violation{.at = result.story.back().at, .expected = "this", .got = "that"};
  Timeline timeline = *result.timeline;
  timeline.breach = Timeline::Breach{.code = "G1", .way = {{0, 0, "the way"}}};
  result.timeline = std::make_shared<const Timeline>(timeline);
  const std::string screen = screen_of(scenario, result, {.replay = "r", .picture = "p", .about = "a"});
  EXPECT_EQ(count(screen, " more\n"), 0U) << screen;
  EXPECT_NE(screen.find(story_of(scenario, result, Detail::operations)), std::string::npos) << screen;
}

}  // namespace
}  // namespace trackside::testing

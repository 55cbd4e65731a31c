// Metrics as text for Prometheus: the exact text, its grammar as a server reads it, and labels that mean harm.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "properties/impl/client_talk.hpp"

namespace trackside::testing {
namespace {

/// Every field has a value of its own.
Metrics known() {
  return {
      .healthy = true,
      .usage = CacheUsage{.keys = 1, .bytes = 2},
      .confidence = 99.5,
      .lease_age = std::chrono::milliseconds{1250},
      .commands_in_flight = 3,
      .exchanges_outstanding = 4,
      .fills_open = 5,
      .cache = {.hits = 6, .misses = 7, .dirty_hits = 8, .invalidations = 9},
      .fills = {.kept = 10, .revoked = 11, .unhealthy = 12, .bounds = 13, .nil = 14, .abandoned = 15, .unopened = 16},
      .mget = {.cached = 17, .mixed = 18, .repeated = 19},
      .hits_checked = 20,
      .commands_submitted = 21,
      .readers_joined = 22,
      .commands_failed = {{Errc::cancelled, 23}, {Errc::command_timeout, 18'446'744'073'709'551'615U}},
      .links_established = 24,
      .links_lost = {{Errc::idle_breach, 25}},
      .connections_registered = 26,
      .bypasses_begun = 27,
      .barriers_passed = 28,
      .flushes = 29,
      .invalidation_messages = 30};
}

constexpr const char* known_text =
    R"(# HELP trackside_healthy Whether commands can be sent and the cache may be used: 1 or 0.
# TYPE trackside_healthy gauge
trackside_healthy 1
# HELP trackside_lease_age_seconds Time since every change was known for certain; not there without a link.
# TYPE trackside_lease_age_seconds gauge
trackside_lease_age_seconds 1.25
)";

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;  // unescaped
  std::string value;
};

/// Reads the text as a server does; every departure from the format is a failure.
class Exposition {
 public:
  explicit Exposition(const std::string& text) {
    EXPECT_TRUE(text.empty() || text.back() == '\n') << "the last line must end with a line feed";
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
      line.starts_with("# ") ? read_comment(line) : read_sample(line);
    }
  }

  std::vector<Sample> samples;
  std::map<std::string, std::string> types;

 private:
  void read_comment(const std::string& line) {
    static const std::regex form{R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))"};
    std::smatch parts;
    ASSERT_TRUE(std::regex_match(line, parts, form)) << line;
    if (parts[1] == "HELP") {
      EXPECT_TRUE(helped_.insert(parts[2]).second) << "a second " << line;
      return;
    }
    EXPECT_TRUE(parts[3] == "counter" || parts[3] == "gauge") << line;
    EXPECT_TRUE(types.emplace(parts[2], parts[3]).second) << "a second " << line;
    EXPECT_TRUE(helped_.contains(parts[2])) << line;
    current_ = parts[2];
  }

  void read_sample(const std::string& line) {
    static const std::regex form{R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^\n]*\})? (\S+))"};
    std::smatch parts;
    ASSERT_TRUE(std::regex_match(line, parts, form)) << line;
    Sample sample{.name = parts[1], .labels = {}, .value = parts[3]};
    EXPECT_EQ(sample.name, current_) << "all samples of a metric are one group behind its TYPE";
    EXPECT_EQ(types[sample.name] == "counter", sample.name.ends_with("_total")) << line;
    EXPECT_NO_THROW(static_cast<void>(std::stod(sample.value))) << line;
    read_labels(parts[2], sample);
    EXPECT_TRUE(seen_.insert({sample.name, sample.labels}).second) << "twice: " << line;
    samples.push_back(std::move(sample));
  }

  static void read_labels(std::string text, Sample& sample) {
    static const std::regex form{R"re(^[{,]([a-zA-Z_][a-zA-Z0-9_]*)="((\\[\\"n]|[^\\"])*)")re"};
    while (!text.empty() && text != "}") {
      std::smatch parts;
      ASSERT_TRUE(std::regex_search(text, parts, form)) << text;
      std::string value;
      const std::string escaped = parts[2];
      for (std::size_t at = 0; at < escaped.size(); ++at) {
        value += escaped[at] != '\\' ? escaped[at] : escaped[++at] == 'n' ? '\n' : escaped[at];
      }
      EXPECT_TRUE(sample.labels.emplace(parts[1], value).second) << text;
      text = parts.suffix();
    }
  }

  std::set<std::string> helped_;
  std::set<std::pair<std::string, std::map<std::string, std::string>>> seen_;
  std::string current_;
};

TEST(MetricsText, AKnownSnapshotHasExactlyThisText) {
  const std::string text = to_prometheus(known());
  EXPECT_EQ(text.substr(0, std::string_view{known_text}.size()), known_text);
  std::string samples;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    samples += line.starts_with("#") ? "" : line + '\n';
  }
  EXPECT_EQ(samples, R"(trackside_healthy 1
trackside_lease_age_seconds 1.25
trackside_cache_keys 1
trackside_cache_size_bytes 2
trackside_cache_confidence_ratio 0.995
trackside_cache_hits_total 6
trackside_cache_misses_total 7
trackside_cache_hits_checked_total 20
trackside_cache_dirty_hits_total 8
trackside_cache_invalidations_total 9
trackside_cache_flushes_total 29
trackside_invalidation_messages_total 30
trackside_fills_open 5
trackside_fills_total{result="kept"} 10
trackside_fills_total{result="revoked"} 11
trackside_fills_total{result="unhealthy"} 12
trackside_fills_total{result="bounds"} 13
trackside_fills_total{result="nil"} 14
trackside_fills_total{result="abandoned"} 15
trackside_fills_total{result="unopened"} 16
trackside_mget_total{result="cached"} 17
trackside_mget_total{result="mixed"} 18
trackside_mget_total{result="repeated"} 19
trackside_commands_in_flight 3
trackside_exchanges_outstanding 4
trackside_commands_submitted_total 21
trackside_readers_joined_total 22
trackside_commands_failed_total{reason="cancelled"} 23
trackside_commands_failed_total{reason="command_timeout"} 18446744073709551615
trackside_bypasses_total 27
trackside_barriers_passed_total 28
trackside_links_established_total 24
trackside_links_lost_total{reason="idle_breach"} 25
trackside_connections_registered_total 26
)");
}

TEST(MetricsText, TheTextOfALiveClientIsWellFormed) {
  ClientTalk talk;
  talk.establish();
  talk.keep("GET k", "v");
  const Exposition read{to_prometheus(talk.core->metrics(), {{"node", "a"}, {"shard", "b"}})};
  EXPECT_GT(read.samples.size(), 60u);
  EXPECT_EQ(read.types.size(), 25u);
  for (const Sample& sample : read.samples) {
    EXPECT_EQ(sample.labels.at("node"), "a");
    EXPECT_EQ(sample.labels.at("shard"), "b");
  }
}

TEST(MetricsText, WhatIsNotKnownIsLeftOut) {
  const Exposition read{to_prometheus(Metrics{})};
  EXPECT_FALSE(read.types.contains("trackside_lease_age_seconds"));
  EXPECT_FALSE(read.types.contains("trackside_cache_keys"));
  EXPECT_FALSE(read.types.contains("trackside_commands_failed_total"));
  EXPECT_TRUE(read.types.contains("trackside_cache_hits_total"));
  EXPECT_EQ(to_prometheus(std::vector<LabelledMetrics>{}), "");
}

TEST(MetricsText, SeveralClientsShareOneHelpAndType) {
  Metrics down;
  down.confidence = 50.0;
  const Exposition read{
      to_prometheus({{.metrics = known(), .labels = {{"node", "a"}}}, {.metrics = down, .labels = {{"node", "b"}}}})};
  std::string healths;
  for (const Sample& sample : read.samples) {
    healths += sample.name == "trackside_healthy" ? sample.labels.at("node") + sample.value + ' ' : "";
  }
  EXPECT_EQ(healths, "a1 b0 ");
}

TEST(MetricsText, HostileLabelValuesStayValues) {
  const std::string hostile = "a\"} 1\nevil_total{x=\"\\n\\\\\t\r\x01{}#,=";
  const Exposition read{to_prometheus(known(), {{"node", hostile}})};
  EXPECT_EQ(read.types.size(), 25u);
  for (const Sample& sample : read.samples) {
    EXPECT_EQ(sample.labels.at("node"), hostile);
  }
  EXPECT_NE(to_prometheus(known(), {{"n", "\\ \" \n"}}).find(R"({n="\\ \" \n"} 1)"), std::string::npos);
}

TEST(MetricsText, WhatIsNotUtf8IsReplaced) {
  const auto value_of = [](const std::string& value) {
    return Exposition{to_prometheus(known(), {{"n", value}})}.samples.front().labels.at("n");
  };
  const std::string replaced = "\xef\xbf\xbd";
  for (const std::string good : {"", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                 "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(value_of("<" + good + ">"), "<" + good + ">");
  }
  for (const std::string bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xef\xbf",
                                "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    std::string all;
    for (std::size_t byte = 0; byte < bad.size(); ++byte) {
      all += replaced;
    }
    EXPECT_EQ(value_of("<" + bad + ">"), "<" + all + ">");
  }
}

TEST(MetricsTextDeathTest, LabelNamesMustBeLegalAndTellClientsApart) {
  for (const char* name : {"", "1a", "a-b", "__a", "a b", "reason", "result", "\xc3\xa4"}) {
    EXPECT_DEATH(to_prometheus(known(), {{name, "v"}}), "assertion failed") << name;
  }
  EXPECT_DEATH(to_prometheus(known(), {{"a", "v"}, {"b", "v"}, {"a", "w"}}), "assertion failed");
  const LabelledMetrics client{.metrics = known(), .labels = {{"a", "v"}}};
  EXPECT_DEATH(to_prometheus({client, client}), "assertion failed");
}

}  // namespace
}  // namespace trackside::testing

#include "properties/testing/running/client_figures.hpp"

#include <array>
#include <set>
#include <utility>

namespace trackside::testing {
namespace {

/// Of the figures of one kind, by key.
std::string compared(std::string_view what, const KeyCounts& said, const Recorder::KeyLedger& happened,
                     std::uint64_t model::Counters::*counter, KeyFigures figures) {
  for (const auto& [key, count] : said) {
    const auto at = happened.find(key);
    const std::uint64_t most = at == happened.end() ? 0 : at->second.*counter;
    if (count == 0 || count > most) {
      return std::to_string(count) + ' ' + std::string{what} + " of " + key + ", of which there were " +
             std::to_string(most);
    }
  }
  for (const auto& [key, counts] : happened) {
    const auto at = said.find(key);
    const std::uint64_t count = at == said.end() ? 0 : at->second;
    if (figures.exact && count != counts.*counter) {
      return std::to_string(count) + ' ' + std::string{what} + " of " + key + ", of which there were " +
             std::to_string(counts.*counter);
    }
  }
  return {};
}

/// Hits aside, which caches hold for what they have cached.
bool beyond(const CacheStatsLimits& limits, const CacheStats& stats) {
  std::set<std::string> names;
  std::size_t bytes = 0;
  for (const KeyCounts& counts : {stats.misses(), stats.invalidations(), stats.dirty()}) {
    for (const auto& [key, count] : counts) bytes += names.insert(key).second ? key.size() : 0;
  }
  return names.size() > limits.keys_max || bytes > limits.key_bytes_max;
}

std::uint64_t sum_of(const std::vector<ReasonCount>& counts) {
  std::uint64_t sum = 0;
  for (const ReasonCount& each : counts) sum += each.count;
  return sum;
}

/// What a name of a client may hold, and how it reads in the text for collectors: what is no UTF-8 is replaced byte by
/// byte (Unicode 15, table 3-7).
struct Piece {
  std::string_view name;
  std::string_view text;
};
#define TRACKSIDE_REPLACED "\xEF\xBF\xBD"
constexpr std::array<Piece, 15> pieces{{
    {"plain", "plain"},
    {"\"", "\\\""},
    {"\\", "\\\\"},
    {"\n", "\\n"},
    {"\xC3\xA9", "\xC3\xA9"},
    {"\xE2\x82\xAC", "\xE2\x82\xAC"},
    {"\xF0\x90\x8D\x88", "\xF0\x90\x8D\x88"},
    {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
    {"\xC0-", TRACKSIDE_REPLACED "-"},
    {"\xE0\x80-", TRACKSIDE_REPLACED TRACKSIDE_REPLACED "-"},
    {"\xED\xA0-", TRACKSIDE_REPLACED TRACKSIDE_REPLACED "-"},
    {"\xF0\x80-", TRACKSIDE_REPLACED TRACKSIDE_REPLACED "-"},
    {"\xF5-", TRACKSIDE_REPLACED "-"},
    {"\xE2\x82-", TRACKSIDE_REPLACED TRACKSIDE_REPLACED "-"},
    {"\xE2\x82\xC3", TRACKSIDE_REPLACED TRACKSIDE_REPLACED TRACKSIDE_REPLACED},
}};
#undef TRACKSIDE_REPLACED

std::string joined(std::string_view Piece::*of) {
  std::string all;
  for (const Piece& piece : pieces) all += piece.*of;
  return all;
}

/// A sample of the text for collectors, as one line.
std::string sample(std::string_view name, std::string_view client, std::uint64_t value) {
  const std::string labels = "{client=\"" + std::string{client} + "\",shard_1=\"\"} ";
  return '\n' + std::string{name} + labels + std::to_string(value) + '\n';
}

}  // namespace

CacheHooks hooks_into(HookCounts& counts) {
  return {.hit = [&](const Query&) { ++counts.counted.hits; },
          .miss = [&](const Query&) { ++counts.counted.misses; },
          .invalidated = [&](std::string_view) { ++counts.counted.invalidations; },
          .flushed = [&] { ++counts.flushes; },
          .revoked = [&](const Query&) { ++counts.revoked; },
          .link_up = [&](std::int64_t) { ++counts.links_up; },
          .link_down = [&] { ++counts.links_down; }};
}

std::string contradiction_of(const CacheStats& stats, const Recorder::KeyLedger& happened, KeyFigures figures) {
  const std::array wrongs{compared("hits", stats.hits(), happened, &model::Counters::hits, figures),
                          compared("misses", stats.misses(), happened, &model::Counters::misses, figures),
                          compared("dirty hits", stats.dirty(), happened, &model::Counters::dirty, figures),
                          compared("invalidations", stats.invalidations(), happened, &model::Counters::invalidations,
                                   figures)};
  for (const std::string& wrong : wrongs) {
    if (!wrong.empty()) return wrong;
  }
  if (figures.limits && beyond(*figures.limits, stats)) return "more keys have figures than there is room for";
  const CacheSummary total = stats.summary();
  const std::string text = "CacheStats<hits=" + std::to_string(total.hits) + ", misses=" +
                           std::to_string(total.misses) + ", dirty_hits=" + std::to_string(total.dirty_hits) +
                           ", invalidations=" + std::to_string(total.invalidations) + '>';
  return to_text(stats) == text ? "" : "the statistics read " + to_text(stats) + ", and are " + text;
}

std::string contradiction_of(const Metrics& metrics, const AbstractCache* cache, const CommandCounts& commands) {
  if (cache != nullptr && metrics.cache != cache->stats()->summary()) return "the metrics have other counts of hits";
  if (metrics.usage && (cache == nullptr || !cache->usage())) return "a usage of which the cache does not know";
  if (metrics.confidence && (*metrics.confidence < 0 || *metrics.confidence > 100)) return "a confidence above 100";
  if (metrics.commands_submitted != commands.submitted) {
    return std::to_string(metrics.commands_submitted) + " commands, of which there were " +
           std::to_string(commands.submitted);
  }
  if (sum_of(metrics.commands_failed) != commands.failed) {
    return std::to_string(sum_of(metrics.commands_failed)) + " commands that failed, of which there were " +
           std::to_string(commands.failed);
  }
  if (count_of(metrics.commands_failed, Errc::error_reply) != 0) return "an error of another kind among the failures";
  // The text is the same for everybody: of one client in eight, as it was a tenth of the time of a short run.
  if (metrics.commands_submitted % 8 != 0) return "";
  const auto labelled = [&](std::string name) {
    return LabelledMetrics{.metrics = metrics,
                           .labels = {{.name = "client", .value = std::move(name)}, {.name = "shard_1", .value = ""}}};
  };
  const std::string text = to_prometheus({labelled(joined(&Piece::name)), labelled("other")});
  const std::array samples{std::pair{"trackside_healthy", std::uint64_t{metrics.healthy}},
                           std::pair{"trackside_cache_hits_total", metrics.cache.hits},
                           std::pair{"trackside_cache_misses_total", metrics.cache.misses},
                           std::pair{"trackside_commands_submitted_total", metrics.commands_submitted}};
  for (const auto& [name, value] : samples) {
    for (const std::string& line : {sample(name, joined(&Piece::text), value), sample(name, "other", value)}) {
      if (text.find(line) == std::string::npos) return "the text for collectors lacks " + line;
    }
  }
  const std::string alone = to_prometheus(metrics);
  return alone.find("\ntrackside_healthy ") == std::string::npos ? "a text without labels lacks the health" : "";
}

std::string contradiction_of(const HookCounts& told, const model::Counters& happened) {
  if (told.counted.hits != happened.hits || told.counted.misses != happened.misses ||
      told.counted.invalidations != happened.invalidations) {
    return "hooks told of " + std::to_string(told.counted.hits) + " hits, " + std::to_string(told.counted.misses) +
           " misses, " + std::to_string(told.counted.invalidations) + " invalidations, and there were " +
           std::to_string(happened.hits) + ", " + std::to_string(happened.misses) + ", " +
           std::to_string(happened.invalidations);
  }
  return told.links_down > told.links_up ? "hooks told of more links that ended than began" : "";
}

std::string contradiction_of(error_code error) {
  if (!error || std::string_view{error.category().name()} != error_category().name()) return {};
  const bool is_known = error.message() != "unknown error" && name_of(static_cast<Errc>(error.value())) != "unknown";
  return is_known ? "" : "an error without a name: " + std::to_string(error.value());
}

}  // namespace trackside::testing

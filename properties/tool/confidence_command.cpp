// `trackside confidence`: what lost invalidations do to readers, by how much of what is cached they trust.
//
// Every row is the same runs with another setting of the client, so rows differ by that setting alone.
// sim/CONFIDENCE.md is its table with what follows from it.
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "properties/testing/search/staleness.hpp"
#include "properties/tool/commands.hpp"
#include "properties/tool/files.hpp"

namespace trackside::tool {
namespace {

using testing::Staleness;

struct Row {
  std::string name;
  sim::ClientSetup client;
  Staleness staleness{};
};

std::vector<Row> rows() {
  constexpr std::array<std::uint64_t, 8> thousandths{100'000, 99'900, 99'000, 95'000, 90'000, 75'000, 50'000, 0};
  std::vector<Row> all;
  for (const bool dynamic : {false, true}) {
    for (const std::uint64_t confidence : thousandths) {
      sim::ClientSetup client = testing::hot_keys_client();
      client.confidence_thousandths = confidence;
      client.dynamic_confidence = dynamic;
      const double percent = static_cast<double>(confidence) / 1'000.0;
      all.push_back({.name = fmt::format("{} {}", percent, dynamic ? "dynamic" : "static"), .client = client});
    }
  }
  sim::ClientSetup bounded = testing::hot_keys_client();
  bounded.max_ttl = sim::second;
  all.push_back({.name = "100 static, max_ttl 1 s", .client = bounded});
  return all;
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

double per_run(double sum, const Staleness& staleness) { return sum / static_cast<double>(staleness.runs); }

void print_header(const ConfidenceRequest& request) {
  const double idle = static_cast<double>(testing::hot_keys_client().max_idle) / static_cast<double>(sim::second);
  fmt::print("hot_keys: {} runs each from seed {}, invalidations vanish {} % of the time, max_idle {} s\n\n",
             request.runs, request.seed, request.dropping, idle);
  fmt::print(
      "| confidence | from the cache | requests per read | stale | beyond max_idle | mean age "
      "| 99 % of ages up to | dirty hits per run | confidence at the end |\n");
  fmt::print("|---|---|---|---|---|---|---|---|---|\n");
}

void print(const Row& row) {
  const Staleness& staleness = row.staleness;
  fmt::print("| {} | {:.2f} % | {:.4f} | {:.3f} % | {:.3f} % | {:.3f} s | {:.3f} s | {:.1f} | {:.2f} |\n", row.name,
             100 * ratio(staleness.from_cache, staleness.reads), ratio(staleness.from_server, staleness.reads),
             100 * ratio(staleness.stale(), staleness.reads), 100 * ratio(staleness.beyond_max_idle, staleness.reads),
             testing::mean_age_seconds(staleness), testing::age_seconds_at(staleness, 99),
             per_run(static_cast<double>(staleness.dirty_hits), staleness), per_run(staleness.confidence, staleness));
}

nlohmann::json to_json(const Row& row) {
  const Staleness& staleness = row.staleness;
  return {{"name", row.name},
          {"confidence", static_cast<double>(row.client.confidence_thousandths) / 1'000.0},
          {"dynamic", row.client.dynamic_confidence},
          {"max_ttl_seconds", static_cast<double>(row.client.max_ttl) / static_cast<double>(sim::second)},
          {"runs", staleness.runs},
          {"reads", staleness.reads},
          {"from_cache", staleness.from_cache},
          {"from_server", staleness.from_server},
          {"stale", staleness.stale()},
          {"beyond_max_idle", staleness.beyond_max_idle},
          {"mean_age_seconds", testing::mean_age_seconds(staleness)},
          {"age_seconds_99", testing::age_seconds_at(staleness, 99)},
          {"dirty_hits", staleness.dirty_hits},
          {"pushes_dropped", staleness.pushes_dropped},
          {"confidence_at_end", per_run(staleness.confidence, staleness)}};
}

}  // namespace

int confidence(const ConfidenceRequest& request) {
  if (!request.json.empty() && !check_output_file(request.json)) {
    return bad_input;
  }
  nlohmann::json json = {{"workload", "hot_keys"},
                         {"seed", request.seed},
                         {"dropping_percent", request.dropping},
                         {"rows", nlohmann::json::array()}};
  print_header(request);
  for (Row& row : rows()) {
    for (std::uint64_t run = 0; run < request.runs && !interrupted(); ++run) {
      row.staleness += testing::measure_staleness(testing::hot_keys(request.seed + run, row.client, request.dropping));
    }
    if (interrupted()) {
      break;  // a row of fewer runs is not comparable
    }
    print(row);
    json["rows"].push_back(to_json(row));
  }
  return request.json.empty() || write_json(request.json, json) ? held : bad_input;
}

}  // namespace trackside::tool

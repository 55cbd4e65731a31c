// `trackside bench`: speed, always beside its limit, measured in turns in the same run.
//
// The exit status says whether it could be measured, not whether a budget was met: on a busy machine that would be
// luck. Without a redis-server the rows that need one are left out, with a line that says so.
#include <unistd.h>

#include <exception>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "impl/bench/benches.hpp"
#include "properties/integration/redis_process.hpp"
#include "properties/tool/bench_simulation.hpp"
#include "properties/tool/commands.hpp"
#include "properties/tool/files.hpp"

namespace trackside::tool {
namespace {

using bench::Row;
using bench::Rows;

/// Three or four digits, whatever the size.
std::string number_text(double value) {
  return value >= 1000 ? fmt::format("{:.0f}", value) : value >= 10 ? fmt::format("{:.1f}", value)
                                                                    : fmt::format("{:.3f}", value);
}

void print_header() {
  fmt::print("{:<38} {:>9} {:<4} {:<29} {:>7}  {}\n", "", "value", "", "compared with", "ratio", "budget");
}

void print(const Row& row) {
  const std::string budget = row.budget ? row.budget->text + (row.budget->met ? " ok" : " missed") : "";
  fmt::print("{:<38} {:>9} {:<4} {:<29} {:>7}  {}\n", row.name, number_text(row.value), row.unit, row.compared_with,
             row.ratio ? number_text(*row.ratio) : "", budget);
}

/// Collects and shows rows as they come; a break by the user ends between two groups.
class Table {
 public:
  void add(const Rows& rows) {
    for (const Row& row : rows) {
      print(row);
      missed_ += row.budget && !row.budget->met ? 1 : 0;
      rows_.push_back(row);
    }
    std::fflush(stdout);
  }

  nlohmann::json json() const {
    nlohmann::json list = nlohmann::json::array();
    for (const Row& row : rows_) {
      list.push_back({{"name", row.name},
                      {"value", row.value},
                      {"unit", row.unit},
                      {"compared_with", row.compared_with},
                      {"ratio", row.ratio ? nlohmann::json(*row.ratio) : nlohmann::json()}});
    }
    return list;
  }

  std::size_t missed() const { return missed_; }

 private:
  Rows rows_;
  std::size_t missed_ = 0;
};

/// The server is ended without ceremony, so it leaves its socket's file to us.
struct SocketFile {
  SocketFile() = default;
  ~SocketFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;

  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("trackside-bench-{}.sock", ::getpid());
};

Rows rows_of_misses(double seconds) {
  const SocketFile socket;
  testing::RedisProcess redis;
  redis.start({"--unixsocket", socket.path.string()});
  return bench::miss_rows({.port = redis.port()}, {.unix_path = socket.path.string()}, seconds);
}

void add_cache_rows(Table& table, double seconds) {
  table.add(bench::hit_rows(seconds));
  table.add(bench::memory_rows());
  table.add(bench::eviction_rows());
  if (interrupted()) {
    return;
  }
  try {
    table.add(rows_of_misses(seconds));
  } catch (const std::exception& error) {
    fmt::print("misses beside hiredis: left out ({})\n", error.what());
  }
}

}  // namespace

int bench(const BenchRequest& request) {
#ifndef NDEBUG
  fmt::print("built without optimisation: these figures mean nothing\n");
#endif
  Table table;
  print_header();
  if (request.part != "sim") {
    add_cache_rows(table, request.seconds);
  }
  if (request.part != "cache" && !interrupted()) {
    table.add(simulation_rows(request.seconds));
  }
  fmt::print("{} missed; a ratio is speed beside the limit, 1 is equal, more is better; see impl/bench/README.md\n",
             table.missed() == 1 ? "1 budget" : fmt::format("{} budgets", table.missed()));
  if (!request.json.empty() && !write_json(request.json, table.json())) {
    return bad_input;
  }
  return held;
}

}  // namespace trackside::tool

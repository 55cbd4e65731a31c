// `trackside determinism`: runs each scenario twice, in memory that looks otherwise, and says where the two runs part.
#include <atomic>
#include <map>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "properties/testing/search/side_by_side.hpp"
#include "properties/testing/search/twice.hpp"
#include "properties/tool/commands.hpp"
#include "properties/tool/files.hpp"
#include "properties/tool/names.hpp"

namespace trackside::tool {

int determinism(const DeterminismRequest& request) {
  const auto generator = generator_of({request.subject, "", request.world, 0});
  if (!generator || (!request.json.empty() && !check_output_file(request.json))) {
    return bad_input;
  }
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> done{0};
  std::mutex mutex;
  std::map<std::uint64_t, testing::Parting> partings;  // by seed
  const auto work = [&] {
    for (std::uint64_t number = next++; number < request.runs && !interrupted(); number = next++) {
      const std::uint64_t seed = request.seed + number;
      auto parting = testing::run_twice(testing::generate(seed, *generator));
      ++done;
      if (parting) {
        const std::lock_guard guard{mutex};
        partings.emplace(seed, std::move(*parting));
      }
    }
  };
  testing::side_by_side(testing::jobs_of(request.jobs), work);

  nlohmann::json json = {{"runs", done.load()}, {"seed", request.seed}, {"partings", nlohmann::json::array()}};
  for (const auto& [seed, parting] : partings) {
    json["partings"].push_back({{"seed", seed},
                                {"event", parting.event},
                                {"at", static_cast<double>(parting.at) / 1e9},
                                {"first", parting.first},
                                {"second", parting.second}});
  }
  if (partings.empty()) {
    fmt::print("{} scenarios, each run twice in other memory: no two runs differ\n", done.load());
  } else {
    const auto& [seed, parting] = *partings.begin();
    fmt::print("{} of {} scenarios are not one run; the first is seed {}, which parts at event {}\n", partings.size(),
               done.load(), seed, parting.event);
    fmt::print("first run   {}second run  {}", parting.first, parting.second);
  }
  if (!request.json.empty() && !write_json(request.json, json)) {
    return bad_input;
  }
  return partings.empty() ? held : broken;
}

}  // namespace trackside::tool

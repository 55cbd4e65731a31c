#include "properties/tool/names.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "properties/testing/subjects/subjects.hpp"
#include "sim/kernel/strategy.hpp"

namespace trackside::tool {
namespace {

bool is_strategy(const std::string& name) {
  const auto names = sim::strategy_names();
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
    return true;
  }
  fmt::print(stderr, "trackside: strategy \"{}\" does not exist; there are {}\n", name, fmt::join(names, ", "));
  return false;
}

std::optional<testing::WorldKind> read_world(const std::string& name) {
  if (name == "node" || name == "cluster") {
    return name == "node" ? testing::WorldKind::node : testing::WorldKind::cluster;
  }
  if (name == "sentinels") {
    return testing::WorldKind::sentinels;
  }
  fmt::print(stderr, "trackside: world \"{}\" does not exist; there are node, cluster and sentinels\n", name);
  return std::nullopt;
}

}  // namespace

bool is_subject(const std::string& name) {
  if (testing::find_subject(name) != nullptr) {
    return true;
  }
  fmt::print(stderr, "trackside: subject \"{}\" does not exist; `trackside subjects` lists them\n", name);
  return false;
}

std::optional<testing::GeneratorOptions> generator_of(const SearchNames& names) {
  if (!is_subject(names.subject) || !is_strategy(names.strategy)) {
    return std::nullopt;
  }
  testing::GeneratorOptions options = testing::generator_of(*testing::find_subject(names.subject));
  const auto world = names.world.empty() ? options.world : read_world(names.world);
  if (!world) {
    return std::nullopt;
  }
  options.strategy = names.strategy;
  options.world = *world;
  options.operations = names.operations != 0 ? names.operations : options.operations;
  return options;
}

}  // namespace trackside::tool

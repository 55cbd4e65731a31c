#include "properties/serving/fault_list.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "resp/slot.hpp"
#include "sim/kernel/hash.hpp"

namespace trackside::serving {
namespace {

using sim::Fault;
using sim::FaultKind;
using sim::Instant;

constexpr std::size_t random_faults = 8'640;  // a day of them
constexpr Instant longest = 30 * 24 * 3600 * sim::second;

// What the simulated clients alone have (their process, the way to them) means nothing here.
constexpr std::array kinds = {
    FaultKind::refuse,         FaultKind::reset,          FaultKind::close,           FaultKind::half_open,
    FaultKind::hold_to_client, FaultKind::hold_to_server, FaultKind::freeze_server,   FaultKind::restart_server,
    FaultKind::slow_server,    FaultKind::kill_client,    FaultKind::forbid_tracking, FaultKind::late_expiry,
    FaultKind::clock_step,     FaultKind::push_drop,      FaultKind::isolate_primary, FaultKind::partition,
    FaultKind::stale_topology, FaultKind::replica_lag,    FaultKind::failover_manual, FaultKind::failover_takeover,
    FaultKind::migrate_slot,   FaultKind::evict,          FaultKind::table_overflow,  FaultKind::load_server,
    FaultKind::forbid_question,
};

bool is_possible(FaultKind kind, const FaultSurroundings& surroundings) {
  return surroundings.primaries > 0 || !sim::is_cluster_fault(kind);
}

std::string names(const FaultSurroundings& surroundings) {
  std::string all;
  for (const FaultKind kind : kinds) {
    if (is_possible(kind, surroundings)) {
      all += fmt::format("{}{}", all.empty() ? "" : ", ", sim::name_of(kind));
    }
  }
  return all;
}

std::optional<FaultKind> kind_named(std::string_view name, const FaultSurroundings& surroundings) {
  for (const FaultKind kind : kinds) {
    if (sim::name_of(kind) == name && is_possible(kind, surroundings)) {
      return kind;
    }
  }
  return {};
}

/// How much of it, where a kind has a measure.
std::uint64_t measure_of(FaultKind kind) {
  constexpr std::uint64_t ticks_late = 20;
  constexpr std::uint64_t milliseconds_ahead = 5'000;
  constexpr std::uint64_t keys_lost = 10;
  if (kind == FaultKind::slow_server) {
    return static_cast<std::uint64_t>(50 * sim::millisecond);
  }
  if (kind == FaultKind::replica_lag) {
    return static_cast<std::uint64_t>(500 * sim::millisecond);
  }
  if (kind == FaultKind::evict || kind == FaultKind::table_overflow) {
    return keys_lost;
  }
  return kind == FaultKind::late_expiry ? ticks_late : kind == FaultKind::clock_step ? milliseconds_ahead : 0;
}

/// A number in [0, bound], for the fault of this id.
std::uint64_t draw(std::uint64_t seed, std::uint32_t id, std::string_view what, std::uint64_t bound) {
  return sim::scale_down(sim::mix(sim::fold(sim::fold(seed, id), sim::hash_name(what))), bound);
}

/// Fills in what follows from the kind.
void complete(Fault& fault, const FaultSurroundings& surroundings) {
  fault.argument = measure_of(fault.kind);
  if (fault.kind == FaultKind::partition) {
    fault.nodes = {fault.node.value_or(0)};
    fault.node.reset();
  } else if (fault.kind == FaultKind::migrate_slot) {
    fault.move.slot = static_cast<std::uint16_t>(draw(surroundings.seed, fault.id, "slot", resp::slot_count - 1));
    fault.move.to = static_cast<std::uint32_t>(draw(surroundings.seed, fault.id, "to", surroundings.primaries - 1));
  }
}

void add_random(const FaultSurroundings& surroundings, std::vector<Fault>& faults) {
  Instant at = 0;
  for (std::uint32_t id = 1; id <= random_faults; ++id) {
    const auto drawn = [&](std::string_view what, std::uint64_t bound) {
      return draw(surroundings.seed, id, what, bound);
    };
    at += 5 * sim::second + static_cast<Instant>(drawn("pause", 10 * sim::second));
    Fault fault{.id = id, .kind = kinds[drawn("kind", kinds.size() - 1)], .at = at};
    fault.duration = 200 * sim::millisecond + static_cast<Instant>(drawn("duration", 3 * sim::second));
    if (!sim::is_connection_fault(fault.kind)) {
      fault.node = static_cast<std::uint32_t>(drawn("node", surroundings.nodes - 1));
    }
    if (is_possible(fault.kind, surroundings)) {
      complete(fault, surroundings);
      faults.push_back(std::move(fault));
    }
  }
}

/// The problem, or nothing.
std::string read_one(std::string_view text, const FaultSurroundings& surroundings, Fault& fault) {
  const std::size_t at_sign = text.find('@');
  if (at_sign == std::string_view::npos) {
    return fmt::format("expected NAME@TIME such as restart_server@10s, found \"{}\"", text);
  }
  std::string_view name = text.substr(0, at_sign);
  std::string_view time = text.substr(at_sign + 1);
  if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
    const std::string_view node = name.substr(colon + 1);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(node.data(), node.data() + node.size(), number);
    if (error != std::errc{} || end != node.data() + node.size() || number >= surroundings.nodes) {
      return fmt::format("expected a node from 0 to {}, found \"{}\"", surroundings.nodes - 1, node);
    }
    fault.node = number;
    name = name.substr(0, colon);
  }
  const std::optional<FaultKind> kind = kind_named(name, surroundings);
  if (!kind) {
    return fmt::format("expected one of {}, found \"{}\"", names(surroundings), name);
  }
  fault.kind = *kind;
  std::optional<Instant> duration = sim::second;
  if (const std::size_t plus = time.find('+'); plus != std::string_view::npos) {
    duration = duration_of(time.substr(plus + 1));
    time = time.substr(0, plus);
  }
  const std::optional<Instant> at = duration_of(time);
  if (!at || !duration) {
    return fmt::format("expected a time such as 10s or 10s+500ms, found \"{}\"", text.substr(at_sign + 1));
  }
  fault.at = *at;
  fault.duration = *duration;
  return {};
}

}  // namespace

std::optional<Instant> duration_of(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  const double seconds = unit.empty() || unit == "s" ? 1
                         : unit == "ms"              ? 0.001
                         : unit == "m"               ? 60
                         : unit == "h"               ? 3600
                                                     : 0;
  const double nanoseconds = number * seconds * static_cast<double>(sim::second);
  if (error != std::errc{} || seconds == 0 || !(nanoseconds >= 0 && nanoseconds <= static_cast<double>(longest))) {
    return {};
  }
  return static_cast<Instant>(nanoseconds);
}

FaultList parse_faults(std::string_view text, const FaultSurroundings& surroundings) {
  FaultList list;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view one = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (one == "random") {
      add_random(surroundings, list.faults);
      continue;
    }
    Fault fault{.id = static_cast<std::uint32_t>(list.faults.size() + 1)};
    list.problem = read_one(one, surroundings, fault);
    if (!list.problem.empty()) {
      return list;
    }
    complete(fault, surroundings);
    list.faults.push_back(std::move(fault));
  }
  std::stable_sort(list.faults.begin(), list.faults.end(),
                   [](const Fault& left, const Fault& right) { return left.at < right.at; });
  for (std::size_t index = 0; index < list.faults.size(); ++index) {
    list.faults[index].id = static_cast<std::uint32_t>(index + 1);
  }
  return list;
}

}  // namespace trackside::serving

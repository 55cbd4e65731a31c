// See scenario_client.hpp.
#include "sim/scenario_client.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "sim/kernel/assertion.hpp"

namespace trackside::sim {
namespace {

using Names = std::span<const std::string_view>;

// By the values of their enums.
constexpr std::array<std::string_view, 2> delivery_names = {"in_band", "redirect"};
constexpr std::array<std::string_view, 4> selection_names = {"all", "opt_in", "opt_out", "broadcast"};
constexpr std::array<std::string_view, 2> dialect_names = {"resp3", "resp2"};
constexpr std::array<std::string_view, 3> reader_names = {"primary", "prefer_replica", "nearest"};

template <class Enum>
std::string_view name_in(Names names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

template <class Enum>
Enum value_in(LineReader& reader, Names names, std::string_view text) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) {
    reader.fail(fmt::format("one of {}", fmt::join(names, ", ")), text);
    return Enum{};
  }
  return static_cast<Enum>(found - names.begin());
}

std::string joined(const std::vector<std::string>& items) {
  const bool writable = std::all_of(items.begin(), items.end(), [](const std::string& item) {
    return !item.empty() && item.find(',') == std::string::npos;
  });
  require(writable, "prefixes and what is denied in a scenario are not empty and have no commas");
  return fmt::format("{}", fmt::join(items, ","));
}

std::vector<std::string> list_in(LineReader& reader, std::string_view text, std::string_view what) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    items.emplace_back(text.substr(0, comma));
    if (items.back().empty() || comma + 1 == text.size()) {
      reader.fail(fmt::format("{} that are not empty, separated by commas", what), text);
    }
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return items;
}

std::vector<std::string> habits_in(LineReader& reader, std::string_view text) {
  std::vector<std::string> habits = list_in(reader, text, "habits");
  for (const std::string& habit : habits) {
    if (std::find(habit_names.begin(), habit_names.end(), habit) == habit_names.end()) {
      reader.fail(fmt::format("habits, of {}", fmt::join(habit_names, ", ")), habit);
    } else if (std::count(habits.begin(), habits.end(), habit) > 1) {
      reader.fail("each habit only once", habit);
    }
  }
  return habits;
}

std::uint32_t connections_in(LineReader& reader, std::string_view text) {
  constexpr std::string_view expected = "a number of connections, at least 1";
  const std::uint64_t count = reader.number_in(text, expected, data_connections_max);
  if (count == 0) {
    reader.fail(expected, text);
  }
  return static_cast<std::uint32_t>(count);
}

constexpr std::uint64_t thousand = 1'000;
constexpr std::size_t decimals = 3;

std::string percentage(std::uint64_t thousandths) {
  std::string text = fmt::format("{}.{:03}", thousandths / thousand, thousandths % thousand);
  text.erase(text.find_last_not_of('0') + 1);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

/// In thousandths of a percent, with at most three decimals.
std::uint64_t percentage_in(LineReader& reader, std::string_view text) {
  constexpr std::string_view expected = "a percentage";
  const std::size_t point = text.find('.');
  const std::uint64_t whole = thousand * reader.number_in(text.substr(0, point), expected, 100);
  if (point == std::string_view::npos) {
    return whole;
  }
  std::string fraction{text.substr(point + 1)};
  const bool digits = std::all_of(fraction.begin(), fraction.end(), [](char at) { return at >= '0' && at <= '9'; });
  if (!digits || fraction.empty() || fraction.size() > decimals) {
    reader.fail("a percentage with at most three decimals, such as 99.9", text);
    return 0;
  }
  fraction.resize(decimals, '0');
  const std::uint64_t value = whole + reader.number_in(fraction, expected, thousand - 1);
  if (value > 100 * thousand) {
    reader.fail("a percentage, at most 100", text);
  }
  return value;
}

/// How much of the cache a client has, and for how long.
bool read_bound(LineReader& reader, std::string_view name, std::string_view value, ClientSetup& client) {
  if (name == "max_keys") {
    client.max_keys = reader.signed_in(value, "a number of keys");
  } else if (name == "max_size_bytes") {
    client.max_size_bytes = reader.signed_in(value, "a number of bytes");
  } else if (name == "max_idle") {
    client.max_idle = reader.time_in(value, "a duration");
  } else if (name == "command_timeout") {
    client.command_timeout = reader.time_in(value, "a duration");
  } else if (name == "confidence") {
    client.confidence_thousandths = percentage_in(reader, value);
  } else if (name == "dynamic_confidence") {
    client.dynamic_confidence = reader.answer_in(value);
  } else if (name == "max_ttl") {
    client.max_ttl = reader.time_in(value, "a duration");
  } else if (name == "cache_nil") {
    client.cache_nil = reader.answer_in(value);
  } else {
    return false;
  }
  return true;
}

/// How a client is told of invalidations, over which connections, into whose store.
bool read_wiring(LineReader& reader, std::string_view name, std::string_view value, ClientSetup& client) {
  if (name == "delivery") {
    client.delivery = value_in<Delivery>(reader, delivery_names, value);
  } else if (name == "selection") {
    client.selection = value_in<Selection>(reader, selection_names, value);
  } else if (name == "prefixes") {
    client.prefixes = list_in(reader, value, "prefixes");
  } else if (name == "denied") {
    client.denied = list_in(reader, value, "commands and keys");
  } else if (name == "habits") {
    client.habits = habits_in(reader, value);
  } else if (name == "protocol") {
    client.protocol = value_in<Dialect>(reader, dialect_names, value);
  } else if (name == "data_connections") {
    client.data_connections = connections_in(reader, value);
  } else if (name == "read_from") {
    client.read_from = value_in<ReadFrom>(reader, reader_names, value);
  } else if (name == "shares") {
    client.shares = static_cast<std::uint32_t>(reader.number_in(value, "a client's index", UINT32_MAX));
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool has_habit(const ClientSetup& client, std::string_view habit) {
  return std::find(client.habits.begin(), client.habits.end(), habit) != client.habits.end();
}

bool is_refused(const ClientSetup& client) {
  return std::any_of(client.habits.begin(), client.habits.end(), [](const std::string& habit) {
    const auto known = std::find(habit_names.begin(), habit_names.end(), habit);
    return known - habit_names.begin() >= static_cast<std::ptrdiff_t>(habits_that_work);
  });
}

void print_client(const ClientSetup& client, std::string& out) {
  const ClientSetup plain;
  out +=
      fmt::format("client max_keys={} max_size_bytes={} max_idle={} command_timeout={} confidence={}", client.max_keys,
                  client.max_size_bytes, seconds(client.max_idle), seconds(client.command_timeout),
                  percentage(client.confidence_thousandths));
  const auto print_unless = [&](bool is_default, std::string_view name, std::string_view value) {
    if (!is_default) {
      out += fmt::format(" {}={}", name, value);
    }
  };
  const auto answer = [](bool yes) { return yes ? "yes" : "no"; };
  print_unless(client.dynamic_confidence == plain.dynamic_confidence, "dynamic_confidence",
               answer(client.dynamic_confidence));
  print_unless(client.max_ttl == plain.max_ttl, "max_ttl", seconds(client.max_ttl));
  print_unless(client.cache_nil == plain.cache_nil, "cache_nil", answer(client.cache_nil));
  print_unless(client.delivery == plain.delivery, "delivery", name_in(delivery_names, client.delivery));
  print_unless(client.selection == plain.selection, "selection", name_in(selection_names, client.selection));
  print_unless(client.prefixes.empty(), "prefixes", quoted(joined(client.prefixes)));
  print_unless(client.denied.empty(), "denied", quoted(joined(client.denied)));
  print_unless(client.habits.empty(), "habits", joined(client.habits));
  print_unless(client.protocol == plain.protocol, "protocol", name_in(dialect_names, client.protocol));
  print_unless(client.data_connections == plain.data_connections, "data_connections",
               fmt::format("{}", client.data_connections));
  print_unless(client.read_from == plain.read_from, "read_from", name_in(reader_names, client.read_from));
  print_unless(!client.shares, "shares", fmt::format("{}", client.shares.value_or(0)));
  out += '\n';
}

ClientSetup read_client(LineReader& reader) {
  ClientSetup client;
  std::vector<std::string> given;
  while (reader.ok() && !reader.at_end()) {
    const auto [name, value] = reader.assignment("a setting such as max_idle=5");
    if (!read_bound(reader, name, value, client) && !read_wiring(reader, name, value, client)) {
      reader.fail(
          "max_keys, max_size_bytes, max_idle, command_timeout, confidence, dynamic_confidence, max_ttl, "
          "cache_nil, delivery, selection, prefixes, denied, habits, protocol, data_connections, read_from or shares",
          name);
    }
    if (std::find(given.begin(), given.end(), name) != given.end()) {
      reader.fail(fmt::format("'{}' only once", name), "a second one");
    }
    given.push_back(name);
  }
  return client;
}

}  // namespace trackside::sim

// Reads a scenario's text: line by line first, then what only the whole can tell (who exists, what is twice).
//
// The first line that is wrong is reported; nothing after it is looked at. See scenario.hpp and sim/README.md.
#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "sim/kernel/strategy.hpp"
#include "sim/scenario.hpp"
#include "sim/scenario_client.hpp"
#include "sim/scenario_cluster.hpp"
#include "sim/scenario_fault.hpp"
#include "sim/scenario_words.hpp"

namespace trackside::sim {
namespace {

constexpr std::uint32_t actors_max = 4096;

template <class Item>
struct Located {
  Item item;
  std::size_t line;
};

class Parser {
 public:
  explicit Parser(ParseError& error) : error_(error) {}

  bool run(std::string_view text, Scenario& out);

 private:
  bool read_line(std::string_view line);
  void read_setting(LineReader& reader, const std::string& name);
  void read_server(LineReader& reader);
  void read_client(LineReader& reader);
  void read_operation(LineReader& reader);
  void read_tape(LineReader& reader);
  void once(LineReader& reader, const std::string& name);
  bool check_whole();
  bool fail(std::size_t line, std::string expected, std::string found) const;

  template <class Item>
  bool unique_ids(const std::vector<Located<Item>>& items, std::string_view what);
  bool unique_decisions() const;
  bool check_order() const;

  ParseError& error_;
  std::size_t line_ = 0;
  bool header_seen_ = false;
  Scenario scenario_;
  std::vector<std::string> seen_;
  std::vector<Located<Operation>> operations_;
  std::vector<Located<Fault>> faults_;
  std::vector<Located<TapeEntry>> tape_;
};

bool Parser::fail(std::size_t line, std::string expected, std::string found) const {
  error_ = {line, std::move(expected), std::move(found)};
  return false;
}

bool Parser::run(std::string_view text, Scenario& out) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    ++line_;
    if (!read_line(text.substr(0, end))) {
      return false;
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (!header_seen_) {
    return fail(std::max<std::size_t>(line_, 1), "the header 'trackside scenario 1'", "the end of the text");
  }
  if (!check_whole()) {
    return false;
  }
  out = std::move(scenario_);
  return true;
}

bool Parser::read_line(std::string_view line) {
  LineReader reader(line, line_, error_);
  if (!reader.ok()) {
    return false;
  }
  if (reader.at_end()) {
    return true;
  }
  if (!header_seen_) {
    reader.literal("trackside");
    reader.literal("scenario");
    reader.literal("1");
    reader.end();
    header_seen_ = reader.ok();
    return reader.ok();
  }
  const std::string name = reader.word("a word");
  if (name == "op") {
    read_operation(reader);
  } else if (name == "fault") {
    faults_.push_back({read_fault(reader), line_});
  } else if (name == "tape") {
    read_tape(reader);
  } else if (name == "client") {
    read_client(reader);
  } else if (name == "server") {
    once(reader, name);
    read_server(reader);
  } else if (name == "cluster") {
    once(reader, name);
    scenario_.cluster = read_cluster(reader);
  } else if (name == "sentinels") {
    once(reader, name);
    scenario_.sentinels = read_sentinels(reader);
  } else {
    read_setting(reader, name);
  }
  reader.end();
  return reader.ok();
}

void Parser::once(LineReader& reader, const std::string& name) {
  if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) {
    reader.fail(fmt::format("'{}' only once", name), "a second one");
  }
  seen_.push_back(name);
}

void Parser::read_setting(LineReader& reader, const std::string& name) {
  once(reader, name);
  if (name == "subject") {
    scenario_.subject = reader.word("the name of a subject");
  } else if (name == "seed") {
    scenario_.seed = reader.number("a seed");
  } else if (name == "strategy") {
    scenario_.strategy = reader.word("the name of a strategy");
    if (make_strategy(scenario_.strategy, 0, 0) == nullptr) {
      reader.fail(fmt::format("one of {}, orders", fmt::join(strategy_names(), ", ")), scenario_.strategy);
    }
  } else if (name == "faults_end") {
    scenario_.faults_end = reader.time("a time");
  } else if (name == "writers") {
    scenario_.writers = static_cast<std::uint32_t>(reader.number("a number of writers", actors_max));
  } else if (name == "replay_tape") {
    scenario_.replay_tape = reader.answer_in(reader.word("yes or no"));
  } else {
    reader.fail(
        "subject, seed, strategy, faults_end, server, cluster, sentinels, writers, client, op, fault, replay_tape or "
        "tape",
        name);
  }
}

void Parser::read_server(LineReader& reader) {
  std::vector<std::string> given;
  while (reader.ok() && !reader.at_end()) {
    const auto [name, value] = reader.assignment("a setting such as idle_timeout=5");
    ServerSetup& server = scenario_.server;
    if (name == "idle_timeout") {
      server.idle_timeout = reader.time_in(value, "a duration");
    } else if (name == "output_limit_bytes") {
      server.output_limit_bytes = reader.number_in(value, "a number of bytes", UINT64_MAX);
    } else if (name == "tracking_table_max_keys") {
      server.tracking_table_max_keys = reader.number_in(value, "a number of keys", UINT64_MAX);
    } else if (name == "password") {
      server.password = value;
    } else if (name == "version") {
      server.version = value;
    } else if (name == "database") {
      server.database = static_cast<std::uint32_t>(reader.number_in(value, "the number of a database", 1));
    } else {
      reader.fail("idle_timeout, output_limit_bytes, tracking_table_max_keys, password, version or database", name);
    }
    if (std::find(given.begin(), given.end(), name) != given.end()) {
      reader.fail(fmt::format("'{}' only once", name), "a second one");
    }
    given.push_back(name);
  }
}

void Parser::read_client(LineReader& reader) {
  ClientSetup client = sim::read_client(reader);
  if (scenario_.clients.size() >= actors_max) {
    reader.fail(fmt::format("at most {} clients", actors_max), "one more");
  }
  const bool shares_wrongly = client.shares.has_value() && (*client.shares >= scenario_.clients.size() ||
                                                            scenario_.clients[*client.shares].shares.has_value());
  if (shares_wrongly) {
    reader.fail("an earlier client that has a store of its own, to share it", fmt::format("{}", *client.shares));
  }
  scenario_.clients.push_back(std::move(client));
}

void Parser::read_operation(LineReader& reader) {
  Operation operation;
  operation.id = static_cast<std::uint32_t>(reader.number("an operation's id", UINT32_MAX - 1));
  reader.literal("at");
  operation.at = reader.time("a time");
  std::string kind = reader.word("after, client or writer");
  if (kind == "after") {
    operation.after = static_cast<std::uint32_t>(reader.number("an operation's id", UINT32_MAX - 1));
    kind = reader.word("client");
  }
  if (kind == "writer" && operation.after == 0) {
    operation.actor.kind = ActorKind::writer;
  } else if (kind != "client") {
    reader.fail(operation.after == 0 ? "after, client or writer" : "client", kind);
  }
  operation.actor.index = static_cast<std::uint32_t>(reader.number("an index", actors_max - 1));
  reader.literal(":");
  do {
    operation.words.push_back(reader.word("a command"));
  } while (reader.ok() && !reader.at_end());
  operations_.push_back({std::move(operation), line_});
}

void Parser::read_tape(LineReader& reader) {
  TapeEntry entry;
  entry.site = reader.word("the name of a decision, such as net.delay");
  entry.entity = reader.hexadecimal("an entity in hexadecimal");
  entry.ordinal = reader.hexadecimal("an ordinal in hexadecimal");
  reader.literal("=");
  entry.value = reader.number("a value");
  tape_.push_back({std::move(entry), line_});
}

template <class Item>
bool Parser::unique_ids(const std::vector<Located<Item>>& items, std::string_view what) {
  std::vector<std::pair<std::uint32_t, std::size_t>> ids;
  for (const auto& located : items) {
    ids.emplace_back(located.item.id, located.line);
  }
  std::sort(ids.begin(), ids.end());
  const auto twice =
      std::adjacent_find(ids.begin(), ids.end(), [](auto left, auto right) { return left.first == right.first; });
  if (twice == ids.end()) {
    return true;
  }
  return fail(std::next(twice)->second, fmt::format("an id that no other {} has", what),
              fmt::format("{}, as on line {}", twice->first, twice->second));
}

bool Parser::unique_decisions() const {
  const auto name = [](const Located<TapeEntry>* entry) {
    return std::tie(entry->item.site, entry->item.entity, entry->item.ordinal);
  };
  std::vector<const Located<TapeEntry>*> entries;
  for (const auto& located : tape_) {
    entries.push_back(&located);
  }
  std::sort(entries.begin(), entries.end(), [&](const auto* left, const auto* right) {
    return std::tuple_cat(name(left), std::tie(left->line)) < std::tuple_cat(name(right), std::tie(right->line));
  });
  const auto twice = std::adjacent_find(entries.begin(), entries.end(), [&](const auto* left, const auto* right) {
    return name(left) == name(right);
  });
  return twice == entries.end() || fail((*std::next(twice))->line, "a decision that is not on the tape yet",
                                        fmt::format("the one of line {}", (*twice)->line));
}

/// What an operation waits for is an earlier one of the same client, or nothing that is there.
bool Parser::check_order() const {
  std::vector<std::pair<std::uint32_t, const Operation*>> by_id;
  for (const auto& located : operations_) {
    by_id.emplace_back(located.item.id, &located.item);
  }
  const auto lower_id = [](const auto& left, const auto& right) { return left.first < right.first; };
  std::stable_sort(by_id.begin(), by_id.end(), lower_id);
  for (const auto& [operation, line] : operations_) {
    const auto found =
        std::lower_bound(by_id.begin(), by_id.end(), std::pair{operation.after, &operation}, lower_id);
    if (operation.after == 0 || found == by_id.end() || found->first != operation.after) {
      continue;
    }
    const Operation& before = *found->second;
    if (before.actor != operation.actor ||
        std::tie(before.at, before.id) >= std::tie(operation.at, operation.id)) {
      return fail(line, "an earlier operation of the same client behind 'after'", fmt::format("{}", operation.after));
    }
  }
  return true;
}

std::uint32_t greatest_node(const Fault& fault) {
  const std::uint32_t named = std::max(fault.node.value_or(0), fault.move.to);
  return fault.nodes.empty() ? named : std::max(named, fault.nodes.back());
}

bool Parser::check_whole() {
  if (scenario_.cluster && scenario_.sentinels) {
    return fail(line_, "a cluster or sentinels", "both");
  }
  if (scenario_.cluster && scenario_.server.database != 0) {
    return fail(line_, "database 0 in a cluster, which has no other", "another");
  }
  for (const auto& [operation, line] : operations_) {
    const bool is_client = operation.actor.kind == ActorKind::client;
    const std::size_t count = is_client ? scenario_.clients.size() : scenario_.writers;
    if (operation.actor.index >= count) {
      return fail(line, fmt::format("one of {} {}s, counted from 0", count, is_client ? "client" : "writer"),
                  fmt::format("{}", operation.actor.index));
    }
  }
  for (const auto& [fault, line] : faults_) {
    if (is_client_fault(fault.kind) && fault.target >= scenario_.clients.size()) {
      return fail(line, fmt::format("one of {} clients, counted from 0", scenario_.clients.size()),
                  fmt::format("{}", fault.target));
    }
    const bool has_it = scenario_.cluster || (scenario_.sentinels && is_sentinel_fault(fault.kind));
    if (is_cluster_fault(fault.kind) && !has_it) {
      return fail(line, "a line 'cluster' for a fault of a cluster", "none");
    }
    const std::uint32_t greatest = greatest_node(fault);
    if (greatest >= scenario_.nodes()) {
      return fail(line, fmt::format("one of {} nodes, counted from 0", scenario_.nodes()), fmt::format("{}", greatest));
    }
    if (fault.at > scenario_.faults_end || fault.duration > scenario_.faults_end - fault.at) {
      return fail(line, "a fault that is over at faults_end", "one that lasts beyond");
    }
  }
  if (!unique_ids(operations_, "operation") || !unique_ids(faults_, "fault") || !unique_decisions() || !check_order()) {
    return false;
  }
  const auto in_order = [](const auto& left, const auto& right) {
    return std::tie(left.item.at, left.item.id) < std::tie(right.item.at, right.item.id);
  };
  std::sort(operations_.begin(), operations_.end(), in_order);
  std::sort(faults_.begin(), faults_.end(), in_order);
  const auto move_items = [](auto& from, auto& to) {
    for (auto& located : from) {
      to.push_back(std::move(located.item));
    }
  };
  move_items(operations_, scenario_.operations);
  move_items(faults_, scenario_.faults);
  move_items(tape_, scenario_.tape);
  return true;
}

}  // namespace

bool parse(std::string_view text, Scenario& scenario, ParseError& error) {
  return Parser(error).run(text, scenario);
}

}  // namespace trackside::sim

// The text of scenarios: printing and parsing are inverse, and every mistake is told with its line.
// Neighbours: sim/scenario.hpp; sim/README.md shows the format.
#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sim/kernel/strategy.hpp"
#include "sim/scenario.hpp"

namespace trackside::sim {
namespace {

rc::Gen<Instant> times(Instant most) {
  return rc::gen::oneOf(rc::gen::inRange<Instant>(0, most + 1),
                        rc::gen::map(rc::gen::inRange<Instant>(0, most / second + 1),
                                     [](Instant whole) { return whole * second; }));
}

rc::Gen<std::string> words() {
  return rc::gen::oneOf(rc::gen::arbitrary<std::string>(), rc::gen::container<std::string>(rc::gen::inRange('a', 'z')),
                        rc::gen::container<std::string>(rc::gen::element(' ', '"', '\\', '#', '=', '\n', '\0', '\xff')),
                        rc::gen::element<std::string>("", ";", ":", "at", "#", "\\x41"));
}

Operation draw_operation(std::uint32_t id, std::uint32_t clients, std::uint32_t writers) {
  Operation operation;
  operation.id = id;
  operation.at = *times(100 * second);
  const bool by_client = writers == 0 || (clients > 0 && *rc::gen::arbitrary<bool>());
  operation.actor.kind = by_client ? ActorKind::client : ActorKind::writer;
  operation.actor.index = *rc::gen::inRange<std::uint32_t>(0, by_client ? clients : writers);
  operation.words = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(words()));
  return operation;
}

/// What only faults of a cluster have; each kind has some of it.
void draw_cluster_fault(Fault& fault, std::uint32_t nodes) {
  const auto node = rc::gen::inRange<std::uint32_t>(0, nodes);
  if (fault.kind == FaultKind::partition) {
    const auto inside = *rc::gen::container<std::set<std::uint32_t>>(node);
    fault.nodes.assign(inside.begin(), inside.end());
    if (fault.nodes.empty()) {
      fault.nodes.push_back(0);
    }
    fault.direction = *rc::gen::element(CutDirection::both, CutDirection::outgoing, CutDirection::incoming);
  } else if (fault.kind == FaultKind::migrate_slot) {
    if (*rc::gen::arbitrary<bool>()) {
      fault.node = *node;
    }
    fault.move = {
        *rc::gen::inRange<std::uint16_t>(0, 16'384), *node,
        *rc::gen::element(SlotMove::Ending::complete, SlotMove::Ending::abandoned, SlotMove::Ending::given_back,
                          SlotMove::Ending::stolen)};
  } else {
    fault.node = *node;
    fault.side = fault.kind == FaultKind::isolate_primary && *rc::gen::arbitrary<bool>() ? IsolatedSide::with_replicas
                                                                                         : IsolatedSide::primary_alone;
  }
}

Fault draw_fault(std::uint32_t id, std::uint32_t clients, Instant faults_end, const Scenario& scenario) {
  Fault fault;
  fault.id = id;
  const auto kinds = scenario.cluster ? fault_kinds : static_cast<std::size_t>(FaultKind::cut_client);
  fault.kind = static_cast<FaultKind>(*rc::gen::inRange<std::size_t>(0, kinds));
  fault.at = *times(faults_end);
  fault.duration = *times(faults_end - fault.at);
  fault.duration = std::min(fault.duration, faults_end - fault.at);
  if (is_client_fault(fault.kind)) {
    fault.target = *rc::gen::inRange<std::uint32_t>(0, clients);
  } else if (is_server_fault(fault.kind)) {
    fault.target = *rc::gen::inRange<std::uint32_t>(0, 9);
  }
  if (!is_cluster_fault(fault.kind) || fault.kind == FaultKind::replica_lag) {
    fault.argument = *rc::gen::arbitrary<std::uint64_t>();
  }
  if (is_cluster_fault(fault.kind)) {
    draw_cluster_fault(fault, scenario.nodes());
  } else if ((is_server_fault(fault.kind) || is_connection_fault(fault.kind)) && *rc::gen::arbitrary<bool>()) {
    fault.node = *rc::gen::inRange<std::uint32_t>(0, scenario.nodes());
  }
  if (has_scope(fault.kind)) {
    fault.scope = *rc::gen::element(FaultScope::all, FaultScope::invalidations, FaultScope::data);
  }
  return fault;
}

std::vector<std::string> draw_prefixes() {
  std::vector<std::string> prefixes = *rc::gen::container<std::vector<std::string>>(words());
  std::erase_if(prefixes, [](const std::string& prefix) {
    return prefix.empty() || prefix.find(',') != std::string::npos;
  });
  return prefixes;
}

/// The store of an earlier client that has one of its own; often none.
std::optional<std::uint32_t> draw_shared(const std::vector<ClientSetup>& earlier) {
  const auto chosen = *rc::gen::inRange<std::uint32_t>(0, 5);
  const bool sharable = chosen < earlier.size() && !earlier[chosen].shares;
  return sharable ? std::optional{chosen} : std::nullopt;
}

ClientSetup draw_client(const std::vector<ClientSetup>& earlier) {
  return {.max_keys = *rc::gen::arbitrary<std::int64_t>(),
          .max_size_bytes = *rc::gen::arbitrary<std::int64_t>(),
          .max_idle = *times(100 * second),
          .command_timeout = *times(100 * second),
          .confidence_thousandths = *rc::gen::oneOf(rc::gen::just(std::uint64_t{100'000}),
                                                    rc::gen::inRange<std::uint64_t>(0, 100'001)),
          .dynamic_confidence = *rc::gen::arbitrary<bool>(),
          .max_ttl = *times(100 * second),
          .cache_nil = *rc::gen::arbitrary<bool>(),
          .delivery = *rc::gen::element(Delivery::in_band, Delivery::redirect),
          .selection = *rc::gen::element(Selection::all, Selection::opt_in, Selection::opt_out, Selection::broadcast),
          .prefixes = draw_prefixes(),
          .denied = draw_prefixes(),
          .protocol = *rc::gen::element(Dialect::resp3, Dialect::resp2),
          .data_connections = *rc::gen::inRange<std::uint32_t>(1, data_connections_max + 1),
          .shares = draw_shared(earlier)};
}

template <class Item>
void sort_by_time(std::vector<Item>& items) {
  std::sort(items.begin(), items.end(), [](const Item& left, const Item& right) {
    return std::tie(left.at, left.id) < std::tie(right.at, right.id);
  });
}

/// Lets some operations of clients wait for an earlier one of theirs, or for one that is not there.
void draw_order(std::vector<Operation>& operations) {
  for (std::size_t position = 0; position < operations.size(); ++position) {
    Operation& operation = operations[position];
    if (operation.actor.kind == ActorKind::writer || *rc::gen::arbitrary<bool>()) {
      continue;
    }
    const auto chosen = *rc::gen::inRange<std::size_t>(0, position + 1);
    const bool is_earlier = chosen < position && operations[chosen].actor == operation.actor;
    operation.after = is_earlier ? operations[chosen].id : 1'000'000;
  }
}

Scenario draw_scenario() {
  Scenario scenario;
  scenario.subject = *words();
  scenario.seed = *rc::gen::arbitrary<std::uint64_t>();
  scenario.strategy = std::string(*rc::gen::elementOf(
      std::vector<std::string_view>(strategy_names().begin(), strategy_names().end())));
  scenario.faults_end = *times(50 * second);
  scenario.server = {*times(1'000 * second), *rc::gen::arbitrary<std::uint64_t>(),
                     *rc::gen::arbitrary<std::uint64_t>(), *words()};
  if (*rc::gen::arbitrary<bool>()) {
    scenario.cluster = ClusterSetup{.primaries = *rc::gen::inRange<std::uint32_t>(1, 6),
                                    .replicas = *rc::gen::inRange<std::uint32_t>(0, 3),
                                    .spares = *rc::gen::inRange<std::uint32_t>(0, 3),
                                    .node_timeout = second + *times(100 * second),
                                    .require_full_coverage = *rc::gen::arbitrary<bool>(),
                                    .reads_when_down = *rc::gen::arbitrary<bool>(),
                                    .channels_allowed = *rc::gen::arbitrary<bool>()};
  }
  const auto clients = *rc::gen::inRange<std::uint32_t>(1, 5);
  for (std::uint32_t index = 0; index < clients; ++index) {
    scenario.clients.push_back(draw_client(scenario.clients));
  }
  scenario.server.version = *words();
  scenario.server.database = scenario.cluster ? 0 : *rc::gen::inRange<std::uint32_t>(0, 2);
  scenario.writers = *rc::gen::inRange<std::uint32_t>(0, 4);
  const auto operations = *rc::gen::inRange<std::uint32_t>(0, 10);
  for (std::uint32_t id = 0; id < operations; ++id) {
    scenario.operations.push_back(draw_operation(id * 7, clients, scenario.writers));
  }
  const auto faults = *rc::gen::inRange<std::uint32_t>(0, 10);
  for (std::uint32_t id = 0; id < faults; ++id) {
    scenario.faults.push_back(draw_fault(id * 3, clients, scenario.faults_end, scenario));
  }
  sort_by_time(scenario.operations);
  sort_by_time(scenario.faults);
  draw_order(scenario.operations);
  scenario.replay_tape = *rc::gen::arbitrary<bool>();
  const auto entries = *rc::gen::inRange<std::uint64_t>(0, 5);
  for (std::uint64_t entry = 0; entry < entries; ++entry) {
    scenario.tape.push_back({"net.delay", *rc::gen::arbitrary<std::uint64_t>(), entry,
                             *rc::gen::arbitrary<std::uint64_t>()});
  }
  return scenario;
}

RC_GTEST_PROP(ScenarioText, ReadingWhatWasPrintedGivesTheSameScenario, ()) {
  const Scenario scenario = draw_scenario();
  const std::string text = print(scenario);
  Scenario read;
  ParseError error;
  if (!parse(text, read, error)) {
    RC_FAIL("line " + std::to_string(error.line) + ": expected " + error.expected + ", found " + error.found + "\n" +
            text);
  }
  RC_ASSERT(read == scenario);
  RC_ASSERT(print(read) == text);
}

RC_GTEST_PROP(ScenarioText, DamagedTextIsReadOrRefusedWithItsLine, ()) {
  std::string text = print(draw_scenario());
  const auto damages = *rc::gen::inRange(1, 4);
  for (int damage = 0; damage < damages && !text.empty(); ++damage) {
    const auto position = *rc::gen::inRange<std::size_t>(0, text.size());
    const auto length = *rc::gen::inRange<std::size_t>(0, 6);
    const auto insertion =
        *rc::gen::oneOf(rc::gen::arbitrary<std::string>(), rc::gen::element<std::string>(" ", "\"", "\\", "=", "\n"));
    text.replace(position, length, insertion);
  }
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  Scenario read;
  ParseError error;
  if (parse(text, read, error)) {
    RC_ASSERT(parse(print(read), read, error));
  } else {
    RC_ASSERT(error.line >= 1U);
    RC_ASSERT(error.line <= lines);
    RC_ASSERT(!error.expected.empty());
    RC_ASSERT(!error.found.empty());
  }
}

constexpr std::string_view header = "trackside scenario 1\n";

/// "line: expected, found" of the first mistake; empty if there is none.
std::string mistake(std::string_view text) {
  Scenario scenario;
  ParseError error;
  if (parse(text, scenario, error)) {
    return {};
  }
  return std::to_string(error.line) + ": " + error.expected + ", found " + error.found;
}

std::string mistake_in(std::string_view line) {
  return mistake(std::string(header) + "client\nfaults_end 5\n" + std::string(line) + "\n");
}

TEST(ScenarioText, MayBeWrittenByHand) {
  const std::string text = std::string(header) +
                           "# a read that races with a write\n"
                           "\n"
                           "  seed 7   # any number\n"
                           "client max_idle=0.5 max_keys=-1\n"
                           "op 2 at 0.25 writer 0 : SET k1 \"v 2\"\n"
                           "op 1 at 0.120000001 client 0 : GET \"k\\x001\"\n"
                           "fault 1 at 1 for 2.5 half_open target 0 argument 0\n"
                           "tape net.delay ff 2a = 55\n";
  Scenario scenario;
  ParseError error;
  ASSERT_TRUE(parse(text, scenario, error)) << mistake(text);
  EXPECT_EQ(scenario.seed, 7U);
  EXPECT_EQ(scenario.clients.at(0).max_idle, 500 * millisecond);
  EXPECT_EQ(scenario.clients.at(0).max_keys, -1);
  ASSERT_EQ(scenario.operations.size(), 2U);  // in order of time
  EXPECT_EQ(scenario.operations[0].words, (std::vector<std::string>{"GET", std::string("k\0" "1", 3)}));
  EXPECT_EQ(scenario.operations[0].at, 120 * millisecond + 1);
  EXPECT_EQ(scenario.operations[1].words.at(2), "v 2");
  EXPECT_EQ(scenario.faults.at(0).duration, 2500 * millisecond);
  EXPECT_EQ(scenario.tape.at(0), (TapeEntry{"net.delay", 0xff, 0x2a, 55}));
}

TEST(ScenarioText, AClientsLineMayLeaveAnythingOut) {
  const std::string text = std::string(header) +
                           "client\n"
                           "client delivery=redirect protocol=resp2 data_connections=8 shares=0\n"
                           "client selection=broadcast prefixes=user:,\"a b\" dynamic_confidence=yes\n"
                           "client prefixes= max_ttl=1.5 cache_nil=no denied=HGET,k1\n";
  Scenario scenario;
  ParseError error;
  ASSERT_TRUE(parse(text, scenario, error)) << mistake(text);
  ASSERT_EQ(scenario.clients.size(), 4U);
  EXPECT_EQ(scenario.clients[0], ClientSetup{});
  EXPECT_EQ(scenario.clients[1], (ClientSetup{.delivery = Delivery::redirect,
                                              .protocol = Dialect::resp2,
                                              .data_connections = 8,
                                              .shares = 0}));
  EXPECT_EQ(scenario.clients[2], (ClientSetup{.dynamic_confidence = true,
                                              .selection = Selection::broadcast,
                                              .prefixes = {"user:", "a b"}}));
  EXPECT_EQ(scenario.clients[3], (ClientSetup{.max_ttl = 1500 * millisecond,
                                              .cache_nil = false,
                                              .denied = {"HGET", "k1"}}));
}

TEST(ScenarioText, SettingsThatFewHaveAreOnlyWrittenWhereTheyAreNotTheDefault) {
  Scenario scenario;
  scenario.clients.resize(1);
  scenario.faults.resize(1);
  const std::string text = print(scenario);
  EXPECT_NE(text.find("client max_keys=4096 max_size_bytes=67108864 max_idle=5.000000000 "
                      "command_timeout=2.000000000 confidence=100\n"),
            std::string::npos);
  EXPECT_NE(text.find(" reset target 0 argument 0\n"), std::string::npos);
}

TEST(ScenarioText, APercentageHasAsManyDecimalsAsItNeeds) {
  Scenario scenario;
  scenario.clients.resize(1);
  const auto text_of = [&](std::uint64_t thousandths) {
    scenario.clients[0].confidence_thousandths = thousandths;
    const std::string text = print(scenario);
    const std::size_t begin = text.find("confidence=") + 11;
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  EXPECT_EQ(text_of(100'000), "100");
  EXPECT_EQ(text_of(99'900), "99.9");
  EXPECT_EQ(text_of(10'050), "10.05");
  EXPECT_EQ(text_of(1), "0.001");
  EXPECT_EQ(text_of(0), "0");
  ParseError error;
  for (const char* text : {"99.9", "99.90", "99.900"}) {
    ASSERT_TRUE(parse(std::string(header) + "client confidence=" + text + "\n", scenario, error));
    EXPECT_EQ(scenario.clients.at(0).confidence_thousandths, 99'900U);
  }
}

TEST(ScenarioText, AFaultMayKeepToSomeOfItsTargetsConnections) {
  const std::string text = std::string(header) +
                           "client\n"
                           "fault 1 at 1 for 1 half_open only invalidations target 0\n"
                           "fault 2 at 2 for 1 kill_client only data target 0\n"
                           "fault 3 at 3 for 1 close target 0\n";
  Scenario scenario;
  ParseError error;
  ASSERT_TRUE(parse(text, scenario, error)) << mistake(text);
  EXPECT_EQ(scenario.faults[0].scope, FaultScope::invalidations);
  EXPECT_EQ(scenario.faults[1].scope, FaultScope::data);
  EXPECT_EQ(scenario.faults[2].scope, FaultScope::all);
}

TEST(ScenarioText, EveryMistakeIsToldWithItsLineAndWhatWasExpected) {
  EXPECT_EQ(mistake(""), "1: the header 'trackside scenario 1', found the end of the text");
  EXPECT_EQ(mistake("seed 1\n"), "1: the word 'trackside', found seed");
  EXPECT_EQ(mistake("\ntrackside scenario 2\n"), "2: the word '1', found 2");
  EXPECT_EQ(mistake_in("sede 1"),
            "4: subject, seed, strategy, faults_end, server, cluster, sentinels, writers, client, op, fault, "
            "replay_tape or tape, found sede");
  EXPECT_EQ(mistake_in("seed"), "4: a seed, found the end of the line");
  EXPECT_EQ(mistake_in("seed x"), "4: a seed, found x");
  EXPECT_EQ(mistake_in("seed -1"), "4: a seed, found -1");
  EXPECT_EQ(mistake_in("seed 18446744073709551616"), "4: a seed, found 18446744073709551616");
  EXPECT_EQ(mistake_in("seed 1 2"), "4: the end of the line, found 2");
  EXPECT_EQ(mistake_in("seed 1\nseed 2"), "5: 'seed' only once, found a second one");
  EXPECT_EQ(mistake_in("writers 5000"), "4: a number of writers, at most 4096, found 5000");
  EXPECT_EQ(mistake_in("server database=2"), "4: the number of a database, at most 1, found 2");
  EXPECT_EQ(mistake_in("server database=1\ncluster primaries=1 replicas=0"),
            "5: database 0 in a cluster, which has no other, found another");
  EXPECT_EQ(mistake_in("strategy lucky"), "4: one of uniform, heavy, pct, swizzle, burst, orders, found lucky");
  EXPECT_EQ(mistake_in("replay_tape maybe"), "4: yes or no, found maybe");
  EXPECT_EQ(mistake_in("server timeout=1"),
            "4: idle_timeout, output_limit_bytes, tracking_table_max_keys, password, version or database, "
            "found timeout");
  EXPECT_EQ(mistake_in("client max_idle"), "4: a setting such as max_idle=5, found max_idle");
  EXPECT_EQ(mistake_in("client confidence=101"), "4: a percentage, at most 100, found 101");
  for (const char* text : {"99.", "99.1234", "99.x", "99.-1"}) {
    EXPECT_EQ(mistake_in(std::string("client confidence=") + text),
              std::string("4: a percentage with at most three decimals, such as 99.9, found ") + text);
  }
  EXPECT_EQ(mistake_in("client confidence=100.001"), "4: a percentage, at most 100, found 100.001");
  EXPECT_EQ(mistake_in("client confidence=.5"), "4: a percentage, found nothing");
  EXPECT_EQ(mistake_in("client max_keys=1 max_keys=2"), "4: 'max_keys' only once, found a second one");
  EXPECT_EQ(mistake_in("client idle=1"),
            "4: max_keys, max_size_bytes, max_idle, command_timeout, confidence, dynamic_confidence, max_ttl, "
            "cache_nil, delivery, selection, prefixes, denied, habits, protocol, data_connections, "
            "read_from or shares, "
            "found idle");
  EXPECT_EQ(mistake_in("client cache_nil=maybe"), "4: yes or no, found maybe");
  EXPECT_EQ(mistake_in("client delivery=outband"), "4: one of in_band, redirect, found outband");
  EXPECT_EQ(mistake_in("client selection=some"), "4: one of all, opt_in, opt_out, broadcast, found some");
  EXPECT_EQ(mistake_in("client protocol=resp4"), "4: one of resp3, resp2, found resp4");
  EXPECT_EQ(mistake_in("client prefixes=a,,b"), "4: prefixes that are not empty, separated by commas, found ,b");
  EXPECT_EQ(mistake_in("client prefixes=a,"), "4: prefixes that are not empty, separated by commas, found a,");
  EXPECT_EQ(mistake_in("client data_connections=0"), "4: a number of connections, at least 1, found 0");
  EXPECT_EQ(mistake_in("client data_connections=9"), "4: a number of connections, at least 1, at most 8, found 9");
  EXPECT_EQ(mistake_in("client shares=0\nclient shares=1"),
            "5: an earlier client that has a store of its own, to share it, found 1");
  EXPECT_EQ(mistake_in("client shares=1"), "4: an earlier client that has a store of its own, to share it, found 1");
  EXPECT_EQ(mistake_in("subject \"open"), "4: a closing quote, found the end of the line");
  EXPECT_EQ(mistake_in("subject \"\\q\""), "4: \\\", \\\\ or \\x and two hexadecimal digits, found \\q\"");
  EXPECT_EQ(mistake_in("tape net.delay 1 2 3"), "4: the word '=', found 3");
  EXPECT_EQ(mistake_in("tape net.delay 1 2 = 3\ntape net.delay 1 2 = 4"),
            "5: a decision that is not on the tape yet, found the one of line 4");
}

TEST(ScenarioText, MistakesInOperationsAndFaultsAreTold) {
  EXPECT_EQ(mistake_in("op 1 at 1.2s client 0 : GET k"), "4: a time in seconds, such as 1.5, found 1.2s");
  EXPECT_EQ(mistake_in("op 1 at 1.0000000001 client 0 : GET k"),
            "4: a time in seconds, such as 1.5, found 1.0000000001");
  EXPECT_EQ(mistake_in("op 1 at 10000000 client 0 : GET k"), "4: a time, at most 1000000 seconds, found 10000000");
  EXPECT_EQ(mistake_in("op 1 at 1 reader 0 : GET k"), "4: after, client or writer, found reader");
  EXPECT_EQ(mistake_in("op 1 at 1 client 0 GET k"), "4: the word ':', found GET");
  EXPECT_EQ(mistake_in("op 1 at 1 client 0 :"), "4: a command, found the end of the line");
  EXPECT_EQ(mistake_in("op 1 at 1 client 1 : GET k"), "4: one of 1 clients, counted from 0, found 1");
  EXPECT_EQ(mistake_in("op 1 at 1 writer 1 : GET k"), "4: one of 1 writers, counted from 0, found 1");
  EXPECT_EQ(mistake_in("op 1 at 1 client 0 : A\nop 1 at 0 client 0 : B"),
            "5: an id that no other operation has, found 1, as on line 4");
  EXPECT_EQ(mistake_in("op 1 at 1 client 0 : A\nop 2 at 2 after 1 client 0 : B"), "");
  EXPECT_EQ(mistake_in("op 1 at 3 client 0 : A\nop 2 at 2 after 1 client 0 : B"),
            "5: an earlier operation of the same client behind 'after', found 1");
  EXPECT_EQ(mistake_in("op 2 at 2 after 1 writer 0 : B"), "4: client, found writer");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 1 fire target 0 argument 0"),
            "4: a kind of fault, such as half_open, found fire");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 1 reset target 7 argument 0"),
            "4: one of 1 clients, counted from 0, found 7");
  EXPECT_EQ(mistake_in("fault 1 at 6 for 0 reset target 0 argument 0"),
            "4: a fault that is over at faults_end, found one that lasts beyond");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 4.5 reset target 0 argument 0"),
            "4: a fault that is over at faults_end, found one that lasts beyond");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 4 freeze_server target 7 argument 0"), "");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 1 reset target 0"), "") << "most faults have no argument";
  EXPECT_EQ(mistake_in("fault 1 at 1 for 1 reset target 0 amount 5"), "4: the word 'argument', found amount");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 1 reset only pushes target 0"), "4: invalidations or data, found pushes");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 1 reset only all target 0"), "4: invalidations or data, found all");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 1 slow_reader only data target 0"), "4: the word 'target', found only");
  EXPECT_EQ(mistake_in("fault 1 at 1 for 1 reset"), "4: the word 'target', found the end of the line");
}

TEST(ScenarioText, EveryKindOfFaultHasItsOwnName) {
  std::vector<std::string_view> names;
  for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
    names.push_back(name_of(static_cast<FaultKind>(kind)));
  }
  EXPECT_EQ(names.front(), "refuse");
  EXPECT_EQ(names.back(), "remove_node");
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

}  // namespace
}  // namespace trackside::sim

#include "properties/testing/generation/moment_stories.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "properties/testing/generation/own_writes.hpp"
#include "properties/testing/generation/stories.hpp"
#include "properties/testing/generation/workload.hpp"

namespace trackside::testing {
namespace {

using sim::FaultKind;
using sim::Instant;
using sim::millisecond;

/// Every hit is compared with the server, while others write.
void add_doubts(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  const std::uint32_t client = any_client(choices, scenario, "doubts.client");
  if (!may_set(scenario)) {
    return;
  }
  scenario.clients[client].confidence_thousandths = 0;
  const Instant late = some_of(choices, "doubts.delay", scenario.clients[client].max_idle / 8);
  sim::Fault delay{.kind = FaultKind::delay, .target = client, .argument = static_cast<std::uint64_t>(late)};
  delay.at = early(choices, scenario, "doubts.at");
  delay.duration = scenario.faults_end - delay.at;
  add_fault(scenario, delay);
  const Instant begin = delay.at + 3 * late;
  add_operation(scenario, 0, story_writer, {"SET", story_key, next_value(scenario)});
  const bool several = features.several_keys && choices.below("doubts.several", 2) == 0;
  const std::vector<std::string> question =
      several ? std::vector<std::string>{"MGET", story_key, "s-other"} : std::vector<std::string>{"GET", story_key};
  add_operation(scenario, delay.at, client_at(client), question);
  keep_asking(scenario, client, question, begin, begin + 4 * late);
  for (std::uint64_t writes = 1 + choices.below("doubts.writes", 3); writes > 0; --writes) {
    const auto when = static_cast<Instant>(choices.below("doubts.written", static_cast<std::uint64_t>(5 * late)));
    add_operation(scenario, begin + when, story_writer, {"SET", story_key, next_value(scenario)});
  }
}

/// A key expires while the other one of an MGET is asked for, and that one is written: no state has the two.
void add_half_of_an_mget(Choices& choices, sim::Scenario& scenario) {
  const std::uint32_t client = any_client(choices, scenario, "half.client");
  constexpr Instant lives = 300 * millisecond;
  const Instant flight = millisecond << choices.below("half.delay", 6);
  const auto within_flight = [&](std::string_view choice) {
    return static_cast<Instant>(choices.below(choice, static_cast<std::uint64_t>(flight)));
  };
  sim::Fault delay{.kind = FaultKind::delay, .target = client, .argument = static_cast<std::uint64_t>(flight)};
  delay.at = early(choices, scenario, "half.at");
  delay.duration = 2 * lives;
  add_fault(scenario, delay);
  const Instant set_at = delay.at + millisecond;
  const Instant expires_at = set_at + lives;
  add_operation(scenario, set_at, story_writer,
                {"SET", story_key, next_value(scenario), "PX", std::to_string(lives / millisecond)});
  add_operation(scenario, set_at + lives / 3, client_at(client), {"GET", story_key});
  add_operation(scenario, expires_at - flight + within_flight("half.asked"), client_at(client),
                {"MGET", story_key, "s-other"});
  add_operation(scenario, expires_at + within_flight("half.written"), story_writer,
                {"SET", "s-other", next_value(scenario)});
}

/// Somebody writes a key while its reader asks something else of it that he has not got, and then again what he has.
/// The server was held up, so that one of its turns may know of both, and tell of the write behind the answer.
void add_other_question(Choices& choices, sim::Scenario& scenario) {
  constexpr Instant between = 500 * millisecond;
  constexpr Instant times = 6;
  std::uint32_t client = any_client(choices, scenario, "question.client");
  for (std::uint32_t other = 0; other < scenario.clients.size(); ++other) {
    const bool broadcast = scenario.clients[other].selection == sim::Selection::broadcast;
    client = broadcast && choices.below("question.broadcast", 4) != 0 ? other : client;
  }
  const Instant begin = early(choices, scenario, "question.at");
  const Instant held_up = millisecond << choices.below("question.held_up", 8);
  for (Instant time = 0; time < times; ++time) {
    const Instant kept_at = begin + time * between;
    const Instant written_at = kept_at + between / 2;
    const auto together = static_cast<Instant>(choices.below("question.together", static_cast<std::uint64_t>(held_up)));
    add_fault(scenario, {.kind = FaultKind::freeze_server, .at = written_at, .duration = held_up});
    add_operation(scenario, kept_at, client_at(client), {"GET", story_key});
    add_operation(scenario, written_at, story_writer, {"SET", story_key, next_value(scenario)});
    add_operation(scenario, written_at + together, client_at(client), {"STRLEN", story_key});
    add_next(scenario, {"GET", story_key});
  }
}

/// A transaction takes from a list by a command that elsewhere would wait, and whoever sent it reads what he kept of
/// the list: what tells him comes behind the answer, perhaps by another connection.
void add_own_taking(Choices& choices, sim::Scenario& scenario) {
  const std::uint32_t client = any_client(choices, scenario, "taking.client");
  const Instant late = some_of(choices, "taking.delay", scenario.clients[client].max_idle / 8);
  const sim::Fault delay = late_news(scenario, client, early(choices, scenario, "taking.at"), late);
  add_fault(scenario, delay);
  const std::vector<std::string> question{"LRANGE", story_list, "0", "-1"};
  add_operation(scenario, 0, story_writer, {"RPUSH", story_list, next_value(scenario), "another", "third"});
  add_operation(scenario, delay.at, client_at(client), question);
  add_operation(scenario, delay.at + 4 * late, client_at(client),
                {"EXISTS", story_list, ";", choices.below("taking.end", 2) == 0 ? "BLPOP" : "BRPOP", story_list, "1"});
  add_next(scenario, question);
}

/// A key expires, and the server is long in deleting it, so that all depends on what was said of its end: behind a step
/// of the server's clock, or for one of several that were asked for at once, when one of them was there already.
void add_silent_end(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  constexpr Instant tick = 100 * millisecond;
  constexpr Instant lives = 200 * millisecond;
  constexpr const char* brief_key = "s-brief";
  const std::uint32_t client = any_client(choices, scenario, "end.client");
  const Instant max_idle = scenario.clients[client].max_idle;
  const Instant begin = early(choices, scenario, "end.at");
  add_fault(scenario, {.kind = FaultKind::late_expiry,
                       .at = begin,
                       .duration = scenario.faults_end - begin,
                       .argument = static_cast<std::uint64_t>(2 * max_idle / tick + 1)});
  Instant set_at = begin;
  std::vector<std::vector<std::string>> questions{{"GET", brief_key}};
  if (!features.several_keys || choices.below("end.step", 2) == 0) {
    add_fault(scenario,
              {.kind = FaultKind::clock_step, .at = begin, .argument = choices.scaled("end.step_by", 20'000)});
    set_at += max_idle;  // it is known by then
  } else {
    std::vector<std::string> keys{story_key, brief_key, "s-other"};
    std::rotate(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(choices.below("end.first", keys.size())),
                keys.end());
    for (const char* key : {story_key, "s-other"}) {
      add_operation(scenario, 0, story_writer, {"SET", key, next_value(scenario)});
    }
    add_operation(scenario, begin, client_at(client), {"GET", story_key});
    questions.insert(questions.begin(), {"MGET", keys[0], keys[1], keys[2]});
  }
  add_operation(scenario, set_at, story_writer,
                {"SET", brief_key, next_value(scenario), "PX", std::to_string(lives / millisecond)});
  add_operation(scenario, set_at + lives / 2, client_at(client), questions.front());
  keep_asking(scenario, client, questions.back(), set_at + lives, set_at + lives + 2 * max_idle);
}

struct Sharers {
  std::uint32_t one;
  std::uint32_t other;
};

/// Lets the first client and the last one share a memory; which of them is who, is chosen.
Sharers let_two_share(Choices& choices, sim::Scenario& scenario, std::string_view choice) {
  const auto last = static_cast<std::uint32_t>(scenario.clients.size() - 1);
  scenario.clients[last].shares = 0;
  return choices.below(choice, 2) == 0 ? Sharers{last, 0} : Sharers{0, last};
}

/// A script of one of two that share a memory writes what the other one has read, whose link is told of it late. The
/// writer is a good way off, so that the other one proves something while the script is under way.
void add_script_beside(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  if (!features.sharing || scenario.clients.size() == 1 || !may_set(scenario)) {
    return;
  }
  const auto [reader, writer] = let_two_share(choices, scenario, "script.by_first");
  const Instant max_idle = std::min(scenario.clients[reader].max_idle, scenario.clients[writer].max_idle);
  const Instant flight = max_idle / 6 >> choices.below("script.delay", 2);
  const Instant begin = early(choices, scenario, "script.at");
  const Instant script_at = begin + max_idle / 2;
  add_fault(scenario, {.kind = FaultKind::delay,
                       .at = begin,
                       .duration = 2 * max_idle,
                       .target = writer,
                       .argument = static_cast<std::uint64_t>(flight)});
  add_operation(scenario, 0, story_writer, {"SET", story_key, next_value(scenario)});
  add_operation(scenario, begin, client_at(reader), {"GET", story_key});
  add_operation(scenario, script_at, client_at(writer), script_of(story_key, next_value(scenario)));
  add_fault(scenario,
            {.kind = FaultKind::hold_to_client,
             .at = script_at + flight / 2 +
                   static_cast<Instant>(choices.below("script.held", static_cast<std::uint64_t>(flight) / 2)),
             .duration = max_idle / 4 * 3,
             .target = reader});
  // Not sooner: what is asked while nothing is served brings the newer value.
  const Instant served_at = script_at + 4 * flight;
  keep_asking(scenario, writer, {"GET", story_key}, served_at, served_at + max_idle / 4);
}

/// A script is answered, and what would prove that everything it caused was heard is refused, once.
void add_refused_barrier(Choices& choices, sim::Scenario& scenario) {
  const std::uint32_t client = any_client(choices, scenario, "barrier.client");
  const Instant refused_for = scenario.clients[client].max_idle / 2;  // the link outlives that
  // Not LATENCY HISTOGRAM: who gets no answer to that from the first on believes in no swap of databases.
  sim::Fault refusal{.kind = FaultKind::forbid_question, .argument = 1 + choices.below("barrier.question", 2)};
  refusal.at = early(choices, scenario, "barrier.at");
  refusal.duration = refused_for;
  add_fault(scenario, refusal);
  add_operation(scenario, refusal.at + refused_for / 4, client_at(client),
                script_of(story_key, next_value(scenario)));
}

/// Who hears of everything is told of very many keys at once, in their order, and has kept some of them.
void add_many_names(Choices& choices, sim::Scenario& scenario) {
  constexpr std::size_t names = 131;
  const std::uint32_t client = any_client(choices, scenario, "names.client");
  if (!may_set(scenario)) {
    return;
  }
  sim::ClientSetup& setup = scenario.clients[client];
  setup.selection = sim::Selection::broadcast;
  setup.prefixes.clear();
  setup.max_keys = 10'000;
  setup.max_size_bytes = -1;
  setup.cache_nil = true;
  const auto name_of = [](std::size_t number) { return "s-name-" + std::to_string(1'000 + number); };
  std::vector<std::string> write{"MSET"};
  for (std::size_t name = 0; name < names; ++name) {
    write.push_back(name_of(name));
    write.emplace_back("-");
  }
  const Instant begin = early(choices, scenario, "names.at");
  const Instant written_at = begin + setup.max_idle / 4;
  for (const Instant asked_at : {begin, written_at + setup.max_idle, written_at + 2 * setup.max_idle}) {
    for (const std::size_t name : {0, 15, 16, 31, 32, 63, 64, 100, 127, 128, 130}) {
      add_operation(scenario, asked_at, client_at(client), {"GET", name_of(name)});
    }
  }
  add_operation(scenario, written_at, story_writer, write);
}

/// What two links of one memory tell belongs to no one moment: by one a write is known, by the other one not what was
/// written to another key before that.
void add_two_streams(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  if (!features.sharing || !features.several_keys || scenario.clients.size() == 1 || !may_set(scenario)) {
    return;
  }
  for (sim::ClientSetup* const setup : {&scenario.clients.front(), &scenario.clients.back()}) {
    *setup = {.max_idle = setup->max_idle, .command_timeout = setup->command_timeout};  // one stream each, in order
  }
  const auto [reader, other] = let_two_share(choices, scenario, "streams.by_first");
  const Instant max_idle = std::min(scenario.clients[reader].max_idle, scenario.clients[other].max_idle);
  const Instant late = some_of(choices, "streams.delay", max_idle / 8);
  const Instant begin = early(choices, scenario, "streams.at");
  const Instant written_at = begin + 4 * late;
  add_fault(scenario, {.kind = FaultKind::delay,
                       .at = begin,
                       .duration = 8 * late,
                       .target = other,
                       .argument = static_cast<std::uint64_t>(late)});
  const auto write = [&](Instant at, const char* key) {
    add_operation(scenario, at, story_writer, {"SET", key, next_value(scenario)});
  };
  write(0, "s-one");
  write(0, "s-two");
  add_operation(scenario, begin, client_at(reader), {"GET", "s-one"});
  add_operation(scenario, begin, client_at(other), {"GET", "s-two"});
  write(written_at, "s-two");
  write(written_at + late / 8, "s-one");
  add_operation(scenario, written_at + late / 3, client_at(reader), {"GET", "s-one"});
  add_next(scenario, {"MGET", "s-one", "s-two"});
}

/// An older answer to one question comes by one connection, a newer one to another question by another, in any order,
/// and what tells of the write between them comes later.
void add_older_answer(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  const std::uint32_t client = any_client(choices, scenario, "older.client");
  if (!features.redirect || !features.several_keys || !may_set(scenario)) {
    return;
  }
  sim::ClientSetup& setup = scenario.clients[client];
  setup = {.max_idle = setup.max_idle,
           .command_timeout = setup.command_timeout,
           .delivery = sim::Delivery::redirect,
           .data_connections = sim::data_connections_max};
  const Instant late = some_of(choices, "older.delay", setup.max_idle / 8);
  sim::Fault hold{.kind = FaultKind::hold_to_client, .target = client, .scope = sim::FaultScope::data};
  hold.at = early(choices, scenario, "older.at");
  hold.duration = late;
  add_fault(scenario, hold);
  add_fault(scenario, {.kind = FaultKind::delay,
                       .at = hold.at,
                       .duration = 4 * late,
                       .target = client,
                       .argument = static_cast<std::uint64_t>(2 * late),
                       .scope = sim::FaultScope::invalidations});
  add_operation(scenario, 0, story_writer, {"SET", story_key, next_value(scenario)});
  add_operation(scenario, hold.at, client_at(client), {"GET", story_key});
  add_operation(scenario, hold.at + late / 4, story_writer, {"SET", story_key, next_value(scenario)});
  add_operation(scenario, hold.at + late / 2, client_at(client), {"MGET", "s-other", story_key});
  add_next(scenario, {"GET", story_key});
  keep_asking(scenario, client, {"GET", story_key}, hold.at + late, hold.at + 2 * late);
}

/// A reply about as large as its reader takes; and one of two strings that are too large together.
void add_large_replies(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  constexpr std::size_t limit = 6'000;  // of the habit
  const std::uint32_t client = any_client(choices, scenario, "large.client");
  if (!features.several_keys || !may_set(scenario)) {
    return;
  }
  scenario.clients[client].habits.emplace_back("short_reads");
  const Instant begin = early(choices, scenario, "large.at");
  const auto add_large_value = [&](const std::string& key, std::size_t size) {
    std::string value = next_value(scenario);
    value.resize(size, '.');
    add_operation(scenario, begin, story_writer, {"SET", key, value});
  };
  add_large_value("s-large", limit - 30 + choices.below("large.more", 32));
  add_large_value("s-half", limit / 10 * 6);
  add_large_value("s-other", limit / 10 * 6);
  add_operation(scenario, begin + 100 * millisecond, client_at(client), {"GET", "s-large"});
  add_operation(scenario, begin + 300 * millisecond, client_at(client), {"MGET", "s-half", "s-other"});
}

/// Commands whose callers give up, one after the other, while the link says nothing and is not given up: their answers
/// are still to come, so that they count against the limit. One is too large to be taken at all, and does not count.
void add_abandoned_commands(Choices& choices, sim::Scenario& scenario) {
  constexpr Instant commands = 40;
  constexpr std::size_t too_large = 7'000;  // for an impatient one
  const std::uint32_t client = any_client(choices, scenario, "abandoned.client");
  sim::ClientSetup& setup = scenario.clients[client];
  if (!may_set(scenario) || setup.max_idle < sim::second) {
    return;
  }
  setup.habits.emplace_back("impatient");
  setup.command_timeout = 200 * millisecond;
  sim::Fault hold{.kind = FaultKind::hold_to_client, .target = client};
  hold.at = early(choices, scenario, "abandoned.at");
  hold.duration = setup.max_idle / 10 * 9;
  add_fault(scenario, hold);
  add_operation(scenario, hold.at, client_at(client), {"SET", "s-large", std::string(too_large, '.')});
  for (Instant number = 0; number < commands; ++number) {
    add_operation(scenario, hold.at + hold.duration / commands * number, client_at(client),
                  {"GET", "s{abandoned}" + std::to_string(number)});
  }
}

}  // namespace

void add_moment_stories(Choices& choices, sim::Scenario& scenario, const CacheFeatures& features) {
  if (choices.below("story.doubts", 32) == 0) {
    add_doubts(choices, scenario, features);
  }
  if (features.several_keys && !scenario.cluster && choices.below("story.half", 32) == 0) {
    add_half_of_an_mget(choices, scenario);
  }
  if (!scenario.cluster && choices.below("story.question", 16) == 0) {
    add_other_question(choices, scenario);
  }
  if (choices.below("story.taking", 16) == 0) {
    add_own_taking(choices, scenario);
  }
  if (!scenario.cluster && choices.below("story.end", 16) == 0) {
    add_silent_end(choices, scenario, features);
  }
  if (!scenario.cluster && choices.below("story.script", 12) == 0) {
    add_script_beside(choices, scenario, features);
  }
  if (!scenario.cluster && choices.below("story.barrier", 32) == 0) {
    add_refused_barrier(choices, scenario);
  }
  if (!scenario.cluster && choices.below("story.names", 64) == 0) {
    add_many_names(choices, scenario);
  }
  if (!scenario.cluster && choices.below("story.streams", 24) == 0) {
    add_two_streams(choices, scenario, features);
  }
  if (!scenario.cluster && choices.below("story.older", 24) == 0) {
    add_older_answer(choices, scenario, features);
  }
  if (choices.below("story.own_write", 6) == 0) {
    add_own_write(choices, scenario);
  }
  if (!scenario.cluster && choices.below("story.large", 64) == 0) {
    add_large_replies(choices, scenario, features);
  }
  if (choices.below("story.abandoned", 64) == 0) {
    add_abandoned_commands(choices, scenario);
  }
}

}  // namespace trackside::testing

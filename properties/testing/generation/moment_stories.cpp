#include "properties/testing/generation/moment_stories.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "properties/testing/generation/stories.hpp"
#include "properties/testing/generation/workload.hpp"

namespace trackside::testing {
namespace {

using sim::FaultKind;
using sim::Instant;
using sim::millisecond;

/// As soon as the client's last operation here has ended.
void add_next(sim::Scenario& scenario, std::vector<std::string> words) {
  const sim::Operation last = scenario.operations.back();
  add_operation(scenario, last.at, last.actor, std::move(words));
  scenario.operations.back().after = last.id;
}

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
  sim::Fault delay{.kind = FaultKind::delay, .target = client, .argument = static_cast<std::uint64_t>(late)};
  delay.at = early(choices, scenario, "taking.at");
  delay.duration = scenario.faults_end - delay.at;
  delay.scope = scenario.clients[client].delivery == sim::Delivery::redirect ? sim::FaultScope::invalidations
                                                                               : sim::FaultScope::all;
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
}

}  // namespace trackside::testing

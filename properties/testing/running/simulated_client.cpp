#include "properties/testing/running/simulated_client.hpp"

#include <algorithm>
#include <array>

#include "properties/testing/judging/operation_kind.hpp"
#include "properties/testing/judging/terms.hpp"
#include "properties/testing/running/typed_reading.hpp"
#include "sim/kernel/hash.hpp"
#include "sim/layout.hpp"
#include "sim/operation_words.hpp"
#include "sim/scenario_client.hpp"

namespace trackside::testing {
namespace {

std::vector<Command> transaction_of(const std::vector<std::string>& words) {
  std::vector<Command> commands;
  for (const auto command : sim::commands_in(words)) {
    commands.push_back(command_of(command));
  }
  return commands;
}

static_assert(static_cast<int>(ReadFrom::nearest) == static_cast<int>(sim::ReadFrom::nearest));

/// Others that lead to the same, and one that leads nowhere.
std::vector<Endpoint> more_endpoints_of(const sim::Scenario& scenario) {
  // Of few sentinels one that is not there may be the one without which there is no majority.
  constexpr std::uint32_t enough_without_one = 4;
  std::vector<Endpoint> endpoints;
  if (!scenario.sentinels || scenario.sentinels->sentinels >= enough_without_one) {
    endpoints.push_back({.host = "10.9.9.9", .port = 1});
  }
  const std::uint32_t first = scenario.sentinels ? scenario.sentinels->data_nodes() : 0;
  for (std::uint32_t node = first; node < scenario.nodes(); ++node) {
    endpoints.push_back(sim::World::endpoint_of(node));
  }
  return endpoints;
}

void add_habits(const sim::Scenario& scenario, const sim::ClientSetup& setup, ClientOptions& options) {
  const auto has = [&](std::string_view habit) { return sim::has_habit(setup, habit); };
  if (has("named")) {
    options.client_name = "reader";
  }
  if (has("user")) {
    options.username = "default";
  }
  if (has("impatient")) {
    options.max_in_flight = 16;  // more than is asked at the end
    options.max_pending_bytes = 6'000;
  }
  if (has("short_reads")) {
    options.reply_limits.max_bytes = 6'000;
  }
  if (has("seeds") || has("one_seed")) {
    options.more_endpoints = more_endpoints_of(scenario);
    if (has("one_seed") && options.topology != Topology::sentinel) {
      options.more_endpoints.resize(1);
    }
    if (options.topology == Topology::node) {
      options.topology = Topology::detect;
    }
    if (options.topology != Topology::sentinel) {
      std::swap(options.endpoint, options.more_endpoints.front());
    }
  }
  if (has("resp2_in_band")) {
    options.protocol = Protocol::resp2;
  }
  if (has("wrong_password")) {
    options.username = "nobody";
    options.password = "wrong";
  }
  if (has("no_such_database")) {
    options.database = 99;
  }
  if (has("no_connections")) {
    options.data_connections = 0;
  }
}

ClientOptions client_options(const sim::Scenario& scenario, std::uint32_t index) {
  ClientOptions options;
  options.endpoint = sim::World::endpoint();
  options.topology = Topology::node;
  if (scenario.cluster) {
    options.topology = Topology::cluster;
    options.endpoint = sim::World::endpoint_of(0);
    options.read_from = static_cast<ReadFrom>(scenario.clients[index].read_from);
  }
  if (scenario.sentinels) {
    options.topology = Topology::sentinel;
    options.endpoint = sim::World::endpoint_of(scenario.sentinels->data_nodes());
    options.service = sim::sentinel_service;
    options.sentinel_password = scenario.server.password;
  }
  if (index % 2 == 1) {
    options.topology = Topology::detect;  // and one that is told, and one that is not, may share their memory
  }
  options.password = scenario.server.password;
  options.database = static_cast<decltype(options.database)>(scenario.server.database);
  const sim::ClientSetup& setup = scenario.clients[index];
  options.command_timeout = Duration{setup.command_timeout};
  options.protocol = setup.protocol == sim::Dialect::resp2 ? Protocol::resp2 : Protocol::resp3;
  options.data_connections = setup.data_connections;
  add_habits(scenario, setup, options);
  return options;
}

bool is_reply_of_server(const Outcome& outcome) {
  return outcome.source == Source::server && !outcome.error && !outcome.reply.is_error();
}

bool has_one_link(const sim::Scenario& scenario, std::uint32_t client) {
  return !scenario.has_successors() && scenario.clients[client].delivery == sim::Delivery::in_band;
}

}  // namespace

std::string label_of(std::uint32_t operation) {
  return operation == 0 ? "final check" : "op " + std::to_string(operation);
}

SimulatedClient::SimulatedClient(const Parts& parts, std::shared_ptr<AbstractCache> cache, std::uint32_t index,
                                 Task ended)
    : world_(parts.world),
      ended_(ended),
      host_(parts.world.client(index)),
      recorder_(parts.recorder),
      timeline_(parts.timeline),
      figures_(parts.figures),
      store_owner_(parts.scenario.clients[store_owner_of(parts.scenario, index)]),
      hooks_(parts.hooks),
      options_(client_options(parts.scenario, index)),
      nodes_(parts.scenario.has_successors() ? parts.scenario.nodes() : 1),
      is_cached_(!sim::has_habit(parts.scenario.clients[index], "no_cache")),
      is_verified_(parts.scenario.subject == "verified"),
      is_clustered_(parts.scenario.cluster.has_value()),
      may_fields_expire_(is_verified_ && parts.scenario.server.version.starts_with("7.4")),
      cache_(std::make_shared<ObservedCache>(
          std::move(cache),
          ObservedCache::WatchedBy{parts.recorder, parts.world, parts.timeline, index,
                                   store_owner_of(parts.scenario, index), has_one_link(parts.scenario, index)})),
      core_(host_, options_, is_cached_ ? cache_ : nullptr) {
  if (is_verified_) {
    misuse_ = use(*cache_, std::array<std::string, 3>{"CACHE", "GET", "early"});
  }
  core_.start();
  const sim::ClientSetup& setup = parts.scenario.clients[index];
  const bool may_read = setup.delivery == sim::Delivery::redirect && !parts.scenario.has_successors();
  if (may_read && sim::has_habit(setup, "program") && !sim::is_refused(setup)) {
    ClientOptions options = options_;
    options.endpoint = sim::World::endpoint();
    reader_ = std::make_unique<CompanionReader>(host_, options, cache_);
  }
}

void SimulatedClient::perform(const sim::Operation& operation, bool settled) {
  if (operation.words.front() == "CANCEL") {
    cancel(operation);
    return;
  }
  if (operation.words.front() == "CACHE") {
    use_cache(operation);
    return;
  }
  const std::uint32_t record = recorder_.invoke(operation, host_.index(), world_.now(), settled);
  if (timeline_ != nullptr) {
    timeline_->invoked(record);
  }
  submit(operation, record);
}

void SimulatedClient::cancel(const sim::Operation& operation) {
  if (world_.trace().on()) {
    world_.trace().add(world_.now(), name(), "cancels op " + operation.words.back());
  }
  if (timeline_ != nullptr) {
    timeline_->note(world_.now(), host_.index(), "cancels op " + operation.words.back());
  }
  for (const Call& call : under_way_) {
    if (std::to_string(call.number) == operation.words.back()) {
      core_.cancel(call.id);
      break;
    }
  }
  ended_.function(ended_.context, operation.id);
}

void SimulatedClient::submit(const sim::Operation& operation, std::uint32_t record) {
  under_way_.push_back({record, operation.id, OperationId::none, operation.words});
  Call& call = under_way_.back();  // until it is answered, which is never from inside of what follows but from a hit
  const Completion completion{&SimulatedClient::on_completion, this, record};
  if (sim::is_transaction(operation.words)) {
    tell_sending(operation);
    ++commands_.submitted;
    call.id = core_.submit_transaction(transaction_of(operation.words), completion);
    return;
  }
  Command command = command_of(operation.words);
  const model::Operation& recorded = recorder_.history().operations[record];
  call.is_mget = recorded.kind == model::OperationKind::read && recorded.group != model::nobody;
  if (call.is_mget) {
    call.is_alone = !has_mget_failed_;
    for (Call& other : under_way_) {
      if (other.is_mget && &other != &call) call.is_alone = other.is_alone = false;
    }
    call.mixed_before = core_.metrics().mget.mixed;
  }
  if (core_.cached(command, reply_)) {
    answer(record, {.reply = reply_, .source = Source::cache});
    return;
  }
  tell_sending(operation);
  ++commands_.submitted;
  call.id = core_.submit(std::move(command), completion, &reply_);
}

std::uint32_t SimulatedClient::leftovers() const {
  const Metrics metrics = core_.metrics();
  return static_cast<std::uint32_t>(metrics.commands_in_flight + metrics.exchanges_outstanding + metrics.fills_open);
}

void SimulatedClient::on_completion(void* self, std::uint64_t record, const Outcome& outcome) {
  static_cast<SimulatedClient*>(self)->answer(static_cast<std::uint32_t>(record), outcome);
}

void SimulatedClient::answer(std::uint32_t record, const Outcome& outcome) {
  record_answer(record, outcome);
  // Last, since it may go on with the next command from inside this completion, as applications do.
  const std::uint32_t id = recorder_.history().operations[record].id;
  std::erase_if(under_way_, [record](const Call& call) { return call.record == record; });
  if (id != 0) {
    ended_.function(ended_.context, id);
  }
}

void SimulatedClient::record_answer(std::uint32_t record, const Outcome& outcome) {
  Recorder::Answer answer{.ending = model::Ending::failed,
                          .source = model::Source::server,
                          .frame = {},
                          .healthy = true,
                          .link_alive = true};
  if (!outcome.error) {
    answer.ending = outcome.reply.is_error() ? model::Ending::error_reply : model::Ending::reply;
    answer.frame = outcome.reply.frame();
  }
  const Call* const call = find_call(record);
  answer.misreading = read_as_programs_do(record, call, outcome);
  if (misuse_.empty()) misuse_ = wrong_about(record, call, outcome);
  switch (outcome.source) {
    case Source::server: break;
    case Source::joined: answer.source = model::Source::joined; break;
    case Source::cache:
      answer.source = model::Source::cache;
      answer.healthy = cache_->healthy_before_get();
      answer.link_alive = host_.open_connections() > 0;
      break;
    case Source::mixed: answer.source = model::Source::mixed; break;
  }
  world_.note(sim::fold(sim::fold(record, static_cast<std::uint64_t>(outcome.error.value())),
                        sim::fold(static_cast<std::uint64_t>(outcome.source), sim::hash_bytes(answer.frame))));
  recorder_.complete(record, world_.now(), answer);
  tell_answer(record, outcome);
}

SimulatedClient::Call* SimulatedClient::find_call(std::uint32_t record) {
  const auto at = std::find_if(under_way_.begin(), under_way_.end(),
                               [&](const Call& each) { return each.record == record; });
  return at == under_way_.end() ? nullptr : &*at;
}

/// A program looks at its answers: here at one in four, and at one in 32 in every way there is, as a run's time is
/// mostly spent on whatever is done with every answer.
std::string SimulatedClient::read_as_programs_do(std::uint32_t record, const Call* call, const Outcome& outcome) {
  if (outcome.error) {
    ++commands_.failed;
    return contradiction_of(outcome.error);
  }
  if (record % 4 != 0) return "";
  const ReadBy read_by = record % 32 == 0 ? ReadBy::every_type : ReadBy::own_type;
  return call == nullptr ? "" : misreading(call->words, outcome.reply, options_.protocol, read_by);
}

/// What the client's options, metrics or health say otherwise. In a cluster a reply may be put together of several.
std::string SimulatedClient::wrong_about(std::uint32_t record, const Call* call, const Outcome& outcome) {
  constexpr std::size_t few_commands = 100;
  if (outcome.error == Errc::command_timeout && options_.max_in_flight < few_commands &&
      core_.metrics().exchanges_outstanding > options_.max_in_flight * nodes_) {
    return "more commands are under way than are allowed";
  }
  if (outcome.source == Source::server && !is_clustered_ &&
      outcome.reply.frame().size() > options_.reply_limits.max_bytes) {
    return "a reply is larger than allowed";
  }
  const bool is_read = recorder_.history().operations[record].kind == model::OperationKind::read;
  // An error may have come long ago, and be told when no other answer is to be had.
  const bool is_linked = is_read && is_reply_of_server(outcome);
  if (is_linked && is_verified_ && !is_clustered_ && record % 4 == 0 && cache_->healthy() && !core_.healthy()) {
    return "commands are answered and the cache is healthy, and the client says that it is not";
  }
  if (call == nullptr) return "";
  const bool is_of_hash = call->words.front().starts_with('H') || call->words.front().starts_with('h');
  if (may_fields_expire_ && is_of_hash && outcome.source == Source::cache) {
    return "a hash's reply was kept, though its fields may expire by themselves";
  }
  return call->is_mget ? wrong_about_mget(*call, outcome) : "";
}

std::string SimulatedClient::wrong_about_mget(const Call& call, const Outcome& outcome) {
  has_mget_failed_ = has_mget_failed_ || outcome.error;
  return call.is_alone && is_reply_of_server(outcome) && core_.metrics().mget.mixed != call.mixed_before
             ? "an MGET is the server's, and a part of it was also the cache's"
             : "";
}

void SimulatedClient::tell_sending(const sim::Operation& operation) {
  if (!world_.trace().on()) {
    return;
  }
  std::string text = "sends";
  for (const std::string& word : operation.words) {
    text += ' ' + word;
  }
  world_.trace().add(world_.now(), name(), text + "   (" + label_of(operation.id) + ")");
}

std::string SimulatedClient::answer_text(const Outcome& outcome) {
  std::string text = outcome.error ? "failed: " + outcome.error.message() : "got " + to_text(outcome.reply, 60);
  text += outcome.source == Source::cache ? "   from its cache" : "";
  text += outcome.source == Source::mixed ? "   partly from its cache" : "";
  text += outcome.source == Source::joined ? "   by joining a fetch" : "";
  return text;
}

void SimulatedClient::tell_answer(std::uint32_t record, const Outcome& outcome) {
  if (timeline_ != nullptr) {
    timeline_->answered(record, answer_text(outcome));
  }
  if (!world_.trace().on()) {
    return;
  }
  const model::Operation& operation = recorder_.history().operations[record];
  std::string text = label_of(operation.id);
  if (operation.kind == model::OperationKind::read) {
    text += ' ' + recorder_.question_text(record);
  }
  world_.trace().add(world_.now(), name(), text + ' ' + answer_text(outcome));
}

}  // namespace trackside::testing

#include "properties/testing/timeline/timeline_builder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "model/reading.hpp"
#include "model/text.hpp"
#include "properties/testing/running/simulated_client.hpp"
#include "properties/testing/timeline/short_text.hpp"
#include "properties/testing/timeline/timeline_breach.hpp"
#include "sim/redis/server.hpp"
#include "sim/scenario_fault.hpp"

namespace trackside::testing {
namespace {

using Keys = std::map<std::string, Timeline::KeyIndex, std::less<>>;

std::string setup_text(const sim::ClientSetup& setup) {
  std::string text = "max_idle " + model::seconds(setup.max_idle);
  switch (setup.selection) {
    case sim::Selection::all: break;
    case sim::Selection::opt_in: text += ", opt_in"; break;
    case sim::Selection::opt_out: text += ", opt_out"; break;
    case sim::Selection::broadcast: text += fmt::format(", broadcast {}", short_words(setup.prefixes)); break;
  }
  text += setup.delivery == sim::Delivery::redirect ? ", redirect" : "";
  text += setup.protocol == sim::Dialect::resp2 ? ", resp2" : "";
  text += setup.read_from != sim::ReadFrom::primary ? ", reads replicas" : "";
  text += setup.max_ttl > 0 ? ", max_ttl " + model::seconds(setup.max_ttl) : "";
  return text + (setup.shares ? fmt::format(", the store of client{}", *setup.shares) : "");
}

std::string node_text(const sim::Scenario& scenario, std::uint32_t node) {
  if (scenario.cluster) {
    const sim::ClusterSetup& cluster = *scenario.cluster;
    return node >= cluster.members()     ? "spare"
           : node >= cluster.primaries ? fmt::format("replica of node {}", node % cluster.primaries)
                                         : "primary";
  }
  if (scenario.sentinels) {
    return node == 0 ? "primary" : node < scenario.sentinels->data_nodes() ? "replica" : "sentinel";
  }
  return "server";
}

class Builder {
 public:
  explicit Builder(const TimelineSources& sources)
      : from_(sources), scenario_(sources.scenario), history_(sources.recorder.history()) {}

  Timeline build() {
    timeline_.subject = scenario_.subject;
    timeline_.seed = scenario_.seed;
    timeline_.faults_stopped = scenario_.faults_end;
    timeline_.until = from_.until;
    add_lanes();
    add_keys();
    add_faults();
    add_operations();
    add_writers_operations();
    add_messages();
    add_notes();
    add_entries();
    if (from_.violation) {
      timeline_.breach = explain_breach(timeline_, *from_.violation, who_broke(*from_.violation));
    }
    return std::move(timeline_);
  }

 private:
  WhoBroke who_broke(const model::Violation& violation) const {
    if (violation.operation != model::nobody) {
      const std::uint32_t operation = operation_of_[violation.operation];
      return {operation, timeline_.operations[operation].lane};
    }
    if (violation.event < history_.events.size()) {
      const model::Event& event = history_.events[violation.event];
      switch (event.kind) {
        case model::Event::Kind::put: return {Timeline::none, history_.puts[event.index].client};
        case model::Event::Kind::hit: return {Timeline::none, history_.hits[event.index].client};
        case model::Event::Kind::confidence: return {Timeline::none, history_.confidences[event.index].client};
        case model::Event::Kind::version:
        case model::Event::Kind::invoke:
        case model::Event::Kind::complete: break;
      }
    }
    return {};
  }

  std::uint32_t clients() const { return static_cast<std::uint32_t>(scenario_.clients.size()); }
  std::uint32_t hosts() const { return clients() + scenario_.writers; }

  void add_lanes() {
    for (std::uint32_t client = 0; client < clients(); ++client) {
      timeline_.lanes.push_back(
          {Timeline::Lane::Kind::client, fmt::format("client{}", client), setup_text(scenario_.clients[client])});
    }
    for (std::uint32_t writer = 0; writer < scenario_.writers; ++writer) {
      timeline_.lanes.push_back({Timeline::Lane::Kind::writer, fmt::format("writer {}", writer), "no cache"});
    }
    for (std::uint32_t node = 0; node < scenario_.nodes(); ++node) {
      timeline_.lanes.push_back({Timeline::Lane::Kind::node, fmt::format("node {}", node), node_text(scenario_, node)});
    }
  }

  void add_keys() {
    for (model::KeyIndex key = 0; key < history_.keys.size(); ++key) {
      keys_.emplace(from_.recorder.key_name(key), key);
      timeline_.keys.push_back(short_word(from_.recorder.key_name(key)));
    }
  }

  template <class Words>
  std::vector<Timeline::KeyIndex> keys_in(const Words& words) const {
    std::vector<Timeline::KeyIndex> found;
    for (const auto& word : words) {
      const auto at = keys_.find(word);
      if (at != keys_.end() && std::find(found.begin(), found.end(), at->second) == found.end()) {
        found.push_back(at->second);
      }
    }
    return found;
  }

  void add_faults() {
    for (const sim::Fault& fault : scenario_.faults) {
      std::string text;
      sim::print_fault(fault, text);
      while (text.ends_with('\n')) {
        text.pop_back();
      }
      timeline_.faults.push_back({.text = cut(std::move(text), 120),
                                  .from = fault.at,
                                  .until = std::min(fault.at + fault.duration, scenario_.faults_end),
                                  .lanes = lanes_of(fault)});
    }
  }

  std::vector<Timeline::LaneIndex> lanes_of(const sim::Fault& fault) const {
    std::vector<Timeline::LaneIndex> lanes;
    const bool strikes_client = sim::is_client_fault(fault.kind) || sim::is_connection_fault(fault.kind);
    if (strikes_client) {
      lanes.push_back(fault.target);
    }
    if (fault.node || (!strikes_client && fault.nodes.empty() && fault.kind != sim::FaultKind::migrate_slot)) {
      lanes.push_back(hosts() + fault.node.value_or(0));
    }
    if (fault.kind == sim::FaultKind::migrate_slot) {
      lanes.push_back(hosts() + fault.move.to);
    }
    for (const std::uint32_t node : fault.nodes) {
      lanes.push_back(hosts() + node);
    }
    std::erase_if(lanes, [&](Timeline::LaneIndex lane) { return lane >= timeline_.lanes.size(); });
    return lanes;
  }

  const sim::Operation* scenarios_operation(std::uint32_t id) const {
    const auto found = std::find_if(scenario_.operations.begin(), scenario_.operations.end(),
                                    [id](const sim::Operation& operation) { return operation.id == id; });
    return id == 0 || found == scenario_.operations.end() ? nullptr : &*found;
  }

  void add_operations() {
    operation_of_.assign(history_.operations.size(), Timeline::none);
    std::vector<Told::Answer> answers(history_.operations.size(), Told::Answer{});
    for (const Told::Answer& told : from_.told.answers) {
      Told::Answer& answer = answers[told.operation];
      answer.text = told.text;
      answer.from_order = std::max(answer.from_order, told.from_order);
      answer.until_order = std::max(answer.until_order, told.until_order);
    }
    for (std::uint32_t index = 0; index < history_.operations.size(); ++index) {
      const model::Operation& operation = history_.operations[index];
      if (model::is_continuation(history_, index)) {
        operation_of_[index] = operation_of_[operation.group];
        continue;
      }
      operation_of_[index] = static_cast<std::uint32_t>(timeline_.operations.size());
      const sim::Operation* written = scenarios_operation(operation.id);
      Timeline::Operation shown{.lane = operation.client,
                                .id = operation.id,
                                .from = operation.invoked,
                                .until = operation.completed,
                                .from_order = answers[index].from_order,
                                .until_order = answers[index].until_order,
                                .answer = answers[index].text,
                                .source = source_of(operation.source)};
      if (written != nullptr) {
        shown.question = short_words(written->words);
        shown.keys = keys_in(written->words);
      } else if (operation.kind == model::OperationKind::read) {
        shown.question = cut(from_.recorder.question_text(index), 120);
        shown.keys = {operation.key};
      }
      timeline_.operations.push_back(std::move(shown));
      words_.push_back(written != nullptr ? written->words : std::vector<std::string>{});
    }
  }

  static Timeline::Operation::Source source_of(model::Source source) {
    switch (source) {
      case model::Source::server: break;
      case model::Source::joined: return Timeline::Operation::Source::joined;
      case model::Source::cache: return Timeline::Operation::Source::cache;
      case model::Source::mixed: return Timeline::Operation::Source::mixed;
    }
    return Timeline::Operation::Source::server;
  }

  /// They begin when the scenario says so. What ends them is found with their messages.
  void add_writers_operations() {
    for (const sim::Operation& operation : scenario_.operations) {
      if (operation.actor.kind == sim::ActorKind::writer) {
        timeline_.operations.push_back({.lane = clients() + operation.actor.index,
                                        .id = operation.id,
                                        .from = operation.at,
                                        .question = short_words(operation.words),
                                        .answer = "no answer",
                                        .keys = keys_in(operation.words)});
        words_.push_back(operation.words);
      }
    }
  }

  void add_messages() {
    for (MessageLog::Decoded& each : from_.told.messages.decode(hosts(), keys_)) {
      Timeline::Message& message = each.message;
      if (message.kind == Timeline::Message::Kind::command) {
        message.operation = operation_behind(message, each.commands);
      } else if (message.answers != Timeline::none) {
        message.operation = timeline_.messages[message.answers].operation;
        note_writers_answer(message);
      }
      timeline_.messages.push_back(std::move(message));
    }
  }

  void note_writers_answer(const Timeline::Message& message) {
    if (message.operation == Timeline::none || message.to < clients() || message.arrived == sim::end_of_time) {
      return;
    }
    Timeline::Operation& operation = timeline_.operations[message.operation];
    operation.until = message.arrived;
    operation.until_order = message.arrived_order;
    const std::size_t before = message.text.rfind("  |  ");  // ASKING is answered, too
    operation.answer = "got " + (before == std::string::npos ? message.text : message.text.substr(before + 5));
  }

  /// The earliest operation under way whose words are in one of the commands, and that sent nothing yet; else the
  /// latest one: what is sent again looks like the first time.
  std::uint32_t operation_behind(const Timeline::Message& message,
                                 const std::vector<std::vector<std::string>>& commands) {
    std::uint32_t latest = Timeline::none;
    sent_.resize(timeline_.operations.size());
    for (std::uint32_t index = 0; index < timeline_.operations.size(); ++index) {
      const Timeline::Operation& operation = timeline_.operations[index];
      const bool under_way = operation.from <= message.sent && message.sent <= operation.until;
      const bool is_writers = message.from >= clients();
      if (operation.lane != message.from || !(under_way || (is_writers && operation.from <= message.sent)) ||
          !says(commands, words_[index])) {
        continue;
      }
      latest = index;
      if (!sent_[index]) {
        break;
      }
    }
    if (latest != Timeline::none) {
      sent_[latest] = true;
    }
    return latest;
  }

  static bool says(const std::vector<std::vector<std::string>>& commands, const std::vector<std::string>& words) {
    return std::any_of(commands.begin(), commands.end(), [&](const std::vector<std::string>& command) {
      return command.size() > 1 && std::all_of(command.begin(), command.end(), [&](const std::string& word) {
        return std::find(words.begin(), words.end(), word) != words.end();
      });
    });
  }

  void add_notes() {
    for (const Told::Note& told : from_.told.notes) {
      timeline_.notes.push_back(told.note);
      timeline_.notes.back().keys = keys_in(told.keys);
    }
  }

  void add_entries() {
    for (const EntryLog::Entry& kept : from_.told.entries.entries()) {
      const auto key = keys_.find(kept.key);
      if (key == keys_.end()) {
        continue;
      }
      Timeline::Entry entry{.lane = kept.client,
                            .key = key->second,
                            .question = short_words(kept.words),
                            .value = to_text(ReplyView{kept.value}, value_text_max),
                            .from = kept.from,
                            .until = kept.ended_by.empty() ? from_.until : kept.until,
                            .order = kept.order,
                            .ended_by = kept.ended_by,
                            .outlived = kept.outlived,
                            .tolerance = history_.clients[kept.client].staleness_max};
      entry.stale = stale_stretches(from_, kept, entry.until);
      for (const EntryLog::Hit& hit : kept.hits) {
        add_served(hit, entry);
      }
      timeline_.entries.push_back(std::move(entry));
    }
  }

  void add_served(const EntryLog::Hit& hit, Timeline::Entry& entry) const {
    for (std::uint32_t index = 0; index < timeline_.operations.size(); ++index) {
      const Timeline::Operation& operation = timeline_.operations[index];
      const bool serves = operation.lane == hit.client && operation.from <= hit.at && hit.at <= operation.until &&
                          operation.source != Timeline::Operation::Source::server &&
                          std::find(operation.keys.begin(), operation.keys.end(), entry.key) != operation.keys.end();
      if (serves && (entry.served.empty() || entry.served.back() != index)) {
        entry.served.push_back(index);
      }
    }
  }

  const TimelineSources& from_;
  const sim::Scenario& scenario_;
  const model::History& history_;
  Timeline timeline_;
  Keys keys_;
  std::vector<std::uint32_t> operation_of_;     // by the recorder's operation
  std::vector<std::vector<std::string>> words_;  // by the timeline's operation; empty where the scenario has none
  std::vector<bool> sent_;                       // likewise: whether a message of it was found
};

}  // namespace

Timeline build_timeline(const TimelineSources& sources) { return Builder{sources}.build(); }

std::vector<Timeline::Stretch> stale_stretches(const TimelineSources& sources, const EntryLog::Entry& entry,
                                               sim::Instant until) {
  const model::History& history = sources.recorder.history();
  const sim::Dialect dialect = sources.scenario.clients[entry.client].protocol;
  const model::KeyIndex key = sources.recorder.find_key(entry.key).value();
  model::Operation reader;  // the entry's client, asking for the entry's key
  reader.client = entry.client;
  reader.key = key;
  const auto moments = model::timeline_of(history, reader).moments({0, until}, [&](std::uint32_t state) {
    return sources.recorder.answer(entry.words, key, state, dialect) == entry.value;
  });
  std::vector<Timeline::Stretch> stale;
  const auto add = [&](sim::Instant from, sim::Instant to) {
    if (to > from && (to > entry.from || (to == until && until == entry.from))) {
      stale.push_back({from, to});
    }
  };
  sim::Instant covered = entry.from;  // never current before: made up from the beginning
  if (!moments.empty()) {
    covered = moments.front().last;
    add(entry.from, std::min(moments.front().first, until));
  }
  for (const model::Window& moment : moments) {
    add(covered, moment.first);
    covered = std::max(covered, moment.last);
  }
  add(covered, until);
  return stale;
}

}  // namespace trackside::testing

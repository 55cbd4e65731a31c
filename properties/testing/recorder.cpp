#include "properties/testing/recorder.hpp"

#include <algorithm>

#include "client/command_info.hpp"
#include "sim/instant.hpp"

namespace trackside::testing {
namespace {

Command to_command(const std::vector<std::string>& words) {
  Command command;
  for (const std::string& word : words) {
    command.add(word);
  }
  return command;
}

bool is_transaction(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == ";") {
      return true;
    }
  }
  return false;
}

}  // namespace

model::KeyIndex Recorder::key_of(std::string_view name) {
  const auto [at, added] = keys_.try_emplace(std::string{name}, static_cast<model::KeyIndex>(key_names_.size()));
  if (added) {
    key_names_.emplace_back(name);
    key_expiries_.push_back(-1);
    history_.keys.emplace_back(1);
  }
  return at->second;
}

model::QueryIndex Recorder::query_of(const std::vector<std::string>& words) {
  std::string identity;
  for (const std::string& word : words) {
    identity += std::to_string(word.size()) + ':' + word;
  }
  const auto [at, added] =
      query_indices_.try_emplace(std::move(identity), static_cast<model::QueryIndex>(queries_.size()));
  if (added) {
    queries_.push_back({words, key_of(words[1])});
  }
  return at->second;
}

std::string Recorder::query_text(model::QueryIndex query) const {
  std::string text;
  for (const std::string& word : queries_[query].words) {
    text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

std::uint32_t Recorder::state_of(const sim::redis::ValuePointer& value) {
  if (value == nullptr) {
    return 0;
  }
  if (states_.back() != value) {
    states_.push_back(value);
  }
  return static_cast<std::uint32_t>(states_.size() - 1);
}

model::Instant Recorder::instant_of(std::int64_t expires_at) const {
  if (expires_at < 0) {
    return model::end_of_time;
  }
  // Readable while the clock, in whole milliseconds, shows at most `expires_at`.
  return (expires_at - clock_offset_ - sim::epoch_milliseconds + 1) * sim::millisecond - 1;
}

void Recorder::add_version(model::KeyIndex key, const model::Version& version, sim::Instant at) {
  auto& versions = history_.keys[key];
  versions.push_back(version);
  history_.events.push_back({.kind = model::Event::Kind::version,
                             .at = at,
                             .index = key,
                             .version = static_cast<std::uint32_t>(versions.size() - 1)});
}

void Recorder::on_change(const Change& change) {
  if (change.database != 0) {
    return;  // no cached client looks there
  }
  const model::KeyIndex key = key_of(change.key);
  model::Version version{.from = change.at,
                         .expires_at = instant_of(change.value == nullptr ? -1 : change.expires_at),
                         .by = model::nobody,
                         .state = state_of(change.value)};
  key_expiries_[key] = change.value == nullptr ? -1 : change.expires_at;
  if (change.by != sim::redis::SessionId::none) {
    version.by = owner_(owner_context_, change.by);
  }
  if (version.by != model::nobody && change.cause != 0) {
    const std::uint32_t operation = operation_behind(version.by, change.cause);
    if (operation != model::nobody) {
      version.cause = operation + 1;
      history_.operations[operation].writes.push_back(key);
    }
  }
  add_version(key, version, change.at);
}

void Recorder::clock_stepped(sim::Instant now, std::int64_t milliseconds) {
  clock_offset_ += milliseconds;
  for (model::KeyIndex key = 0; key < key_names_.size(); ++key) {
    if (key_expiries_[key] >= 0) {
      model::Version version = history_.keys[key].back();
      version.from = now;
      version.by = model::nobody;
      version.cause = 0;
      version.expires_at = instant_of(key_expiries_[key]);
      add_version(key, version, now);
    }
  }
}

/// The operation of this client whose command has these bytes: the earliest that made no version yet, else the latest.
std::uint32_t Recorder::operation_behind(model::ClientIndex client, std::uint64_t bytes) {
  std::uint32_t latest = model::nobody;
  for (Cause& cause : causes_[client]) {
    if (cause.bytes != bytes) {
      continue;
    }
    latest = cause.operation;
    if (!cause.used && history_.operations[cause.operation].ending != model::Ending::reply) {
      cause.used = true;
      return latest;
    }
  }
  return latest;
}

void Recorder::note_causes(const sim::Operation& operation, std::uint32_t index) {
  auto& causes = causes_[history_.operations[index].client];
  std::vector<std::string_view> words;
  const auto note = [&] {
    if (!words.empty()) {
      causes.push_back({sim::redis::hash_of(words), index, false});
      words.clear();
    }
  };
  for (const std::string& word : operation.words) {
    if (word == ";") {
      note();
    } else {
      words.push_back(word);
    }
  }
  note();
}

std::uint32_t Recorder::invoke(const sim::Operation& operation, model::ClientIndex client, sim::Instant now,
                               bool settled) {
  const auto index = static_cast<std::uint32_t>(history_.operations.size());
  model::Operation& record = history_.operations.emplace_back();
  record.client = client;
  record.invoked = now;
  record.id = operation.id;
  record.settled = settled;
  record.kind = model::OperationKind::other;
  if (causes_.size() <= client) {
    causes_.resize(client + 1);
  }
  if (!is_transaction(operation.words)) {
    const auto kind = client::classify(to_command(operation.words)).kind;
    if (kind == client::CommandKind::cacheable) {
      record.kind = model::OperationKind::read;
      record.query = query_of(operation.words);
      record.key = queries_[record.query].key;
    } else if (kind == client::CommandKind::plain || kind == client::CommandKind::cacheable_many) {
      record.kind = model::OperationKind::other;
    } else {
      record.kind = model::OperationKind::write;
    }
  } else {
    record.kind = model::OperationKind::write;
  }
  if (record.kind == model::OperationKind::write) {
    record.cause = index + 1;
    note_causes(operation, index);
    // Values carry the number of their operation, so a command that holds one is like no other; one that holds it
    // twice may write one key twice.
    const auto own = std::count(operation.words.begin(), operation.words.end(), "v" + std::to_string(operation.id));
    record.unique = own == 1 && !is_transaction(operation.words);
  }
  history_.events.push_back({.kind = model::Event::Kind::invoke, .at = now, .index = index, .version = 0});
  return index;
}

void Recorder::complete(std::uint32_t operation, sim::Instant now, const Answer& answer) {
  model::Operation& record = history_.operations[operation];
  ++record.completions;
  if (record.completions > 1) {
    return;  // the second answer is what G8 will see
  }
  record.completed = now;
  record.ending = answer.ending;
  record.source = answer.source;
  record.healthy = answer.healthy;
  record.link_alive = answer.link_alive;
  record.reply.assign(answer.frame);
  history_.events.push_back({.kind = model::Event::Kind::complete, .at = now, .index = operation, .version = 0});
}

void Recorder::record_put(model::ClientIndex client, sim::Instant now, bool kept, bool healthy) {
  const auto index = static_cast<std::uint32_t>(history_.puts.size());
  history_.puts.push_back({.client = client, .at = now, .kept = kept, .healthy = healthy});
  history_.events.push_back({.kind = model::Event::Kind::put, .at = now, .index = index, .version = 0});
}

std::string_view Recorder::reply(model::QueryIndex query, std::uint32_t state) const {
  const auto [at, added] = replies_.try_emplace((std::uint64_t{query} << 32) | state);
  if (added) {
    const Query& of = queries_[query];
    std::vector<std::string_view> words(of.words.begin(), of.words.end());
    at->second = sim::redis::evaluate(states_[state], key_names_[of.key], words);
  }
  return at->second;
}

}  // namespace trackside::testing

#include "properties/testing/judging/recorder.hpp"

#include <algorithm>

#include "properties/testing/judging/operation_kind.hpp"
#include "resp/slot.hpp"
#include "sim/instant.hpp"
#include "sim/operation_words.hpp"
#include "sim/redis/value.hpp"
#include "trackside/reply.hpp"

namespace trackside::testing {
namespace {

/// The reply that each of so many questions about one key would have got: an array of its element alone. What is no
/// array of just so many elements answers none of them, and is kept in a form that no such question is answered in.
std::vector<std::string> replies_in(std::string_view frame, std::size_t count) {
  const ReplyView reply{frame};
  if (reply.type() != ReplyType::array) {
    return std::vector(count, std::string{frame});
  }
  if (reply.size() != count) {
    return std::vector(count, "*1\r\n" + std::string{frame});
  }
  std::vector<std::string> replies;
  for (const ReplyView element : reply) {
    replies.push_back("*1\r\n" + std::string{element.frame()});
  }
  return replies;
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

bool Recorder::are_alike(std::uint32_t one, std::uint32_t other) const {
  return one == other || (one != 0 && other != 0 && *states_[one] == *states_[other]);
}

model::QueryIndex Recorder::query_of(const std::vector<std::string>& words, sim::Dialect dialect) {
  std::string identity = dialect == sim::Dialect::resp2 ? "2 " : "3 ";
  for (const std::string& word : words) {
    identity += std::to_string(word.size()) + ':' + word;
  }
  const auto [at, added] =
      query_indices_.try_emplace(std::move(identity), static_cast<model::QueryIndex>(queries_.size()));
  if (added) {
    queries_.push_back({words, key_of(words[1]), dialect});
  }
  return at->second;
}

std::string Recorder::question_text(std::uint32_t operation) const {
  std::string text;
  for (const std::string& word : queries_[history_.operations[operation].query].words) {
    text += (text.empty() ? "" : " ") + word;
  }
  for (std::uint32_t part = 1; part < parts_of(operation); ++part) {
    text += ' ' + key_names_[history_.operations[operation + part].key];
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

model::Instant Recorder::expiry_of(std::int64_t expires_at, std::int64_t clock_offset) {
  if (expires_at < 0) {
    return model::end_of_time;
  }
  // Readable while the clock, in whole milliseconds, shows at most `expires_at`.
  return (expires_at - clock_offset - sim::epoch_milliseconds + 1) * sim::millisecond - 1;
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
  if (change.database != database_) {
    return;  // no cached client looks there
  }
  const model::KeyIndex key = key_of(change.key);
  key_expiries_[key] = change.value == nullptr ? -1 : change.expires_at;
  const bool is_ours = change.by != sim::redis::SessionId::none;
  add_version(key, version_of(change, is_ours ? owner_(owner_context_, change.by) : model::nobody, clock_offset_),
              change.at);
}

model::Version Recorder::version_of(const Change& change, model::ClientIndex by, std::int64_t clock_offset) {
  const model::KeyIndex key = key_of(change.key);
  model::Version version{.from = change.at,
                         .expires_at = expiry_of(change.value == nullptr ? -1 : change.expires_at, clock_offset),
                         .by = by,
                         .state = state_of(change.value)};
  if (by != model::nobody && change.cause != 0) {
    const std::uint32_t operation = operation_behind(by, change.cause);
    if (operation != model::nobody) {
      version.cause = history_.operations[operation].cause;
      history_.operations[operation].writes.push_back(key);
    }
  }
  return version;
}

void Recorder::clock_stepped(sim::Instant now, std::int64_t milliseconds) {
  clock_offset_ += milliseconds;
  for (model::KeyIndex key = 0; key < key_names_.size(); ++key) {
    if (key_expiries_[key] >= 0) {
      model::Version version = history_.keys[key].back();
      version.from = now;
      version.by = model::nobody;
      version.cause = 0;
      version.expires_at = expiry_of(key_expiries_[key], clock_offset_);
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

/// Operations that say the same have one cause: which of them made a version, nobody can tell.
void Recorder::note_causes(const sim::Operation& operation, std::uint32_t index) {
  auto& causes = causes_[history_.operations[index].client];
  const auto note = [&](std::span<const std::string> command) {
    const std::vector<std::string_view> words(command.begin(), command.end());
    const std::uint64_t bytes = sim::redis::hash_of(words);
    const auto alike = std::find_if(causes.begin(), causes.end(), [&](const Cause& cause) {
      return cause.bytes == bytes && cause.operation != index;
    });
    if (alike != causes.end()) {
      history_.operations[index].cause = history_.operations[alike->operation].cause;
    }
    causes.push_back({bytes, index, false});
  };
  if (splits_) {
    for (const auto& part : parts_of_write(operation.words)) note(part);
  }
  for (const auto& command : sim::commands_in(operation.words)) note(command);
}

std::uint32_t Recorder::add(model::Operation record) {
  const auto index = static_cast<std::uint32_t>(history_.operations.size());
  add_event(model::Event::Kind::invoke, record.invoked, index);
  history_.operations.push_back(std::move(record));
  return index;
}

std::uint32_t Recorder::add_read(model::Operation record, const std::vector<std::string>& words) {
  record.query = query_of(words, dialect_of(record.client));
  record.key = queries_[record.query].key;
  return add(std::move(record));
}

std::uint32_t Recorder::add_reads(model::Operation record, const std::vector<std::string>& words) {
  record.group = static_cast<std::uint32_t>(history_.operations.size());
  const auto slot_of = [&](std::size_t key) { return resp::slot_of(words[key]); };
  bool is_split = false;
  for (std::size_t key = 1; key < words.size(); ++key) {
    is_split = is_split || (splits_ && slot_of(key) != slot_of(1));
  }
  for (std::size_t key = 1; key < words.size(); ++key) {
    record.place = is_split ? 1U + slot_of(key) : 0;
    add_read(record, {"MGET", words[key]});
  }
  return record.group;
}

std::uint32_t Recorder::add_transaction(model::Operation record, const sim::Operation& operation) {
  model::Operation read = record;
  read.kind = model::OperationKind::read;
  const std::uint32_t index = add_write(std::move(record), operation);
  read.group = index;
  history_.operations[index].group = index;
  auto& elements = elements_[index];
  const auto commands = sim::commands_in(operation.words);
  for (std::size_t element = 0; element < commands.size(); ++element) {
    if (is_read_of_one_key(commands[element])) {
      elements.push_back(element);
      add_read(read, {commands[element].begin(), commands[element].end()});
    }
  }
  return index;
}

std::uint32_t Recorder::add_write(model::Operation record, const sim::Operation& operation) {
  // Values carry the number of their operation, so a command that holds one is like no other; one that holds it
  // twice may write one key twice.
  const auto own = std::count(operation.words.begin(), operation.words.end(), "v" + std::to_string(operation.id));
  record.unique = own == 1 && !sim::is_transaction(operation.words);
  record.exact = names_what_it_writes(operation.words);
  const std::uint32_t index = add(std::move(record));
  history_.operations[index].cause = index + 1;
  note_causes(operation, index);
  return index;
}

std::uint32_t Recorder::parts_of(std::uint32_t operation) const {
  const auto& operations = history_.operations;
  const std::uint32_t group = operations[operation].group;
  std::uint32_t end = operation + 1;
  while (group != model::nobody && end < operations.size() && operations[end].group == group) {
    ++end;
  }
  return end - operation;
}

std::uint32_t Recorder::invoke(const sim::Operation& operation, model::ClientIndex client, sim::Instant now,
                               bool settled) {
  if (causes_.size() <= client) {
    causes_.resize(client + 1);
  }
  model::Operation record;
  record.client = client;
  record.invoked = now;
  record.id = operation.id;
  record.settled = settled;
  const Nature nature = nature_of(operation.words);
  record.kind = nature.kind;
  record.patience = nature.patience;
  switch (record.kind) {
    case model::OperationKind::other: return add(std::move(record));
    case model::OperationKind::write:
      return sim::is_transaction(operation.words) ? add_transaction(std::move(record), operation)
                                             : add_write(std::move(record), operation);
    case model::OperationKind::read: break;
  }
  return nature.several_keys ? add_reads(std::move(record), operation.words)
                             : add_read(std::move(record), operation.words);
}

void Recorder::complete(std::uint32_t operation, sim::Instant now, const Answer& answer) {
  if (history_.operations[operation].group == model::nobody) {
    complete_part(operation, now, answer, answer.frame);
    return;
  }
  if (history_.operations[operation].kind == model::OperationKind::write) {
    complete_transaction(operation, now, answer);
    return;
  }
  const std::uint32_t parts = parts_of(operation);
  const bool is_array = answer.ending == model::Ending::reply;
  const auto replies = is_array ? replies_in(answer.frame, parts) : std::vector(parts, std::string{answer.frame});
  for (std::uint32_t part = 0; part < parts; ++part) {
    complete_part(operation + part, now, answer, replies[part]);
  }
}

/// Each element answers its command, if there are as many; else nothing can be said of what the parts were answered.
void Recorder::complete_transaction(std::uint32_t operation, sim::Instant now, const Answer& answer) {
  complete_part(operation, now, answer, answer.frame);
  const ReplyView reply{answer.frame};
  std::uint32_t part = operation;
  for (const std::size_t element : elements_.at(operation)) {
    Answer own = answer;
    std::string_view frame = answer.frame;
    if (answer.ending == model::Ending::reply && reply.type() == ReplyType::array && element < reply.size()) {
      frame = reply[element].frame();
      own.ending = reply[element].is_error() ? model::Ending::error_reply : model::Ending::reply;
    }
    complete_part(++part, now, own, frame);
  }
}

void Recorder::complete_part(std::uint32_t operation, sim::Instant now, const Answer& answer,
                             std::string_view frame) {
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
  record.reply.assign(frame);
  record.misreading = answer.misreading;
  add_event(model::Event::Kind::complete, now, operation);
}

void Recorder::add_client(const model::ClientTerms& terms) {
  history_.clients.push_back(terms);
  history_.ledgers.resize(std::max<std::size_t>(history_.ledgers.size(), terms.store + 1));
  key_ledgers_.resize(history_.ledgers.size());
}

void Recorder::add_event(model::Event::Kind kind, sim::Instant at, std::size_t index) {
  history_.events.push_back({.kind = kind, .at = at, .index = static_cast<std::uint32_t>(index), .version = 0});
}

void Recorder::record_put(const model::PutRecord& put) {
  add_event(model::Event::Kind::put, put.at, history_.puts.size());
  history_.puts.push_back(put);
}

void Recorder::record_get(model::ClientIndex client, sim::Instant now, std::string_view key, bool found,
                          bool healthy) {
  if (!found) {
    ++ledger_of(client).misses;
    ++ledger_of(client, key).misses;
    return;
  }
  ++ledger_of(client).hits;
  ++ledger_of(client, key).hits;
  add_event(model::Event::Kind::hit, now, history_.hits.size());
  history_.hits.push_back({.client = client, .at = now, .healthy = healthy});
}

void Recorder::record_hits(model::ClientIndex client, std::string_view key, std::uint64_t times) {
  ledger_of(client).hits += times;
  ledger_of(client, key).hits += times;
}

void Recorder::record_invalidation(model::ClientIndex client, std::span<const std::string_view> keys) {
  ledger_of(client).invalidations += keys.size();
  for (const std::string_view key : keys) {
    ++ledger_of(client, key).invalidations;
  }
}

void Recorder::record_mismatch(model::ClientIndex client, std::string_view key) {
  ++ledger_of(client).dirty;
  ++ledger_of(client).invalidations;
  ++ledger_of(client, key).dirty;
  ++ledger_of(client, key).invalidations;
}

void Recorder::record_link_lost(model::ClientIndex client, sim::Instant linked_at, sim::Instant now) {
  for (model::Operation& operation : history_.operations) {
    const bool is_under_way = std::max(operation.invoked, linked_at) + time_to_connect() <= now;
    if (operation.client == client && operation.completions == 0 && operation.patience == without_end && is_under_way) {
      operation.patience = now - operation.invoked;
    }
  }
}

void Recorder::record_confidence(const model::ConfidenceRecord& record) {
  add_event(model::Event::Kind::confidence, record.at, history_.confidences.size());
  history_.confidences.push_back(record);
}

std::optional<model::KeyIndex> Recorder::find_key(const std::string& name) const {
  const auto at = keys_.find(name);
  return at == keys_.end() ? std::nullopt : std::optional{at->second};
}

std::string Recorder::answer(std::span<const std::string> words, model::KeyIndex key, std::uint32_t state,
                             sim::Dialect dialect) const {
  const std::vector<std::string_view> arguments(words.begin(), words.end());
  return sim::redis::evaluate(states_[state], key_names_[key], arguments,
                              dialect == sim::Dialect::resp2 ? resp::Protocol::resp2 : resp::Protocol::resp3);
}

std::string_view Recorder::reply(model::QueryIndex query, std::uint32_t state) const {
  const auto [at, added] = replies_.try_emplace((std::uint64_t{query} << 32) | state);
  if (added) {
    const Query& of = queries_[query];
    at->second = answer(of.words, of.key, state, of.dialect);
  }
  return at->second;
}

}  // namespace trackside::testing

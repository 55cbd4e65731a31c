// Writes down what happens in a simulated run, in the model's terms: versions as the server makes them, operations as
// the clients ask and are answered. It is also the oracle: the reply to a query in a state is computed by the
// simulated server's own commands on a snapshot, which differential tests hold against a real server.
//
// Which command of which client made a version is found by the exact bytes of the command. MGET is recorded as one read
// for each of its keys, in a row, with MGET of that key alone as the question and its element alone as the reply.
//
// Of a cluster, `ClusterHistory` (cluster_history.hpp) records what the nodes do, and this class what the clients do.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "model/history.hpp"
#include "sim/redis/server.hpp"
#include "sim/scenario.hpp"

namespace trackside::testing {

class Recorder final : public sim::redis::ServerObserver, public model::Oracle {
 public:
  /// Which cached client a server session belongs to; model::nobody for foreign ones.
  using Owner = model::ClientIndex (*)(void* context, sim::redis::SessionId session);

  /// The clients look into this database.
  explicit Recorder(std::uint32_t database = 0) : database_(database) {}
  void set_owner(Owner owner, void* context) {
    owner_ = owner;
    owner_context_ = context;
  }

  /// What the clients speak, by their index; RESP3 where nothing is said.
  void set_dialects(std::vector<sim::Dialect> dialects) { dialects_ = std::move(dialects); }

  /// A command is about to be issued. Returns the operation's index: that of the first, for a command of several keys.
  std::uint32_t invoke(const sim::Operation& operation, model::ClientIndex client, sim::Instant now, bool settled);
  struct Answer {
    model::Ending ending;
    model::Source source;
    std::string_view frame;
    bool healthy;
    bool link_alive;
    std::string misreading{};
  };
  /// Takes what `invoke` returned, and completes all that belong to the command.
  void complete(std::uint32_t operation, sim::Instant now, const Answer& answer);
  /// A client of these terms is there; their indices count up from 0.
  void add_client(const model::ClientTerms& terms);
  /// Something was done to a client's cache; each is recorded, and counted as it must count.
  void record_put(const model::PutRecord& put);
  void record_get(model::ClientIndex client, sim::Instant now, std::string_view key, bool found, bool healthy);
  /// Many at once, each as good as the last one that was recorded singly.
  void record_hits(model::ClientIndex client, std::string_view key, std::uint64_t times);
  void record_invalidation(model::ClientIndex client, std::span<const std::string_view> keys);
  /// The key is that of a mismatch.
  void record_mismatch(model::ClientIndex client, std::string_view key);
  /// The figures of single keys were folded into the totals.
  void record_compaction(model::ClientIndex client) { key_ledgers_[history_.clients[client].store].clear(); }
  /// And the totals begin anew.
  void record_clearing(model::ClientIndex client) { ledger_of(client) = {}; }
  /// What happened to the client's store since, key by key.
  using KeyLedger = std::map<std::string, model::Counters, std::less<>>;
  const KeyLedger& key_ledger_of(model::ClientIndex client) const {
    return key_ledgers_[history_.clients[client].store];
  }
  /// What waits at the server without end ends with its client's link, or soon.
  /// If it is under way by then: it is given its own connection only when the link is up.
  void record_link_lost(model::ClientIndex client, sim::Instant linked_at, sim::Instant now);
  void record_confidence(const model::ConfidenceRecord& record);
  /// The server's wall clock jumped: keys with a time to live now expire at another instant.
  void clock_stepped(sim::Instant now, std::int64_t milliseconds);

  /// The world has a cluster: its clients split commands about keys of several slots.
  void split_commands() { splits_ = true; }

  void on_change(const Change& change) override;
  std::string_view reply(model::QueryIndex query, std::uint32_t state) const override;

  model::History& history() { return history_; }
  const model::History& history() const { return history_; }
  const std::string& key_name(model::KeyIndex key) const { return key_names_[key]; }
  model::KeyIndex key_of(std::string_view name);
  /// Nothing for a key of which nobody heard.
  std::optional<model::KeyIndex> find_key(const std::string& name) const;
  /// What the owner answers to a question about a key in a state: the frame.
  std::string answer(std::span<const std::string> words, model::KeyIndex key, std::uint32_t state,
                     sim::Dialect dialect) const;
  /// Whether a key holds the same in both states.
  bool are_alike(std::uint32_t one, std::uint32_t other) const;
  /// A change that this client made, or nobody, on a server whose clock is so many milliseconds ahead of world time.
  model::Version version_of(const Change& change, model::ClientIndex by, std::int64_t clock_offset);
  static model::Instant expiry_of(std::int64_t expires_at, std::int64_t clock_offset);
  /// What a read asked, for people: "GET k", "MGET k l".
  std::string question_text(std::uint32_t operation) const;

 private:
  struct Query {
    std::vector<std::string> words;
    model::KeyIndex key;
    sim::Dialect dialect;  // of who asks: replies differ in form
  };
  struct Cause {
    std::uint64_t bytes;        // hash of the command
    std::uint32_t operation;
    bool used;                  // a version was attributed to it
  };

  model::Counters& ledger_of(model::ClientIndex client, std::string_view key) {
    KeyLedger& ledger = key_ledgers_[history_.clients[client].store];
    const auto at = ledger.find(key);
    return at != ledger.end() ? at->second : ledger[std::string{key}];
  }
  model::Counters& ledger_of(model::ClientIndex client) { return history_.ledgers[history_.clients[client].store]; }
  void add_event(model::Event::Kind kind, sim::Instant at, std::size_t index);
  sim::Dialect dialect_of(model::ClientIndex client) const {
    return client < dialects_.size() ? dialects_[client] : sim::Dialect::resp3;
  }
  model::QueryIndex query_of(const std::vector<std::string>& words, sim::Dialect dialect);
  std::uint32_t add(model::Operation record);
  std::uint32_t add_read(model::Operation record, const std::vector<std::string>& words);
  std::uint32_t add_reads(model::Operation record, const std::vector<std::string>& words);
  std::uint32_t add_write(model::Operation record, const sim::Operation& operation);
  /// A write, and a read for each of its commands that is one.
  std::uint32_t add_transaction(model::Operation record, const sim::Operation& operation);
  /// How many operations one command is, given its first.
  std::uint32_t parts_of(std::uint32_t operation) const;
  void complete_transaction(std::uint32_t operation, sim::Instant now, const Answer& answer);
  void complete_part(std::uint32_t operation, sim::Instant now, const Answer& answer, std::string_view frame);
  std::uint32_t state_of(const sim::redis::ValuePointer& value);
  void add_version(model::KeyIndex key, const model::Version& version, sim::Instant at);
  void note_causes(const sim::Operation& operation, std::uint32_t index);
  std::uint32_t operation_behind(model::ClientIndex client, std::uint64_t bytes);

  Owner owner_ = nullptr;
  void* owner_context_ = nullptr;
  std::vector<sim::Dialect> dialects_;
  model::History history_;
  const std::uint32_t database_;
  std::vector<KeyLedger> key_ledgers_;  // by store
  bool splits_ = false;
  std::int64_t clock_offset_ = 0;  // milliseconds by which the server's clock is ahead of world time
  std::vector<std::string> key_names_;
  std::vector<std::int64_t> key_expiries_;  // of each key's latest version; -1: none
  boost::unordered_flat_map<std::string, model::KeyIndex> keys_;
  std::vector<Query> queries_;
  boost::unordered_flat_map<std::string, model::QueryIndex> query_indices_;
  std::vector<sim::redis::ValuePointer> states_{nullptr};
  std::vector<std::vector<Cause>> causes_;  // per client
  /// Of each transaction: which of its commands are reads.
  boost::unordered_flat_map<std::uint32_t, std::vector<std::size_t>> elements_;
  mutable boost::unordered_flat_map<std::uint64_t, std::string> replies_;
};

}  // namespace trackside::testing

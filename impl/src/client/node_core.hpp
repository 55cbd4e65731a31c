// The client of one node: its state and its parts: submitting (submit.cpp), sending (sending.cpp), what the links say
// (events.cpp), reading from replicas (replica.cpp), how commands end (finishing.cpp), MGET (several.cpp), the life of
// connections (connections.cpp), commands that block (blocking_call.hpp), and figures of all that (metrics.cpp).
//
// In band there is one channel, which reads and brings the invalidations. With Delivery::redirect there are any number
// of data channels and one more that brings the invalidations of all of them.
//
// Order is everything here. Events of a link are handled one by one in stream order, so an invalidation acts on the
// cache before the next reply is kept or delivered; a write fences before its caller is told; callers are told last,
// when the client is consistent, since they may submit at once.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "client/alarm.hpp"
#include "client/callers.hpp"
#include "client/channel.hpp"
#include "client/core.hpp"
#include "client/exchange.hpp"
#include "client/late_failures.hpp"
#include "client/tally.hpp"

namespace trackside {

namespace client {
class BlockingCall;
}

class NodeCore final : public ClientCore::Impl, private client::ChannelEvents {
 public:
  /// What a node of a cluster has to know beside its options.
  struct Membership {
    bool in_cluster = false;
    Task link_changed{};  // called when the link is up, is lost, or could not be made; never from inside a call
    Task slot_lost{};     // called when the node does not have a slot any more, likewise
    /// Where it is to be found out what is there: called when the first server that answers is something else than a
    /// single node, and when there was none. Likewise. Ends when a link is up.
    Task not_linked{};
  };
  NodeCore(Runtime& runtime, ClientOptions options, std::shared_ptr<AbstractCache> cache, Membership membership);
  ~NodeCore() override;
  NodeCore(const NodeCore&) = delete;
  NodeCore& operator=(const NodeCore&) = delete;

  void start() override;
  void stop() override;
  bool cached(const Command& command, Reply& out) override;
  OperationId submit(Command command, Completion completion, const Reply* doubted, Time deadline) override;
  OperationId submit_transaction(std::vector<Command> commands, Completion completion, Time deadline) override;
  void cancel(OperationId operation) override;
  bool healthy() const override;
  Metrics metrics() const override;
  error_code link_error() const override;

  /// How a cluster hands on what belongs to this node: because the slot is the node's, as ASK says, or since the node
  /// is a replica of the slot's owner; or, without a key, whatever the node is. One attempt of several ends at
  /// `deadline`.
  enum class Manner : std::uint8_t { owned, asked, replica, either };
  OperationId submit_part(Command command, Completion completion, const Reply* doubted, Manner manner, Time deadline);
  OperationId submit_transaction_part(std::vector<Command> commands, Completion completion, Manner manner,
                                      Time deadline);
  /// The slots are another node's: what is kept of them goes, and their next read asks for a guard again.
  void forget_slots(std::span<const std::uint16_t> slots);
  /// The primary whose reads it is to answer with Manner::replica, "10.0.0.5:6379" as the node itself names it. What it
  /// answers while it follows another one, or none, or about keys that it does not have, ends with Errc::wrong_role.
  void follow(std::string primary) { followed_ = std::move(primary); }
  /// Ends the connection, and does not come back until `start`. Nothing may be under way.
  void rest();
  bool rests() const { return state_ == State::stopped; }
  Duration round_trip() const { return data_.front()->link().round_trip(); }
  /// The commands go to the server there from now on: what was kept from another one goes, and what is under way to it
  /// ends as lost, before anything is sent to this one. Starts if that was not done.
  void lead_to(const Endpoint& endpoint);
  /// Ends for good as `stop` does, for this reason, but for the cache, which somebody else is to use.
  void retire(error_code reason);
  /// After that: its cache, or its share of one, for somebody else to initialize.
  std::shared_ptr<AbstractCache> give_back_cache();
  /// Whether there was a link, at any time.
  bool was_linked() const { return tally_.links.value() > 0; }
  /// Whether commands can be sent now.
  bool is_linked() const { return link_up_.load(std::memory_order_acquire); }

  // For BlockingCall, which is a part of this class in a file of its own.
  Runtime& runtime() { return runtime_; }
  const ClientOptions& options() const { return options_; }
  AbstractCache* cache() { return cache_.get(); }
  void blocking_ended(client::BlockingCall& call, std::uint32_t caller, const Outcome& outcome);

 private:
  using Exchange = client::Exchange;

  using Channel = client::Channel;

  // submit.cpp
  OperationId fail_later(Completion completion, Errc code);
  OperationId fail_later(Completion completion, error_code error);
  error_code reason_to_refuse() const;
  std::uint32_t join(const Command& command, std::uint64_t hash);
  OperationId launch(std::uint32_t exchange, Completion completion, Time deadline);
  OperationId launch_blocking(Command command, const client::Classified& classified, Completion completion);
  std::uint32_t add_caller(Completion completion, std::uint32_t exchange, Time deadline);
  void detach(std::uint32_t caller);
  void drop_abandoned();
  void drain_failures();

  // sending.cpp
  Channel* channel_for(const Exchange& exchange);
  void send(std::uint32_t exchange, Channel& channel);
  void send_waiting();
  void send_fetch(Exchange& exchange, Channel& channel);
  void turn_to(std::uint32_t exchange, Channel& channel);
  void ask_role(Exchange& exchange, Channel& channel);
  Fill open_fill(const Query& query, DataConnection by);
  void say_caching(Exchange& exchange, Channel& channel, std::string_view word);
  static std::string_view question_of_expiry(const Channel& channel);
  void fence_at_sending(Exchange& exchange);
  void guard(std::uint16_t slot, Channel& channel);

  // events.cpp
  void on_event(Channel& channel, const link::LinkEvent& event) override;
  void on_pause(Channel& channel) override;
  std::vector<std::int64_t> foreign_connections(const Channel& channel) override;
  void on_up(Channel& channel);
  void on_vouched(Channel& channel, const link::LinkEvent& event);
  void vouch(Time anchor, std::optional<ServerTime> server_time);
  void vouch_together();
  void on_listed(const Channel& channel, const link::LinkEvent& event);
  void on_registered(Channel& channel, const link::LinkEvent& event);
  void on_redirect_lost(Channel& channel, const link::LinkEvent& event);
  void on_invalidate(ReplyView keys);
  void on_reply(const link::LinkEvent& event);
  void on_replica_reply(std::uint32_t exchange, const link::LinkEvent& event);
  bool answers_for_primary(const Exchange& exchange, ReplyView role) const;
  void register_redirect(Channel& channel);
  void pass_barrier(std::uint64_t tag);
  void on_unguarded(const link::LinkEvent& event);
  void drop_unguarded();
  void on_slots_changed(Channel& channel);
  void tell_slot_lost();

  // finishing.cpp
  void complete(std::uint32_t caller, const Outcome& outcome);
  void keep(Fill fill, const Query& query, ReplyView value, ServerTime expires_at);
  void abandon(Fill fill);
  void give_feedback(const Query& query, Match match);
  void finish_fetch(Exchange& exchange, ReplyView expiry);
  bool fields_may_expire(const Exchange& exchange) const;
  struct Expiry {
    bool keepable;
    ServerTime at;
  };
  Expiry expiry_of(const Exchange& exchange, ReplyView value, ReplyView expiry) const;
  void finish(std::uint32_t exchange, const Outcome& outcome);
  void fence_at_end(Exchange& exchange);
  void fence_keys(const Exchange& exchange);
  void tell_seen(const Exchange& exchange);
  void forget_fetch(std::uint32_t exchange);
  void release(std::uint32_t exchange);

  // several.cpp
  bool several_cached(const Command& command, Reply& out);
  bool may_split(const client::Classified& classified, const Command& command) const;
  void send_several(Exchange& exchange, Channel& channel);
  void on_part_reply(std::uint32_t exchange, const link::LinkEvent& event);
  void look_up_parts(Exchange& exchange, DataConnection by);
  void finish_several(std::uint32_t exchange);
  void keep_parts(Exchange& exchange);
  bool parts_confirmed(const Exchange& exchange) const;
  void send_whole(std::uint32_t exchange);
  bool is_doubted();

  // connections.cpp
  void add_channels(const TrackingOptions& tracking);
  void on_lost(Channel& channel, error_code reason) override;
  void on_data_lost(Channel& channel, error_code reason);
  void fail_sent(const Channel& channel, error_code reason);
  void fail_waiting(error_code reason);
  void end_blocking(error_code reason);
  bool any_data_up() const;
  /// The channel that brings the invalidations.
  Channel& vouching() { return invalidations_ != nullptr ? *invalidations_ : *data_.front(); }
  /// A RESP2 subscriber can prove that it hears, and no more: that the node is a primary, and that its databases were
  /// not swapped, is proved by the data connections. What is broadcast is vouched for by both together.
  bool vouches_together() const {
    return invalidations_ != nullptr && options_.protocol == Protocol::resp2 && !data_.empty() &&
           cache_->tracking().selection == Selection::broadcast;
  }
  DataConnection identity_of(const Channel& channel) const {
    return invalidations_ == nullptr ? DataConnection::in_band : DataConnection{channel.client_id()};
  }
  void expire_callers();
  error_code reason_not_sent() const;
  void tell_link_changed();
  static void run_expiry(void* self, std::uint64_t);
  static void run_failures(void* self, std::uint64_t);

  struct Barrier {
    std::uint64_t tag;
    Time asked_at;
  };
  enum class State : std::uint8_t { stopped, running };

  Runtime& runtime_;
  ClientOptions options_;  // the endpoint may change
  const std::shared_ptr<AbstractCache> cache_;
  const Membership membership_;
  const error_code unusable_;  // why these options cannot be
  State state_ = State::stopped;
  bool final_ = false;  // stop() was called: there is no way back
  std::vector<std::unique_ptr<Channel>> data_;
  std::unique_ptr<Channel> invalidations_;  // null in band
  client::Alarm caller_alarm_;
  client::LateFailures failures_;
  client::Alarm link_news_;
  client::Alarm slot_news_;
  client::Alarm no_link_news_;
  std::atomic<bool> link_up_{false};     // commands can be sent
  std::atomic<std::uint64_t> sampling_;  // state of the draw that confidence asks for, from any thread

  client::Callers callers_;
  client::Exchanges exchanges_;
  std::deque<std::uint32_t> waiting_;                                     // exchanges for the next link, in order
  std::size_t pending_bytes_ = 0;                                         // of all exchanges
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> open_fetches_;  // by hash of the command; never iterated
  std::vector<Barrier> barriers_;
  std::uint64_t last_barrier_ = 0;
  std::vector<bool> guards_asked_;        // by slot, in a cluster: since the link is up
  std::string followed_;                  // by what it answers as a replica
  bool is_read_only_ = false;             // READONLY was said on this link
  std::vector<std::uint16_t> unguarded_;  // slots that are to be dropped before anything else is done
  std::vector<std::unique_ptr<client::BlockingCall>> blocking_;
  std::vector<std::unique_ptr<client::BlockingCall>> ended_blocking_;  // freed outside of their own events
  client::Tally tally_;
};

}  // namespace trackside

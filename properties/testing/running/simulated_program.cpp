// What a program does with its client's cache by itself, beside what the client does: asks it, fences its own writes,
// forgets, reads the figures. See simulated_client.hpp.
//
//   CACHE GET key | PUT key | FILL key | SEEN key | FEEDBACK key yes|no | INVALIDATE key
//   CACHE FENCE [key ...]      a write by other means, to these keys or to any
//   CACHE READ key             by a connection of its own, if it has one (companion_reader.hpp)
//   CACHE EVICT GET | MGET     keeps more keys than there is room for, using the oldest one before each
//   CACHE OFTEN key            asks for it more often than a short counter counts
//   CACHE FLUSH | RESET | COMPACT | CLEAR | LOOK
#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <utility>
#include <vector>

#include "properties/testing/running/simulated_client.hpp"
#include "properties/testing/running/typed_reading.hpp"
#include "trackside/convert.hpp"
#include "trackside/reply_builder.hpp"

namespace trackside::testing {
namespace {

/// Looks at everything that can be looked at; what is said depends on the moment, so little can be judged.
std::string looked_at(AbstractCache& cache) {
  const auto usage = cache.usage();
  const double confidence = cache.confidence();
  if (confidence < 0 || confidence > 100) return "a confidence of " + std::to_string(confidence);
  if (usage && usage->keys == 0 && usage->bytes > 0) return "bytes are held without keys";
  if (cache.healthy() && cache.max_idle() <= Duration::zero()) return "it is healthy for no time at all";
  if (!cache.register_connection({.client_id = 1, .redirect = 0, .noloop = true})) {
    return "a connection with NOLOOP may be registered";
  }
  const auto link = cache.get_client_id();
  if (link && !cache.register_connection({.client_id = INT64_MAX, .redirect = *link + 1})) {
    const bool vouches_alone = cache.tracking().selection == Selection::broadcast;
    if (!vouches_alone) return "a connection that redirects elsewhere may be registered";
  }
  cache.connection_lost(INT64_MAX);
  return "";
}

Reply made_up() { return ReplyBuilder{}.bulk_string("made up").take(); }

/// What a program makes into a reply, out of values that it has from elsewhere, it reads as those.
std::string read_back() {
  for (const Protocol protocol : {Protocol::resp3, Protocol::resp2}) {
    ReplyBuilder builder{protocol};
    builder.array(6).boolean(true).boolean(false).number(1.5).map(1).bulk_string("k").integer(7).set(1).null();
    const Reply made = builder.error("ERR two\nlines").take();
    if (std::string wrong = misreading({}, made, protocol); !wrong.empty()) return wrong;
    const auto yes = reply_as<bool>(made[0]);
    const auto no = reply_as<bool>(made[1]);
    if (!yes || !*yes || !no || *no) return "a boolean became another one";
    if (made[2].as_number() != 1.5) return "a number became another one";
    const auto pairs = reply_as<std::vector<std::pair<std::string, int>>>(made[3]);
    if (!pairs || pairs->size() != 1 || pairs->front().second != 7) return "a map became another one";
    if (*made[5].as_string() != "ERR two lines") return "an error became another one";
  }
  return "";
}

/// As trackside/cache_store.hpp states it, for the one reply of a key.
std::size_t bytes_of(const Query& query, ReplyView reply) {
  const auto block = [](std::size_t size) { return std::max<std::size_t>(32, (size + 8 + 15) / 16 * 16); };
  return 16 + block(24 + query.key.size()) + block(40 + 4 + query.command.size() + reply.frame().size());
}

}  // namespace

/// What the cache should not have done; empty: nothing.
std::string SimulatedClient::use(AbstractCache& cache, std::span<const std::string> words) {
  const std::string& verb = words[1];
  if (verb == "FENCE") {
    const std::vector<std::string_view> keys(words.begin() + 2, words.end());
    keys.empty() ? static_cast<void>(WriteFence{cache}) : static_cast<void>(WriteFence{cache, keys});
    return "";
  }
  if (words.size() == 2) {
    if (verb == "LOOK") return looked_at(cache);
    if (verb == "RESET") cache.reset();
    if (verb == "FLUSH") cache.flush();
    return verb == "FLUSH" ? read_back() : "";  // that reads the same each time, so with what is seldom said
  }
  const std::string_view key = words[2];
  const Query query{.command = "GET", .key = key};
  const Reply value = made_up();
  if (verb == "GET") {
    const bool was_healthy = cache.healthy();
    Reply found;
    if (cache.get(query, found) && (!was_healthy || !cache.holds(query, found))) return "a reply that it does not hold";
  } else if (verb == "PUT") {
    if (cache.put(Fill::none, query, value, no_expiry) == PutResult::kept) return "a reply without a fill was kept";
    if (cache.put(Fill::none, query, ReplyBuilder{}.error("ERR no").take(), no_expiry) == PutResult::kept) {
      return "an error was kept";
    }
  } else if (verb == "FILL") {
    const Fill fill = cache.begin_fill(query, DataConnection::in_band);
    cache.abandon_fill(fill);
    if (fill != Fill::none && cache.is_open(fill)) return "a fill that was given up is open";
    if (cache.put(fill, query, value, no_expiry) == PutResult::kept) return "a reply to a fill that was given up";
    const Query other{.command = "GET", .key = "another"};
    const Fill of_other = cache.begin_fill(other, DataConnection::in_band);
    if (cache.put(of_other, query, value, no_expiry) == PutResult::kept) return "a reply to a fill of another key";
  } else if (verb == "SEEN") {
    cache.seen({&key, 1}, DataConnection::in_band);
  } else if (verb == "FEEDBACK") {
    cache.feedback(query, words.back() == "yes" ? Match::yes : Match::no);
    if (words.back() == "no" && cache.get_all({&query, 1}, {})) return "what was wrong is still there";
  } else if (verb == "INVALIDATE") {
    cache.invalidate({&key, 1});
  }
  return "";
}

/// All in one moment, in which nothing else can be the reason that a reply is gone.
std::string SimulatedClient::fill_up(std::string_view used_by) {
  constexpr std::int64_t keys_most = 24;
  constexpr std::int64_t bytes_least = 1'000'000;
  const bool is_small = store_owner_.max_keys >= 2 && store_owner_.max_keys <= keys_most;
  const bool has_bytes = store_owner_.max_size_bytes < 0 || store_owner_.max_size_bytes >= bytes_least;
  if (!is_verified_ || !is_small || !has_bytes) return "";
  const auto room = static_cast<std::size_t>(store_owner_.max_keys);
  std::vector<std::string> keys;
  for (std::size_t at = 0; at < room + room / 4 + 2; ++at) keys.push_back("s-fill-" + std::to_string(at));
  const Reply value = made_up();
  const auto query = [&](std::size_t at) { return Query{.command = "GET", .key = keys[at]}; };
  const auto keep = [&](std::size_t at) {
    return cache_->put(cache_->begin_fill(query(at), DataConnection::in_band), query(at), value, no_expiry) ==
           PutResult::kept;
  };
  std::string wrong;
  std::size_t kept = 0;
  while (kept < room && keep(kept)) ++kept;
  std::deque<std::size_t> held;  // the one that was used least lately first
  for (std::size_t at = 0; at < kept; ++at) {
    held.push_back(at);
    if (!cache_->holds(query(at), value)) wrong = "what was kept just now is gone";
  }
  const auto use = [&](std::size_t at) {
    const Query asked = query(at);
    Reply found;
    return used_by == "MGET" ? cache_->get_all({&asked, 1}, {&found, 1}) : cache_->get(asked, found);
  };
  for (; kept >= room && kept < keys.size() && wrong.empty() && use(held.front()) && keep(kept); ++kept) {
    held.push_back(held.front());
    held.push_back(kept);
    held.erase(held.begin(), held.begin() + 2);
    for (std::size_t at = 0; at <= kept; ++at) {
      const bool should = std::find(held.begin(), held.end(), at) != held.end();
      if (cache_->holds(query(at), value) != should) wrong = "another one was evicted than what was used least lately";
    }
  }
  for (const std::string_view key : keys) cache_->invalidate({&key, 1});
  return wrong;
}

/// What is healthy and has room does both, whatever was the matter before. In a cluster that takes more than this.
void SimulatedClient::keep_one() {
  constexpr std::int64_t bytes_least = 1'000;
  const bool has_room = store_owner_.max_keys != 0 &&
                        (store_owner_.max_size_bytes < 0 || store_owner_.max_size_bytes >= bytes_least);
  const Query query{.command = "GET", .key = "s~"};
  const bool is_in_band = cache_->tracking().delivery == Delivery::in_band;
  if (!figures_.are_verified() || !is_cached_ || is_clustered_ || !has_room || !is_in_band || !cache_->accepts(query) ||
      !cache_->healthy()) {
    return;
  }
  const Reply value = made_up();
  const Fill fill = cache_->begin_fill(query, DataConnection::in_band);
  const bool kept = cache_->put(fill, query, value, no_expiry) == PutResult::kept;
  Reply found;
  if ((!kept || !cache_->get(query, found)) && misuse_.empty()) {
    misuse_ = kept ? "it is healthy, and does not serve what it keeps" : "it is healthy, and keeps nothing";
  }
  const auto held = cache_->usage();
  cache_->invalidate({&query.key, 1});
  const auto left = cache_->usage();
  if (kept && misuse_.empty() && held && left && held->bytes - left->bytes != bytes_of(query, value)) {
    misuse_ = "what is kept is counted otherwise than stated";
  }
}

/// Whoever had to go for it: what was counted last has a figure of its own. Where few have: as many as stated.
void SimulatedClient::count_some() {
  if (cache_->stats() == nullptr || !figures_.are_verified()) return;
  std::vector<std::string> keys{"s~"};
  if (figures_.limits) {
    cache_->stats()->compact();
    recorder_.record_compaction(host_.index());
    while (keys.size() < figures_.limits->keys_max) keys.push_back(std::to_string(keys.size()));
  }
  for (const std::string& key : keys) {
    cache_->stats()->count_miss(key);
    recorder_.record_get(host_.index(), world_.now(), key, false, false);
  }
  const KeyCounts misses = cache_->stats()->misses();
  const bool are_shown = std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
    return misses.contains(key);
  });
  if (!are_shown && misuse_.empty()) misuse_ = "what was counted last has no figure";
}

/// As a read of the client's: whoever reads the same through the same cache is promised the same.
void SimulatedClient::read_beside(const sim::Operation& operation) {
  sim::Operation question = operation;
  question.words = {"GET", operation.words[2]};
  const std::uint32_t record = recorder_.invoke(question, host_.index(), world_.now(), false);
  if (timeline_ != nullptr) timeline_->invoked(record);
  const auto answered = [this, record, id = operation.id](const CompanionReader::Answer& answer) {
    Recorder::Answer told{.ending = answer.failed              ? model::Ending::failed
                                    : answer.reply.is_error() ? model::Ending::error_reply
                                                              : model::Ending::reply,
                          .source = answer.is_cached ? model::Source::cache : model::Source::server,
                          .frame = answer.reply.frame(),
                          .healthy = !answer.is_cached || cache_->healthy_before_get(),
                          .link_alive = !answer.is_cached || host_.open_connections() > 0};
    recorder_.complete(record, world_.now(), told);
    Outcome outcome{.reply = answer.reply, .source = answer.is_cached ? Source::cache : Source::server};
    if (answer.failed) outcome.error = make_error_code(Errc::connection_lost);
    tell_answer(record, outcome);
    ended_.function(ended_.context, id);
  };
  reader_->read(operation.words[2], answered);
}

void SimulatedClient::use_cache(const sim::Operation& operation) {
  if (operation.words[1] == "READ" && reader_ != nullptr) {
    read_beside(operation);
    return;
  }
  std::string text;
  for (const std::string& word : operation.words) text += (text.empty() ? "" : " ") + word;
  if (world_.trace().on()) world_.trace().add(world_.now(), name(), "does " + text);
  if (timeline_ != nullptr) timeline_->note(world_.now(), host_.index(), "does " + text);
  const std::string& verb = operation.words[1];
  if (verb == "COMPACT" || verb == "CLEAR") {
    verb == "COMPACT" ? cache_->stats()->compact() : cache_->stats()->clear();
    recorder_.record_compaction(host_.index());
    if (verb == "CLEAR") recorder_.record_clearing(host_.index());
  } else {
    if (verb == "FEEDBACK") cache_->compared_by_program(operation.words[2]);
    std::string wrong;
    if (verb == "EVICT") {
      wrong = fill_up(operation.words[2]);
    } else if (verb == "OFTEN") {
      cache_->get_often({.command = "GET", .key = operation.words[2]}, std::numeric_limits<std::uint16_t>::max());
    } else {
      wrong = use(*cache_, operation.words);
    }
    misuse_ = misuse_.empty() ? wrong : misuse_;
  }
  if (verb == "LOOK") {
    count_some();
    misuse_ = contradiction();
  }
  ended_.function(ended_.context, operation.id);
}

std::string SimulatedClient::contradiction() const {
  if (!misuse_.empty()) return misuse_;
  if (reader_ != nullptr && !reader_->misreading().empty()) return "a push: " + reader_->misreading();
  // A wrong cache says wrongly which fills are open; that is not what is wrong with it.
  if (const std::string& key = cache_->unfounded_mismatch(); is_verified_ && !key.empty()) {
    return "a mismatch of " + key + ", which the cache had been told to forget since it served it";
  }
  const bool has_cache = cache_->stats() != nullptr;
  std::string wrong;
  if (has_cache) wrong = contradiction_of(*cache_->stats(), recorder_.key_ledger_of(host_.index()), figures_);
  const AbstractCache* const used = is_cached_ ? cache_.get() : nullptr;
  if (wrong.empty()) wrong = contradiction_of(core_.metrics(), used, commands_);
  if (wrong.empty() && hooks_ != nullptr) wrong = contradiction_of(*hooks_, cache_->own());
  return wrong.empty() ? contradiction_of(core_.link_error()) : wrong;
}

std::string SimulatedClient::life_after_stop() {
  for (const char* verb : {"GET", "PUT", "FILL", "SEEN", "FEEDBACK", "INVALIDATE"}) {
    const std::string wrong = use(*cache_, std::array<std::string, 4>{"CACHE", verb, "late", "no"});
    if (!wrong.empty()) return wrong;
  }
  use(*cache_, std::array<std::string, 2>{"CACHE", "RESET"});
  use(*cache_, std::array<std::string, 2>{"CACHE", "FENCE"});
  cache_->link_up(1);
  cache_->link_vouched(Time::max(), no_expiry);
  if (cache_->healthy()) return "it is healthy";
  Command late{"GET", "late"};
  if (core_.cached(late, reply_)) return "it serves";
  const auto refused = [](void* self, std::uint64_t, const Outcome& outcome) {
    auto& client = *static_cast<SimulatedClient*>(self);
    client.refused_late_ += outcome.error == Errc::shut_down ? 1 : 0;
  };
  core_.submit(late, {refused, this, 0});
  core_.submit(Command{}, {refused, this, 0});
  core_.submit_transaction({late}, {refused, this, 0});
  return core_.healthy() ? "its client is healthy" : "";
}

}  // namespace trackside::testing

// What a command sees while it runs: its arguments, the session, typed access to keys, and the reply.
//
// Commands are free functions of a Context. They look keys up with `typed`, which answers WRONGTYPE itself, change
// values through `writable`, and say `changed` once a key has its new content.
// Neighbours: `Node` (state and verbs), commands_*.cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sim/redis/node.hpp"
#include "sim/redis/numbers.hpp"

namespace trackside::sim::redis {

/// Appends the frames of one reply in the client's protocol.
class Reply {
 public:
  Reply(std::string& out, resp::Protocol protocol) : out_(&out), protocol_(protocol) {}

  void ok() { *out_ += "+OK\r\n"; }
  void simple(std::string_view text) { resp::simple(*out_, text); }
  void error(std::string_view text) { resp::error(*out_, text); }
  void integer(std::int64_t value) { resp::integer(*out_, value); }
  void bulk(std::string_view bytes) { resp::bulk(*out_, bytes); }
  void verbatim(std::string_view text) { resp::verbatim(*out_, text, protocol_); }
  void null() { resp::null(*out_, protocol_); }
  void null_array() { resp::null_array(*out_, protocol_); }
  void number(double value) { resp::number(*out_, value, protocol_); }
  /// A number without an exponent; in RESP2 as text.
  void human(long double value);
  void array(std::size_t count) { resp::array_header(*out_, count); }
  void map(std::size_t pairs) { resp::map_header(*out_, pairs, protocol_); }
  void set(std::size_t count) { resp::set_header(*out_, count, protocol_); }

  void wrong_type() { error("WRONGTYPE Operation against a key holding the wrong kind of value"); }
  void syntax_error() { error("ERR syntax error"); }
  void not_an_integer() { error("ERR value is not an integer or out of range"); }
  void not_a_float() { error("ERR value is not a valid float"); }

  /// A reply that is written already, in the client's protocol.
  void raw(std::string_view frames) { *out_ += frames; }

  resp::Protocol protocol() const { return protocol_; }
  bool is_resp3() const { return protocol_ == resp::Protocol::resp3; }

 private:
  std::string* out_;
  resp::Protocol protocol_;
};

/// What `typed` found. `refused`: the key holds another type and the error has been answered.
template <class T>
struct Typed {
  Keyspace::Item item{};
  const T* value = nullptr;  // null: absent
  bool refused = false;

  explicit operator bool() const { return value != nullptr; }
  const T* operator->() const { return value; }
  const T& operator*() const { return *value; }
};

struct Context {
  Context(Node& the_node, Session& the_session, const CommandSpec& the_command, Arguments the_arguments)
      : node(the_node),
        session(the_session),
        command(the_command),
        arguments(the_arguments),
        reply(the_node.reply_sink(the_session), the_session.protocol) {}

  std::string_view argument(std::size_t index) const { return arguments[index]; }
  std::size_t argument_count() const { return arguments.size(); }
  bool argument_is(std::size_t index, std::string_view lower_case_word) const;
  /// The argument as an integer; answers the usual error and gives nothing if it is none.
  std::optional<std::int64_t> integer(std::size_t index);
  /// As above, with one error text for whatever is not an integer of at least `low`.
  std::optional<std::int64_t> integer(std::size_t index, std::int64_t low, std::string_view error);

  Keyspace::Item lookup(std::string_view key) { return node.lookup(session.database, key); }

  template <class T>
  Typed<T> typed(std::string_view key) {
    const Keyspace::Item item = lookup(key);
    if (!item) return {};
    const T* value = std::get_if<T>(&item->value->content);
    if (value == nullptr) reply.wrong_type();
    return {item, value, value == nullptr};
  }

  /// The value for changing; an empty one is put under the key if there was none.
  template <class T>
  T& writable(Typed<T>& found, std::string_view key) {
    if (!found) {
      found.item = node.keyspace.put(session.database, key, std::make_shared<Value>(Value{T{}}));
      found.value = &std::get<T>(found.item->value->content);
    }
    T& value = std::get<T>(Keyspace::writable(*found.item).content);
    found.value = &value;
    return value;
  }

  /// Puts a value without expiry, in place of whatever was there. The caller says `changed`.
  template <class T>
  Keyspace::Item put(std::string_view key, T value) {
    return node.keyspace.put(session.database, key, std::make_shared<Value>(Value{std::move(value)}));
  }

  /// Puts the value in place of whatever was there or, if it is empty, deletes that. Then as `changed`.
  template <class T>
  void put_or_erase(std::string_view key, T value) {
    const bool empty = value.empty();
    const Keyspace::Item present = lookup(key);
    if (empty && !present) return;
    const bool replaces = present && !empty;
    const bool loses_stream = replaces && std::holds_alternative<Stream>(present->value->content);
    if (empty) erase(present);
    else put(key, std::move(value));
    // What replaces something is told to nobody who waits for it, but if a stream goes that others may wait for.
    if (replaces && !(loses_stream && node.somebody_awaits_a_stream()))
      node.key_replaced(session.database, key, &session);
    else changed(key);
  }

  /// As above, and tells how many there are: of something behind its pushes, of nothing in front of them.
  template <class T>
  void store_and_count(std::string_view key, T value, std::size_t count) {
    if (count == 0) reply.integer(0);
    put_or_erase(key, std::move(value));
    if (count != 0) reply.integer(static_cast<std::int64_t>(count));
  }

  /// After a removal: an empty container's key goes away. Then as `changed`.
  template <class T>
  void shrunk(const Typed<T>& found, std::string_view key) {
    if (found->empty()) node.keyspace.erase(session.database, found.item);
    changed(key);
  }

  void erase(Keyspace::Item item) { node.keyspace.erase(session.database, item); }
  void changed(std::string_view key) { node.key_changed(session.database, key, &session); }

  /// For the changes that the real server tells no client of, as those of a stream's groups.
  void changed_silently(std::string_view key) { node.note_change(session.database, key, &session); }

  /// After something that affects where or how replies are written.
  void renew_reply() { reply = Reply{node.reply_sink(session), session.protocol}; }

  Node& node;
  Session& session;
  const CommandSpec& command;
  Arguments arguments;
  Reply reply;
};

/// Case-insensitive equality with a lower-case word.
bool is_word(std::string_view text, std::string_view lower_case_word);
std::string to_lower(std::string_view text);
/// Redis' glob patterns: * ? [a-z] [^a] and backslash.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace trackside::sim::redis

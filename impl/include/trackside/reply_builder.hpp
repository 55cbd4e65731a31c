// Makes a reply out of values, for programs that got them from a client of their own and give them to a cache.
//
//   ReplyBuilder builder;
//   builder.array(2).bulk_string("a").null();
//   cache.put(fill, query, builder.take(), expires_at);
//
// Each call adds one value; an aggregate is a value that has those behind it as its elements, as many as it announces.
// The bytes are those that Redis 7.0 sends for such a value in the protocol, so that a reply made here equals one that
// a `Client` of this protocol received. Where RESP2 lacks a type it has a poorer one: a map is a flat array.
// Thread rule: as a string.
// Source: https://redis.io/docs/reference/protocol-spec/
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "trackside/options.hpp"
#include "trackside/reply.hpp"

namespace trackside {

class ReplyBuilder {
 public:
  explicit ReplyBuilder(Protocol protocol = Protocol::resp3) : protocol_(protocol) {}

  // Each requires that a value is missing.
  ReplyBuilder& null();
  /// Line breaks become blanks in this and in errors, which have no other place for them.
  ReplyBuilder& simple_string(std::string_view text);
  /// `text` begins with its code: "WRONGTYPE Operation against ...". For people and logs; no cache should keep one.
  ReplyBuilder& error(std::string_view text);
  ReplyBuilder& integer(std::int64_t value);
  ReplyBuilder& bulk_string(std::string_view bytes);
  ReplyBuilder& number(double value);
  ReplyBuilder& boolean(bool value);
  /// `count` elements follow.
  ReplyBuilder& array(std::size_t count);
  ReplyBuilder& set(std::size_t count);
  /// `pairs` times a key and its value follow.
  ReplyBuilder& map(std::size_t pairs);

  /// Whether the reply is whole: one value, with all that it announced.
  bool is_complete() const noexcept { return missing_ == 0; }
  /// The reply; the builder begins anew. Requires is_complete().
  Reply take();

 private:
  ReplyBuilder& add(std::size_t elements = 0);

  Protocol protocol_;
  std::string frame_;
  std::size_t missing_ = 1;  // values still to come
};

}  // namespace trackside

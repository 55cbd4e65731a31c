#include "properties/testing/running/typed_reading.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <list>
#include <set>
#include <vector>

#include "properties/testing/judging/operation_kind.hpp"
#include "properties/testing/running/client_figures.hpp"
#include "sim/operation_words.hpp"
#include "trackside/answered.hpp"
#include "trackside/commands.hpp"
#include "trackside/reply_builder.hpp"

namespace trackside::testing {
namespace {

using Args = std::span<const std::string>;

// How a value is put into a frame again: what the server would have sent for it.
void add(ReplyBuilder& builder, std::int64_t value) { builder.integer(value); }
void add(ReplyBuilder& builder, bool value) { builder.integer(value ? 1 : 0); }
void add(ReplyBuilder& builder, double value) { builder.number(value); }
void add(ReplyBuilder& builder, const std::string& value) { builder.bulk_string(value); }
void add(ReplyBuilder& builder, TimeToLive value) {
  switch (value.state) {
    case TimeToLive::State::no_key: builder.integer(-2); break;
    case TimeToLive::State::persistent: builder.integer(-1); break;
    case TimeToLive::State::expires: builder.integer(value.left.count()); break;
  }
}
template <class T>
void add(ReplyBuilder& builder, const std::optional<T>& value) {
  value ? add(builder, *value) : static_cast<void>(builder.null());
}
template <class T>
void add(ReplyBuilder& builder, const std::vector<T>& values) {
  builder.array(values.size());
  for (const T& value : values) add(builder, value);
}

/// What tells one protocol, or one container, from another: given to `judge` where a value alone does not say it.
struct Frame {
  ReplyView reply;
  Protocol protocol;

  /// RESP3 has a set for it, RESP2 an array.
  template <class T>
  Reply of(const T& value) const {
    ReplyBuilder builder{protocol};
    add(builder, value);
    return builder.take();
  }
  Reply of_members(const std::vector<std::string>& members) const {
    ReplyBuilder builder{protocol};
    builder.set(members.size());
    for (const std::string& member : members) add(builder, member);
    return builder.take();
  }
  Reply of_fields(const std::vector<std::pair<std::string, std::string>>& fields) const {
    ReplyBuilder builder{protocol};
    builder.map(fields.size());
    for (const auto& [field, value] : fields) builder.bulk_string(field).bulk_string(value);
    return builder.take();
  }
  Reply of_scores(const commands::ScoredStrings& scores) const {
    ReplyBuilder builder{protocol};
    const bool in_pairs = protocol == Protocol::resp3;
    builder.array(in_pairs ? scores.size() : 2 * scores.size());
    for (const auto& [member, score] : scores) {
      if (in_pairs) builder.array(2);
      builder.bulk_string(member).number(score);
    }
    return builder.take();
  }
};

/// An error is error_reply to whoever wants a value, and has its text for who asks for that.
std::string misread_error(ReplyView reply, error_code error) {
  if (error != Errc::error_reply) return "an error was read as " + error.message();
  const auto answered = reply_as<Answered<std::int64_t>>(reply);
  if (!answered || answered->has_value()) return "an error was no answer";
  const ServerError& said = answered->error();
  try {
    static_cast<void>(answered->value());
    return "an error was a value all the same";
  } catch (const boost::system::system_error& thrown) {
    if (thrown.code() != Errc::error_reply) return "an error was thrown as another one";
  }
  if (said.text() != *reply.as_string()) return "an error lost its text";
  if (!said.text().starts_with(said.code())) return "an error's code is not its first word";
  ReplyBuilder builder;
  return builder.error(said.text()).take() == Reply{reply} ? "" : "an error's text makes another error";
}

template <class T, class Rebuild>
std::string judge(const TypedCommand<T>& typed, Args words, const Frame& frame, const Rebuild& rebuild) {
  if (typed.command != command_of(words)) return "the typed command is another one";
  const Result<T> value = typed.read(frame.reply);
  if (frame.reply.is_error()) {
    return value ? "an error was read as a value" : misread_error(frame.reply, value.error());
  }
  if (!value) return "it could not be read: " + value.error().message();
  if constexpr (std::is_void_v<T>) {
    return "";
  } else {
    return rebuild(*value) == Reply{frame.reply} ? "" : "it was read as something else";
  }
}

template <class T>
std::string judge(const TypedCommand<T>& typed, Args words, const Frame& frame) {
  return judge(typed, words, frame, [&](const auto& value) { return frame.of(value); });
}

std::int64_t number_of(const std::string& word) { return std::strtoll(word.c_str(), nullptr, 10); }
commands::milliseconds time_of(const std::string& word) { return commands::milliseconds{number_of(word)}; }
IndexRange range_of(Args words) { return {.first = number_of(words[2]), .last = number_of(words[3])}; }

std::vector<std::pair<std::string, std::string>> pairs_of(Args words) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t at = 0; at + 1 < words.size(); at += 2) pairs.emplace_back(words[at], words[at + 1]);
  return pairs;
}

using Judge = std::string (*)(Args words, const Frame& frame);

struct Row {
  std::string_view name;
  std::size_t words;  // that it is typed with; 0: any number from two on
  Judge judge;
};

const std::string& key(Args words) { return words[1]; }

/// A server that answers oddly about itself may say anything to it, which need not be read.
std::string judge_ping(Args words, const Frame& frame) {
  if (frame.reply.is_error() || frame.reply.as_string()) return judge(commands::ping(), words, frame);
  const bool is_read = commands::ping().read(frame.reply).has_value();
  return is_read == reply_as<void>(frame.reply).has_value() ? "" : "a reply that need not be read could not be";
}

// What the workload asks, by how the table of commands types it.
const Row rows[] = {
    {"DEL", 0, [](Args w, const Frame& f) { return judge(commands::del(w.subspan(1)), w, f); }},
    {"UNLINK", 0, [](Args w, const Frame& f) { return judge(commands::unlink(w.subspan(1)), w, f); }},
    {"EXISTS", 0, [](Args w, const Frame& f) { return judge(commands::exists(w.subspan(1)), w, f); }},
    {"PEXPIRE", 3, [](Args w, const Frame& f) { return judge(commands::expire(key(w), time_of(w[2])), w, f); }},
    {"PERSIST", 2, [](Args w, const Frame& f) { return judge(commands::persist(key(w)), w, f); }},
    {"PTTL", 2, [](Args w, const Frame& f) { return judge(commands::ttl(key(w)), w, f); }},
    {"TYPE", 2,
     [](Args w, const Frame& f) {
       return judge(commands::type(key(w)), w, f, [](const std::string& name) {
         return ReplyBuilder{}.simple_string(name).take();
       });
     }},
    {"GET", 2, [](Args w, const Frame& f) { return judge(commands::get(key(w)), w, f); }},
    {"MGET", 0, [](Args w, const Frame& f) { return judge(commands::mget(w.subspan(1)), w, f); }},
    {"SET", 3, [](Args w, const Frame& f) { return judge(commands::set(key(w), w[2]), w, f); }},
    {"SET", 5, [](Args w, const Frame& f) { return judge(commands::set(key(w), w[2], time_of(w[4])), w, f); }},
    {"SET", 4,
     [](Args w, const Frame& f) {
       return judge(commands::set_if_absent(key(w), w[2]), w, f, [&](bool was_set) {
         ReplyBuilder builder{f.protocol};
         return was_set ? builder.simple_string("OK").take() : builder.null().take();
       });
     }},
    {"SET", 6,
     [](Args w, const Frame& f) {
       return judge(commands::set_if_absent(key(w), w[2], time_of(w[5])), w, f, [&](bool was_set) {
         ReplyBuilder builder{f.protocol};
         return was_set ? builder.simple_string("OK").take() : builder.null().take();
       });
     }},
    {"MSET", 0, [](Args w, const Frame& f) { return judge(commands::mset(pairs_of(w.subspan(1))), w, f); }},
    {"GETDEL", 2, [](Args w, const Frame& f) { return judge(commands::getdel(key(w)), w, f); }},
    {"INCRBY", 3, [](Args w, const Frame& f) { return judge(commands::incrby(key(w), number_of(w[2])), w, f); }},
    {"INCRBYFLOAT", 3,
     [](Args w, const Frame& f) {
       // A string in every protocol, of digits without an exponent.
       return judge(commands::incrbyfloat(key(w), std::strtod(w[2].c_str(), nullptr)), w, f, [&](double sum) {
         const std::string digits{*f.reply.as_string()};
         return std::strtod(digits.c_str(), nullptr) == sum ? Reply{f.reply} : Reply{};
       });
     }},
    {"APPEND", 3, [](Args w, const Frame& f) { return judge(commands::append(key(w), w[2]), w, f); }},
    {"STRLEN", 2, [](Args w, const Frame& f) { return judge(commands::strlen(key(w)), w, f); }},
    {"HGET", 3, [](Args w, const Frame& f) { return judge(commands::hget(key(w), w[2]), w, f); }},
    {"HMGET", 0, [](Args w, const Frame& f) { return judge(commands::hmget(key(w), w.subspan(2)), w, f); }},
    {"HGETALL", 2,
     [](Args w, const Frame& f) {
       const std::string wrong = judge(commands::hgetall(key(w)), w, f, [&](const auto&) { return Reply{f.reply}; });
       if (!wrong.empty() || f.reply.is_error()) return wrong;
       using Fields = std::vector<std::pair<std::string, std::string>>;  // in the server's order
       return judge(TypedCommand<Fields>{command_of(w)}, w, f, [&](const Fields& fields) {
         return f.of_fields(fields);
       });
     }},
    {"HSET", 0, [](Args w, const Frame& f) { return judge(commands::hset(key(w), pairs_of(w.subspan(2))), w, f); }},
    {"HDEL", 0, [](Args w, const Frame& f) { return judge(commands::hdel(key(w), w.subspan(2)), w, f); }},
    {"HEXISTS", 3, [](Args w, const Frame& f) { return judge(commands::hexists(key(w), w[2]), w, f); }},
    {"HLEN", 2, [](Args w, const Frame& f) { return judge(commands::hlen(key(w)), w, f); }},
    {"HKEYS", 2, [](Args w, const Frame& f) { return judge(commands::hkeys(key(w)), w, f); }},
    {"HVALS", 2, [](Args w, const Frame& f) { return judge(commands::hvals(key(w)), w, f); }},
    {"HINCRBY", 4,
     [](Args w, const Frame& f) { return judge(commands::hincrby(key(w), w[2], number_of(w[3])), w, f); }},
    {"LPUSH", 0, [](Args w, const Frame& f) { return judge(commands::lpush(key(w), w.subspan(2)), w, f); }},
    {"RPUSH", 0, [](Args w, const Frame& f) { return judge(commands::rpush(key(w), w.subspan(2)), w, f); }},
    {"LPOP", 2, [](Args w, const Frame& f) { return judge(commands::lpop(key(w)), w, f); }},
    {"RPOP", 2, [](Args w, const Frame& f) { return judge(commands::rpop(key(w)), w, f); }},
    {"LRANGE", 4, [](Args w, const Frame& f) { return judge(commands::lrange(key(w), range_of(w)), w, f); }},
    {"LINDEX", 3, [](Args w, const Frame& f) { return judge(commands::lindex(key(w), number_of(w[2])), w, f); }},
    {"LLEN", 2, [](Args w, const Frame& f) { return judge(commands::llen(key(w)), w, f); }},
    {"SADD", 0, [](Args w, const Frame& f) { return judge(commands::sadd(key(w), w.subspan(2)), w, f); }},
    {"SREM", 0, [](Args w, const Frame& f) { return judge(commands::srem(key(w), w.subspan(2)), w, f); }},
    {"SMEMBERS", 2,
     [](Args w, const Frame& f) {
       return judge(commands::smembers(key(w)), w, f, [&](const auto& members) { return f.of_members(members); });
     }},
    {"SISMEMBER", 3, [](Args w, const Frame& f) { return judge(commands::sismember(key(w), w[2]), w, f); }},
    {"SCARD", 2, [](Args w, const Frame& f) { return judge(commands::scard(key(w)), w, f); }},
    {"ZADD", 4,
     [](Args w, const Frame& f) {
       return judge(commands::zadd(key(w), static_cast<double>(number_of(w[2])), w[3]), w, f);
     }},
    {"ZREM", 0, [](Args w, const Frame& f) { return judge(commands::zrem(key(w), w.subspan(2)), w, f); }},
    {"ZRANGE", 4, [](Args w, const Frame& f) { return judge(commands::zrange(key(w), range_of(w)), w, f); }},
    {"ZRANGE", 5,
     [](Args w, const Frame& f) {
       return judge(commands::zrange_with_scores(key(w), range_of(w)), w, f,
                    [&](const auto& scores) { return f.of_scores(scores); });
     }},
    {"ZSCORE", 3, [](Args w, const Frame& f) { return judge(commands::zscore(key(w), w[2]), w, f); }},
    {"ZRANK", 3, [](Args w, const Frame& f) { return judge(commands::zrank(key(w), w[2]), w, f); }},
    {"ZCARD", 2, [](Args w, const Frame& f) { return judge(commands::zcard(key(w)), w, f); }},
    {"ZINCRBY", 4,
     [](Args w, const Frame& f) {
       return judge(commands::zincrby(key(w), static_cast<double>(number_of(w[2])), w[3]), w, f);
     }},
    {"PING", 1, judge_ping},
    {"PUBLISH", 3, [](Args w, const Frame& f) { return judge(commands::publish(w[1], w[2]), w, f); }},
};

/// What one reading of a reply must be, by what another one says.
class Readings {
 public:
  explicit Readings(ReplyView reply) : reply_(reply) {}

  std::string wrong() {
    text();
    numbers();
    containers();
    shape();
    answers();
    expect(reply_as<Reply>(reply_).value() == Reply{reply_}, "a reply is not itself");
    expect(reply_as<ReplyView>(reply_).value().frame() == reply_.frame(), "a view of a reply is another one");
    expect(reply_as<void>(reply_).has_value() == !is_nothing(), "what need not be read is told by what it is");
    expect(reply_as<std::monostate>(reply_).has_value() == !is_nothing(), "and so is what is nothing");
    return wrong_;
  }

 private:
  /// An owned reply is what the view of it is, and reads alike for people.
  void shape() {
    constexpr std::size_t length_max = 40;
    const Reply own{reply_};
    expect(own.type() == reply_.type() && own.size() == reply_.size(), "an owned reply is another one");
    expect(own.is_error() == reply_.is_error() && own.is_null() == reply_.is_null(), "an owned reply lost its kind");
    expect(own.as_string() == reply_.as_string() && own.as_integer() == reply_.as_integer(), "an owned reply is odd");
    expect(own.as_boolean() == reply_.as_boolean(), "an owned reply has another truth");
    expect(own.as_number().has_value() == reply_.as_number().has_value(), "an owned reply counts differently");
    expect(own[0].frame() == reply_[0].frame(), "an owned reply begins differently");
    const std::string text = to_text(own, length_max);
    expect(!text.empty() && text.size() <= length_max + 3, "a text is longer than it may be");
    std::size_t elements = 0;
    for (auto at = reply_.begin(); at != reply_.end(); at++) ++elements;
    expect(elements == reply_.size(), "elements are lost on the way");
    if (reply_.type() == ReplyType::boolean) {
      expect(ReplyBuilder{}.boolean(*reply_.as_boolean()).take() == own, "a boolean makes another one");
    }
  }

  void answers() {
    const auto whole = reply_as<Answered<std::int64_t>>(reply_);
    const bool has_error = whole && whole->has_error();
    expect(has_error == reply_.is_error(), "an answer is an error or it is not");
    expect(has_error || whole.has_value() == reply_as<std::int64_t>(reply_).has_value(), "an answer has the value");
    const auto nothing = reply_as<Answered<void>>(reply_);
    expect(nothing.has_value() != reply_.is_null(), "whoever wants no value gets none");
    const ServerError none;
    expect(none.text().empty() && none.code().empty(), "no error has a text");
  }

  /// Every reason why a reading failed has a name and a sentence.
  template <class Read>
  void named(const Read& read) {
    if (!read) expect(contradiction_of(read.error()).empty(), "a reason has no name");
  }

  bool is_nothing() const { return reply_.is_error() || reply_.is_null(); }

  void expect(bool holds, std::string_view what) {
    if (!holds && wrong_.empty()) wrong_ = what;
  }

  void text() {
    const auto read = reply_as<std::string>(reply_);
    const auto raw = reply_.as_string();
    named(read);
    expect(read.has_value() == (raw.has_value() && !is_nothing()), "text is text");
    expect(!read || *read == *raw, "a text is another one");
    const auto view = reply_as<std::string_view>(reply_);
    expect(view.has_value() == read.has_value() && (!view || *view == *read), "a view sees another text");
    const auto maybe = reply_as<std::optional<std::string>>(reply_);
    expect(maybe.has_value() == (read.has_value() || reply_.is_null()), "null is no text");
  }

  void numbers() {
    const auto whole = reply_as<std::int64_t>(reply_);
    const auto natural = reply_as<std::uint64_t>(reply_);
    const auto small = reply_as<std::int8_t>(reply_);
    const auto number = reply_as<double>(reply_);
    const auto single = reply_as<float>(reply_);
    const auto yes_or_no = reply_as<bool>(reply_);
    named(whole);
    named(natural);
    named(small);
    named(number);
    named(single);
    named(yes_or_no);
    expect(!whole || natural.has_value() == (*whole >= 0), "a natural number is a whole one");
    expect(!whole || small.has_value() == (*whole >= -128 && *whole <= 127), "a small number is a whole one");
    expect(!small || *small == *whole, "a small number is another one");
    expect(!whole || number.has_value(), "a whole number is a number");
    expect(number.has_value() || !single, "what is a number is one in any precision");
    expect(!yes_or_no || reply_.type() == ReplyType::boolean || (whole && *whole == (*yes_or_no ? 1 : 0)),
           "a boolean is one, 0 or 1");
  }

  void containers() {
    const bool is_whole = reply_.is_aggregate() && !is_nothing();
    const auto elements = reply_as<std::vector<ReplyView>>(reply_);
    named(elements);
    expect(elements.has_value() == is_whole, "an aggregate has elements");
    expect(!elements || elements->size() == reply_.size(), "elements are missing");
    const auto listed = reply_as<std::list<Reply>>(reply_);
    expect(listed.has_value() == is_whole, "a list holds what an array does");
    const auto numbers = reply_as<std::set<std::int64_t>>(reply_);
    expect(!numbers || numbers->size() <= reply_.size(), "a set holds at most what there is");
    const auto pair = reply_as<std::pair<Reply, Reply>>(reply_);
    named(pair);
    expect(pair.has_value() == (is_whole && reply_.size() == 2), "a pair is two");
    const auto three = reply_as<std::tuple<std::string, std::optional<std::string>, std::int64_t>>(reply_);
    expect(!three || reply_.size() == 3, "a tuple is as many as it is");
    const auto numbered = reply_as<std::map<std::string, double>>(reply_);
    expect(!numbered || numbered->size() <= reply_.size(), "a map holds at most what there is");
    const auto views = reply_as<std::vector<std::pair<std::string_view, ReplyView>>>(reply_);
    expect(!views || is_whole, "pairs are of an aggregate");
    for (std::size_t at = 0; elements && at < elements->size(); ++at) {
      expect(reply_[at].frame() == (*elements)[at].frame(), "an element is another one");
    }
    expect(reply_[reply_.size()].is_null(), "behind the last element is none");
  }

  ReplyView reply_;
  std::string wrong_;
};

}  // namespace

std::string misreading(std::span<const std::string> words, ReplyView reply, Protocol protocol, ReadBy read_by) {
  const Frame frame{reply, protocol};
  for (const Row& row : rows) {
    const bool fits = row.words == 0 ? words.size() >= 2 : words.size() == row.words;
    if (fits && words.front() == row.name && !sim::is_transaction(words)) {
      if (std::string wrong = row.judge(words, frame); !wrong.empty()) return wrong;
      break;
    }
  }
  if (read_by == ReadBy::own_type) return "";
  std::string wrong = Readings{reply}.wrong();
  for (const ReplyView element : reply) {
    if (wrong.empty()) wrong = Readings{element}.wrong();
  }
  return wrong;
}

}  // namespace trackside::testing

// Unit tests of `reply_as`: every type and both protocols' forms, and for every wrong shape its named error.
//
// Replies stand here as the bytes they come in; `frame_of` asserts that the library itself would accept them.
#include <array>
#include <cmath>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/container/flat_map.hpp>
#include <boost/container/small_vector.hpp>
#include <gtest/gtest.h>

#include "resp/frame_buffer.hpp"
#include "trackside/answered.hpp"
#include "trackside/convert.hpp"

struct Point {
  int x;
  int y;
  friend bool operator==(const Point&, const Point&) = default;
};

template <>
struct trackside::ReplyConverter<Point> {
  static Result<Point> convert(ReplyView reply) {
    const auto both = reply_as<std::pair<int, int>>(reply);
    if (!both) return both.error();
    return Point{both->first, both->second};
  }
};

/// A type that makes something of errors and null, too.
enum class Verdict { value, null, error };

template <>
struct trackside::ReplyConverter<Verdict> {
  static constexpr bool takes_errors = true;
  static constexpr bool takes_null = true;
  static Result<Verdict> convert(ReplyView reply) {
    if (reply.is_error()) return Verdict::error;
    return reply.is_null() ? Verdict::null : Verdict::value;
  }
};

namespace trackside {
namespace {

using namespace std::string_literals;

ReplyView frame_of(const std::string& bytes) {
  resp::FrameBuffer buffer(ReplyLimits{});
  buffer.feed(bytes);
  const resp::FrameBuffer::Next next = buffer.next();
  EXPECT_EQ(next.status, resp::FrameBuffer::Status::frame) << bytes;
  EXPECT_EQ(next.frame.frame(), bytes);
  return ReplyView{bytes};
}

/// The value, for types that own theirs.
template <OwnedFromReply T>
T value_of(const std::string& bytes) {
  const Result<T> read = reply_as<T>(frame_of(bytes));
  if (read) return *read;
  ADD_FAILURE() << bytes << ": " << read.error().message();
  return T{};
}

/// The error's name, or "a value".
template <FromReply T>
std::string refusal_of(const std::string& bytes) {
  const Result<T> read = reply_as<T>(frame_of(bytes));
  if (read) return "a value";
  EXPECT_EQ(read.error().category(), error_category());
  return std::string{name_of(static_cast<Errc>(read.error().value()))};
}

using Strings = std::vector<std::string>;
using Scores = std::vector<std::pair<std::string, double>>;
using StringMap = std::map<std::string, std::string>;

TEST(Convert, StringsOfEveryKind) {
  EXPECT_EQ(value_of<std::string>("$3\r\na\r\n\r\n"), "a\r\n");
  EXPECT_EQ(value_of<std::string>("$0\r\n\r\n"), "");
  EXPECT_EQ(value_of<std::string>("$2\r\n\0\xff\r\n"s), "\0\xff"s);
  EXPECT_EQ(value_of<std::string>("+OK\r\n"), "OK");
  EXPECT_EQ(value_of<std::string>("=5\r\ntxt:a\r\n"), "a");
  EXPECT_EQ(value_of<std::string>("(123\r\n"), "123");
  for (const char* other : {":1\r\n", "#t\r\n", ",1.5\r\n", "*0\r\n", "%0\r\n", "~0\r\n"}) {
    EXPECT_EQ(refusal_of<std::string>(other), "not_a_string") << other;
    EXPECT_EQ(refusal_of<std::string_view>(other), "not_a_string") << other;
  }
}

TEST(Convert, AStringViewLooksIntoTheReply) {
  const Reply reply{frame_of("*2\r\n$1\r\na\r\n$2\r\nbc\r\n")};
  const auto whole = reply.view().frame();
  for (const std::string_view view : *reply_as<std::vector<std::string_view>>(reply)) {
    EXPECT_GE(view.data(), whole.data());
    EXPECT_LE(view.data() + view.size(), whole.data() + whole.size());
  }
  const auto map = *reply_as<std::map<std::string_view, std::string_view>>(reply);
  EXPECT_EQ(map.at("a"), "bc");
}

template <class T>
concept ReadableFromTemporary = requires(Reply reply) { reply_as<T>(std::move(reply)); };

TEST(Convert, ViewsIntoATemporaryDoNotCompile) {
  static_assert(ReadableFromTemporary<std::string> && ReadableFromTemporary<Strings> && ReadableFromTemporary<Point>);
  static_assert(!ReadableFromTemporary<std::string_view> && !ReadableFromTemporary<ReplyView>);
  static_assert(!ReadableFromTemporary<std::optional<std::string_view>>);
  static_assert(!ReadableFromTemporary<std::vector<std::pair<std::string_view, int>>>);
  static_assert(!ReadableFromTemporary<std::map<std::string, std::string_view>>);
  static_assert(!ReadableFromTemporary<std::tuple<int, std::array<std::string_view, 2>>>);
  static_assert(!ReadableFromTemporary<Answered<std::set<std::string_view>>>);
}

TEST(Convert, OnlyWhatHasAConverterIsReadable) {
  static_assert(!FromReply<char> && !FromReply<const char*> && !FromReply<std::vector<char>> && !FromReply<int*>);
  static_assert(!FromReply<std::tuple<int, void*>> && !FromReply<std::map<int, char>> && !FromReply<std::string&>);
}

TEST(Convert, IntegersWithinTheRangeOfTheirType) {
  EXPECT_EQ(value_of<int>(":-7\r\n"), -7);
  EXPECT_EQ(value_of<int>("$2\r\n42\r\n"), 42);
  EXPECT_EQ(value_of<std::int64_t>(":-9223372036854775808\r\n"), INT64_MIN);
  EXPECT_EQ(value_of<std::uint64_t>("$20\r\n18446744073709551615\r\n"), UINT64_MAX);
  EXPECT_EQ(value_of<std::uint64_t>("(18446744073709551615\r\n"), UINT64_MAX);
  EXPECT_EQ(value_of<unsigned char>(":255\r\n"), 255);
  EXPECT_EQ(value_of<std::int8_t>(":-128\r\n"), -128);
  EXPECT_EQ(refusal_of<unsigned char>(":256\r\n"), "integer_out_of_range");
  EXPECT_EQ(refusal_of<std::int8_t>(":128\r\n"), "integer_out_of_range");
  EXPECT_EQ(refusal_of<unsigned>(":-1\r\n"), "integer_out_of_range");
  EXPECT_EQ(refusal_of<std::uint64_t>("$2\r\n-1\r\n"), "integer_out_of_range");
  EXPECT_EQ(refusal_of<int>(":2147483648\r\n"), "integer_out_of_range");
  EXPECT_EQ(refusal_of<std::int64_t>("$19\r\n9223372036854775808\r\n"), "integer_out_of_range");
  EXPECT_EQ(refusal_of<std::uint64_t>("$20\r\n18446744073709551616\r\n"), "integer_out_of_range");
  EXPECT_EQ(refusal_of<std::int64_t>("(-99999999999999999999\r\n"), "integer_out_of_range");
}

TEST(Convert, WhatSpellsNoIntegerIsNone) {
  for (const char* text : {"", "-", "+1", "01", "-0", "1 ", " 1", "1.0", "1e3", "0x10", "a", "-01",
                           "00000000000000000000000000", "999999999999999999999a"}) {
    const std::string bytes = "$" + std::to_string(std::string_view{text}.size()) + "\r\n" + text + "\r\n";
    EXPECT_EQ(refusal_of<int>(bytes), "not_an_integer") << text;
    EXPECT_EQ(refusal_of<std::uint64_t>(bytes), "not_an_integer") << text;
  }
  for (const char* other : {",1\r\n", "#t\r\n", "*1\r\n:1\r\n", "%0\r\n"}) {
    EXPECT_EQ(refusal_of<int>(other), "not_an_integer") << other;
  }
}

TEST(Convert, NumbersFromBothProtocols) {
  EXPECT_EQ(value_of<double>(",1.5\r\n"), 1.5);
  EXPECT_EQ(value_of<double>("$3\r\n1.5\r\n"), 1.5);
  EXPECT_EQ(value_of<double>(":3\r\n"), 3.0);
  EXPECT_EQ(value_of<float>("$4\r\n-0.5\r\n"), -0.5F);
  EXPECT_TRUE(std::isinf(value_of<double>(",inf\r\n")));
  EXPECT_TRUE(std::isinf(value_of<float>("$4\r\n-inf\r\n")));
  EXPECT_TRUE(std::isnan(value_of<float>(",nan\r\n")));
  EXPECT_EQ(refusal_of<float>(",1e300\r\n"), "not_a_number");
  EXPECT_EQ(refusal_of<double>(",1e999\r\n"), "not_a_number");
  for (const char* other : {"$1\r\na\r\n", "$0\r\n\r\n", "#t\r\n", "*1\r\n:1\r\n"}) {
    EXPECT_EQ(refusal_of<double>(other), "not_a_number") << other;
  }
}

TEST(Convert, BooleansFromBothProtocols) {
  EXPECT_TRUE(value_of<bool>("#t\r\n"));
  EXPECT_FALSE(value_of<bool>("#f\r\n"));
  EXPECT_TRUE(value_of<bool>(":1\r\n"));
  EXPECT_EQ(value_of<std::vector<bool>>("*2\r\n:0\r\n:1\r\n"), (std::vector<bool>{false, true}));
  EXPECT_EQ(value_of<std::optional<bool>>("#t\r\n"), std::optional<bool>{true});
  for (const char* other : {":2\r\n", "$1\r\n1\r\n", "+OK\r\n", "*0\r\n"}) {
    EXPECT_EQ(refusal_of<bool>(other), "not_a_boolean") << other;
    EXPECT_EQ(refusal_of<std::optional<bool>>(other), "not_a_boolean") << other;
  }
}

TEST(Convert, NullIsNothingForAnOptionalAndAnErrorForTheRest) {
  for (const char* null : {"_\r\n", "$-1\r\n", "*-1\r\n"}) {
    EXPECT_EQ(value_of<std::optional<std::string>>(null), std::nullopt);
    EXPECT_EQ(value_of<std::optional<Strings>>(null), std::nullopt);
    EXPECT_TRUE(value_of<Reply>(null).is_null());
    EXPECT_EQ(value_of<Verdict>(null), Verdict::null);
    EXPECT_EQ(refusal_of<std::string>(null), "unexpected_null");
    EXPECT_EQ(refusal_of<int>(null), "unexpected_null");
    EXPECT_EQ(refusal_of<double>(null), "unexpected_null");
    EXPECT_EQ(refusal_of<bool>(null), "unexpected_null");
    EXPECT_EQ(refusal_of<void>(null), "unexpected_null");
    EXPECT_EQ(refusal_of<std::monostate>(null), "unexpected_null");
    EXPECT_EQ(refusal_of<Strings>(null), "unexpected_null");
    EXPECT_EQ(refusal_of<StringMap>(null), "unexpected_null");
    EXPECT_EQ((refusal_of<std::pair<int, int>>(null)), "unexpected_null");
    EXPECT_EQ(refusal_of<Point>(null), "unexpected_null");
    EXPECT_EQ(refusal_of<Answered<int>>(null), "unexpected_null");
    EXPECT_EQ(refusal_of<Strings>("*2\r\n+a\r\n"s + null), "unexpected_null");
  }
  EXPECT_EQ(value_of<std::vector<std::optional<std::string>>>("*2\r\n$1\r\na\r\n_\r\n"),
            (std::vector<std::optional<std::string>>{"a", std::nullopt}));
  EXPECT_TRUE(reply_as<std::optional<int>>(ReplyView{})->has_value() == false);
}

TEST(Convert, AnErrorOfTheServerIsAnErrorOfEveryType) {
  for (const char* error : {"-WRONGTYPE not that\r\n", "!5\r\nERR x\r\n"}) {
    EXPECT_EQ(refusal_of<std::string>(error), "error_reply");
    EXPECT_EQ(refusal_of<std::string_view>(error), "error_reply");
    EXPECT_EQ(refusal_of<int>(error), "error_reply");
    EXPECT_EQ(refusal_of<double>(error), "error_reply");
    EXPECT_EQ(refusal_of<bool>(error), "error_reply");
    EXPECT_EQ(refusal_of<void>(error), "error_reply");
    EXPECT_EQ(refusal_of<std::optional<std::string>>(error), "error_reply");
    EXPECT_EQ(refusal_of<Strings>(error), "error_reply");
    EXPECT_EQ(refusal_of<StringMap>(error), "error_reply");
    EXPECT_EQ((refusal_of<std::tuple<int, int>>(error)), "error_reply");
    EXPECT_EQ(refusal_of<Point>(error), "error_reply");
    EXPECT_EQ(refusal_of<Strings>("*2\r\n+a\r\n"s + error), "error_reply");
    EXPECT_EQ(refusal_of<StringMap>("*2\r\n+a\r\n"s + error), "error_reply");
    EXPECT_TRUE(value_of<Reply>(error).is_error());
    EXPECT_EQ(value_of<Verdict>(error), Verdict::error);
  }
}

TEST(Convert, AnAnswerKeepsTheServersText) {
  const auto refused = value_of<Answered<int>>("-WRONGTYPE not that\r\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text(), "WRONGTYPE not that");
  EXPECT_EQ(refused.error().code(), "WRONGTYPE");
  EXPECT_EQ(value_of<Answered<int>>(":5\r\n").value(), 5);
  EXPECT_TRUE(value_of<Answered<void>>("+OK\r\n"));
  EXPECT_EQ(refusal_of<Answered<int>>("+OK\r\n"), "not_an_integer");
  try {
    refused.value();
    FAIL() << "a refused answer had a value";
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), Errc::error_reply);
    EXPECT_NE(std::string_view{error.what()}.find("WRONGTYPE not that"), std::string_view::npos);
  }
  const auto both = value_of<std::tuple<Answered<void>, Answered<int>>>("*2\r\n-ERR no\r\n:2\r\n");
  EXPECT_EQ(std::get<0>(both).error().text(), "ERR no");
  EXPECT_EQ(std::get<1>(both).value(), 2);
}

TEST(Convert, NothingIsWhatEveryReplyButNullAndErrorsGives) {
  for (const char* bytes : {"+OK\r\n", ":0\r\n", "$0\r\n\r\n", "*1\r\n_\r\n", "#f\r\n"}) {
    EXPECT_EQ(refusal_of<void>(bytes), "a value");
    EXPECT_EQ(refusal_of<std::monostate>(bytes), "a value");
  }
}

TEST(Convert, SequencesFromEveryAggregate) {
  EXPECT_EQ(value_of<Strings>("*2\r\n+a\r\n$1\r\nb\r\n"), (Strings{"a", "b"}));
  EXPECT_EQ(value_of<Strings>("~2\r\n+a\r\n+b\r\n"), (Strings{"a", "b"}));
  EXPECT_EQ(value_of<Strings>("%1\r\n+a\r\n+b\r\n"), (Strings{"a", "b"})) << "as RESP2 would send it";
  EXPECT_EQ(value_of<Strings>("*0\r\n"), Strings{});
  EXPECT_EQ(value_of<std::list<int>>("*2\r\n:1\r\n:2\r\n"), (std::list<int>{1, 2}));
  EXPECT_EQ((value_of<boost::container::small_vector<int, 4>>("*1\r\n:1\r\n")[0]), 1);
  using Nested = std::vector<std::vector<int>>;
  EXPECT_EQ(value_of<Nested>("*2\r\n*1\r\n:1\r\n*0\r\n"), (Nested{{1}, {}}));
  EXPECT_EQ(value_of<std::set<std::string>>("~2\r\n+b\r\n+a\r\n"), (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(value_of<std::unordered_set<int>>("*3\r\n:1\r\n:2\r\n:1\r\n"), (std::unordered_set<int>{1, 2}));
  for (const char* other : {"+a\r\n", ":1\r\n", "#t\r\n"}) {
    EXPECT_EQ(refusal_of<Strings>(other), "not_an_aggregate") << other;
    EXPECT_EQ(refusal_of<std::set<std::string>>(other), "not_an_aggregate") << other;
  }
  EXPECT_EQ(refusal_of<std::vector<int>>("*2\r\n:1\r\n+a\r\n"), "not_an_integer");
  EXPECT_EQ(refusal_of<std::set<int>>("*2\r\n:1\r\n*0\r\n"), "not_an_integer");
}

TEST(Convert, MapsFromEveryFormInWhichPairsAreSent) {
  const StringMap expected{{"f", "v"}, {"g", "w"}};
  const std::string flat = "*4\r\n+f\r\n+v\r\n+g\r\n+w\r\n";
  const std::string map = "%2\r\n+f\r\n+v\r\n+g\r\n+w\r\n";
  const std::string nested = "*2\r\n*2\r\n+f\r\n+v\r\n*2\r\n+g\r\n+w\r\n";
  for (const std::string& form : {flat, map, nested}) {
    EXPECT_EQ(value_of<StringMap>(form), expected) << form;
    EXPECT_EQ((value_of<std::unordered_map<std::string, std::string>>(form).at("g")), "w") << form;
    EXPECT_EQ((value_of<boost::container::flat_map<std::string, std::string>>(form).size()), 2U) << form;
    EXPECT_EQ((value_of<std::vector<std::pair<std::string, std::string>>>(form)[1].second), "w") << form;
  }
  for (const char* empty : {"*0\r\n", "%0\r\n", "~0\r\n"}) EXPECT_EQ(value_of<StringMap>(empty), StringMap{}) << empty;
  EXPECT_EQ(value_of<StringMap>("*4\r\n+f\r\n+1\r\n+f\r\n+2\r\n"), (StringMap{{"f", "1"}}));
  EXPECT_EQ((value_of<std::multimap<std::string, int>>("*4\r\n+f\r\n:1\r\n+f\r\n:2\r\n").size()), 2U);
}

TEST(Convert, ScoresOfBothProtocols) {
  const Scores expected{{"a", 1.5}, {"b", -2}};
  EXPECT_EQ(value_of<Scores>("*4\r\n$1\r\na\r\n$3\r\n1.5\r\n$1\r\nb\r\n$2\r\n-2\r\n"), expected) << "RESP2";
  EXPECT_EQ(value_of<Scores>("*2\r\n*2\r\n$1\r\na\r\n,1.5\r\n*2\r\n$1\r\nb\r\n,-2\r\n"), expected) << "RESP3";
}

TEST(Convert, StreamsOfBothProtocols) {
  using Entry = std::pair<std::string, std::vector<std::pair<std::string, std::string>>>;
  using Streams = std::map<std::string, std::vector<Entry>>;
  const std::string entries = "*1\r\n*2\r\n$3\r\n1-0\r\n*4\r\n+f\r\n+v\r\n+f\r\n+w\r\n";
  const Streams expected{{"s", {{"1-0", {{"f", "v"}, {"f", "w"}}}}}};
  EXPECT_EQ(value_of<Streams>("%1\r\n+s\r\n" + entries), expected);
  EXPECT_EQ(value_of<Streams>("*1\r\n*2\r\n+s\r\n" + entries), expected);
}

TEST(Convert, BrokenPairsAreRefusedByName) {
  EXPECT_EQ(refusal_of<StringMap>("*3\r\n+a\r\n+b\r\n+c\r\n"), "wrong_size");
  EXPECT_EQ(refusal_of<StringMap>("*2\r\n*2\r\n+a\r\n+b\r\n*1\r\n+c\r\n"), "wrong_size");
  EXPECT_EQ(refusal_of<StringMap>("*1\r\n*3\r\n+a\r\n+b\r\n+c\r\n"), "wrong_size");
  EXPECT_EQ(refusal_of<StringMap>("*2\r\n*2\r\n+a\r\n+b\r\n+c\r\n"), "not_an_aggregate");
  EXPECT_EQ(refusal_of<StringMap>("*2\r\n+a\r\n*2\r\n+b\r\n+c\r\n"), "not_a_string");
  EXPECT_EQ(refusal_of<StringMap>("%1\r\n*0\r\n+c\r\n"), "not_a_string");
  EXPECT_EQ(refusal_of<StringMap>("%1\r\n+c\r\n_\r\n"), "unexpected_null");
  EXPECT_EQ(refusal_of<StringMap>("*2\r\n_\r\n+a\r\n"), "unexpected_null");
  EXPECT_EQ(refusal_of<StringMap>("$1\r\na\r\n"), "not_an_aggregate");
  EXPECT_EQ(refusal_of<Scores>("*2\r\n+a\r\n+b\r\n"), "not_a_number");
}

TEST(Convert, TuplesOfExactlyTheirSize) {
  EXPECT_EQ((value_of<std::array<int, 2>>("*2\r\n:1\r\n:2\r\n")), (std::array<int, 2>{1, 2}));
  EXPECT_EQ((value_of<std::tuple<std::string, int, bool>>("*3\r\n+a\r\n:1\r\n#t\r\n")),
            (std::tuple<std::string, int, bool>{"a", 1, true}));
  EXPECT_EQ((value_of<std::optional<std::pair<std::string, std::string>>>("*2\r\n+list\r\n+element\r\n")),
            (std::pair<std::string, std::string>{"list", "element"}));
  EXPECT_EQ(value_of<std::tuple<>>("*0\r\n"), std::tuple<>{});
  EXPECT_EQ(refusal_of<std::tuple<>>("*1\r\n:1\r\n"), "wrong_size");
  EXPECT_EQ((refusal_of<std::array<int, 2>>("*1\r\n:1\r\n")), "wrong_size");
  EXPECT_EQ((refusal_of<std::pair<int, int>>("*3\r\n:1\r\n:2\r\n:3\r\n")), "wrong_size");
  EXPECT_EQ((refusal_of<std::pair<int, int>>(":1\r\n")), "not_an_aggregate");
  EXPECT_EQ((refusal_of<std::tuple<int, int>>("*2\r\n:1\r\n+a\r\n")), "not_an_integer");
  EXPECT_EQ((refusal_of<std::array<int, 2>>("*2\r\n_\r\n:1\r\n")), "unexpected_null");
}

TEST(Convert, TypesOfTheUsersOwn) {
  EXPECT_EQ(value_of<Point>("*2\r\n:1\r\n$2\r\n-2\r\n"), (Point{1, -2}));
  EXPECT_EQ(value_of<std::vector<Point>>("*1\r\n*2\r\n:1\r\n:2\r\n"), (std::vector<Point>{{1, 2}}));
  EXPECT_EQ((value_of<std::map<std::string, Point>>("%1\r\n+a\r\n*2\r\n:1\r\n:2\r\n").at("a")), (Point{1, 2}));
  EXPECT_EQ(refusal_of<Point>("*2\r\n:1\r\n+a\r\n"), "not_an_integer");
}

TEST(Convert, RepliesAsTheyAre) {
  for (const char* bytes : {"+OK\r\n", "-ERR\r\n", "_\r\n", "*1\r\n:1\r\n"}) {
    EXPECT_EQ(value_of<Reply>(bytes).view().frame(), bytes);
    EXPECT_EQ(reply_as<ReplyView>(ReplyView{bytes})->frame(), bytes);
  }
  const auto parts = value_of<std::vector<Reply>>("*2\r\n-ERR\r\n*1\r\n_\r\n");
  EXPECT_TRUE(parts[0].is_error());
  EXPECT_EQ(parts[1].size(), 1U);
}

}  // namespace
}  // namespace trackside

// Unit tests of the RESP part: what is accepted and what is refused, table by table, and the cost of hostile pieces.
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "resp/frame_buffer.hpp"
#include "resp/request_buffer.hpp"
#include "resp/writer.hpp"
#include "trackside/command.hpp"
#include "trackside/reply.hpp"

namespace {

using namespace std::string_literals;
using trackside::Command;
using trackside::Errc;
using trackside::Reply;
using trackside::ReplyLimits;
using trackside::ReplyType;
using trackside::ReplyView;
using trackside::resp::FrameBuffer;
using trackside::resp::Protocol;
using trackside::resp::RequestBuffer;

/// "frame: <bytes>", "incomplete" or the error's name: the first thing that comes out.
std::string first_of(std::string_view bytes, ReplyLimits limits = {}) {
  FrameBuffer buffer(limits);
  buffer.feed(bytes);
  const FrameBuffer::Next next = buffer.next();
  switch (next.status) {
    case FrameBuffer::Status::frame: return "frame: " + std::string(next.frame.frame());
    case FrameBuffer::Status::incomplete: return "incomplete";
    case FrameBuffer::Status::error: break;
  }
  return std::string(trackside::name_of(static_cast<Errc>(next.error.value())));
}

TEST(Resp, EveryTypeIsAccepted) {
  const std::vector<std::pair<std::string, ReplyType>> table{
      {"+OK\r\n", ReplyType::simple_string}, {"+\r\n", ReplyType::simple_string},
      {"-ERR no\r\n", ReplyType::error},     {"!5\r\nERR x\r\n", ReplyType::error},
      {":0\r\n", ReplyType::integer},        {":-9223372036854775808\r\n", ReplyType::integer},
      {"$0\r\n\r\n", ReplyType::bulk_string}, {"$3\r\na\r\n\r\n", ReplyType::bulk_string},
      {"$-1\r\n", ReplyType::null},          {"*-1\r\n", ReplyType::null},
      {"_\r\n", ReplyType::null},            {"#t\r\n", ReplyType::boolean},
      {"#f\r\n", ReplyType::boolean},        {",1.5e-3\r\n", ReplyType::number},
      {",-inf\r\n", ReplyType::number},      {",-nan\r\n", ReplyType::number},
      {"(-12345678901234567890\r\n", ReplyType::big_number},
      {"=5\r\ntxt:a\r\n", ReplyType::verbatim}, {"*0\r\n", ReplyType::array},
      {"~1\r\n:1\r\n", ReplyType::set},      {"%1\r\n+a\r\n*0\r\n", ReplyType::map},
      {">2\r\n$10\r\ninvalidate\r\n_\r\n", ReplyType::push}};
  for (const auto& [bytes, type] : table) {
    EXPECT_EQ(first_of(bytes), "frame: " + bytes);
    EXPECT_EQ(ReplyView{bytes}.type(), type) << bytes;
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(first_of(bytes.substr(0, size)), "incomplete") << bytes << " cut at " << size;
    }
  }
}

TEST(Resp, WhatIsNotRespIsRefused) {
  const std::vector<std::string> table{
      "HTTP/1.1 400", "\r\n", " ", "\0"s, ";4\r\n", ".\r\n", "+a\n", "+a\rb", "+a\r\r\n", "-\n", ":\r\n", ":+1\r\n",
      ":01\r\n", ":-0\r\n", ":-\r\n", ":1a\r\n", ": 1\r\n", ":9223372036854775808\r\n", "$\r\n", "$+1\r\n", "$01\r\n",
      "$-2\r\n", "$-0\r\n", "$?\r\n", "$1 \r\n", "$99999999999999999999\r\n", "$1\r\nabc", "$1\r\na\rx", "!-1\r\n",
      "=-1\r\n", "=3\r\nabc\r\n", "=4\r\nabcd\r\n", "*?\r\n", "*-2\r\n", "*1.0\r\n", "%-1\r\n", "~-1\r\n", ">-1\r\n",
      "|-1\r\n", "%?\r\n", "_x\r\n", "_ \r\n", "#\r\n", "#T\r\n", "#tt\r\n", "#1\r\n", ",\r\n", ",+1\r\n", ",1.\r\n",
      ",.5\r\n", ",1e\r\n", ",Inf\r\n", ",infinity\r\n", ",0x1\r\n", ",--1\r\n", ",1 \r\n", "(\r\n", "(-\r\n",
      "(+1\r\n", "(1.0\r\n", "*1\r\n>0\r\n", ":00000000000000000000000000000000000"};
  for (const std::string& bytes : table) {
    EXPECT_EQ(first_of(bytes), "protocol_error") << bytes;
    EXPECT_EQ(first_of("*2\r\n:1\r\n" + bytes), "protocol_error") << "nested " << bytes;
  }
}

TEST(Resp, AttributesAreNotSeen) {
  EXPECT_EQ(first_of("|1\r\n+ttl\r\n:5\r\n$1\r\na\r\n"), "frame: $1\r\na\r\n");
  EXPECT_EQ(first_of("|0\r\n|1\r\n+a\r\n|1\r\n+x\r\n+y\r\n*1\r\n:1\r\n:7\r\n"), "frame: :7\r\n");
  EXPECT_EQ(first_of("*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n"), "frame: *2\r\n:1\r\n:2\r\n");
  EXPECT_EQ(first_of("*2\r\n:1\r\n|1\r\n+a\r\n|1\r\n+c\r\n+d\r\n*1\r\n+b\r\n|0\r\n~1\r\n|0\r\n:2\r\n"),
            "frame: *2\r\n:1\r\n~1\r\n:2\r\n");
  EXPECT_EQ(first_of("*1\r\n|1\r\n+a\r\n+b\r\n"), "incomplete");
  EXPECT_EQ(first_of("|1\r\n+a\r\n+b\r\n"), "incomplete");
}

TEST(Resp, LimitsAreDecidedAtTheHeader) {
  EXPECT_EQ(first_of("$1000\r\n", {100, 8}), "reply_too_large");
  EXPECT_EQ(first_of("$93\r\n", {100, 8}), "incomplete");
  EXPECT_EQ(first_of("$94\r\n", {100, 8}), "reply_too_large");
  EXPECT_EQ(first_of("!1000\r\n", {100, 8}), "reply_too_large");
  EXPECT_EQ(first_of("$9223372036854775807\r\n"), "reply_too_large");
  EXPECT_EQ(first_of("*9223372036854775807\r\n"), "reply_too_large");
  EXPECT_EQ(first_of("%9223372036854775807\r\n", {~std::size_t{0}, 8}), "reply_too_large");
  EXPECT_EQ(first_of("*31\r\n", {100, 8}), "incomplete");
  EXPECT_EQ(first_of("*32\r\n", {100, 8}), "reply_too_large");
  EXPECT_EQ(first_of("%16\r\n", {100, 8}), "reply_too_large");
  EXPECT_EQ(first_of("|16\r\n", {100, 8}), "reply_too_large");
  EXPECT_EQ(first_of("*20\r\n*15\r\n", {100, 8}), "reply_too_large") << "announced by both together";
  EXPECT_EQ(first_of("+" + std::string(98, 'a'), {100, 8}), "reply_too_large");
  EXPECT_EQ(first_of("*1\r\n*1\r\n*1\r\n", {100, 2}), "reply_too_deep");
  EXPECT_EQ(first_of("*1\r\n|1\r\n*0\r\n", {100, 2}), "reply_too_deep");
  EXPECT_EQ(first_of("*1\r\n*0\r\n", {100, 2}), "frame: *1\r\n*0\r\n");
}

TEST(Resp, ALineIsAtMost64KiB) {
  const std::string longest(64 * 1024, 'a');
  EXPECT_EQ(first_of("+" + longest), "incomplete");
  EXPECT_EQ(first_of("+" + longest + "\r\n"), "frame: +" + longest + "\r\n");
  EXPECT_EQ(first_of("+" + longest + "a"), "protocol_error");
  EXPECT_EQ(first_of("+" + longest + "a\r\n"), "protocol_error");
}

TEST(Resp, AnErrorIsFinalUntilCleared) {
  FrameBuffer buffer(ReplyLimits{});
  buffer.feed("+OK\r\n?");
  EXPECT_EQ(buffer.next().status, FrameBuffer::Status::frame);
  EXPECT_EQ(buffer.next().error, Errc::protocol_error);
  buffer.feed("+OK\r\n");
  EXPECT_EQ(buffer.next().error, Errc::protocol_error);
  buffer.clear();
  EXPECT_EQ(buffer.next().status, FrameBuffer::Status::incomplete);
  buffer.feed("+OK\r\n");
  EXPECT_EQ(buffer.next().frame.as_string().value(), "OK");
}

TEST(Resp, ReadersConvertWhatTheyCanAndNameWhatTheyCannot) {
  const auto integer = [](std::string_view frame) { return ReplyView{frame}.as_integer(); };
  EXPECT_EQ(integer(":-12\r\n").value(), -12);
  EXPECT_EQ(integer("$2\r\n42\r\n").value(), 42);
  EXPECT_EQ(integer("=6\r\ntxt:42\r\n").value(), 42);
  EXPECT_EQ(integer("(7\r\n").value(), 7);
  for (const std::string_view frame : {"$2\r\n07\r\n", "$2\r\n 7\r\n", "$0\r\n\r\n", "-5\r\n", "#t\r\n", ",1\r\n",
                                       "_\r\n", "*0\r\n", "(12345678901234567890\r\n", ""}) {
    EXPECT_EQ(integer(frame).error(), Errc::not_an_integer) << frame;
  }
  const auto number = [](std::string_view frame) { return ReplyView{frame}.as_number(); };
  EXPECT_EQ(number(",0.5\r\n").value(), 0.5);
  EXPECT_EQ(number(":3\r\n").value(), 3.0);
  EXPECT_EQ(number("$4\r\n-inf\r\n").value(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(number("(12345678901234567890\r\n").value(), 12345678901234567890.0);
  for (const std::string_view frame : {"$3\r\n1e \r\n", ",1e999\r\n", "-1\r\n", "#t\r\n", "$-1\r\n", ""}) {
    EXPECT_EQ(number(frame).error(), Errc::not_a_number) << frame;
  }
  const auto boolean = [](std::string_view frame) { return ReplyView{frame}.as_boolean(); };
  EXPECT_TRUE(boolean("#t\r\n").value());
  EXPECT_FALSE(boolean("#f\r\n").value());
  EXPECT_TRUE(boolean(":1\r\n").value());
  EXPECT_FALSE(boolean(":0\r\n").value());
  for (const std::string_view frame : {":2\r\n", ":10\r\n", ":-1\r\n", "$1\r\n1\r\n", "_\r\n", ""}) {
    EXPECT_EQ(boolean(frame).error(), Errc::not_a_boolean) << frame;
  }
  for (const std::string_view frame : {":2\r\n", "$-1\r\n", "*-1\r\n", "_\r\n", "#t\r\n", ",1\r\n", "*0\r\n", ""}) {
    EXPECT_EQ(ReplyView{frame}.as_string().error(), Errc::not_a_string) << frame;
  }
}

TEST(Resp, ElementsOfAggregatesAreExactFrames) {
  const Reply reply{ReplyView{"%2\r\n+a\r\n*2\r\n:1\r\n$-1\r\n+b\r\n=5\r\ntxt:x\r\n"}};
  ASSERT_EQ(reply.size(), 4u);
  EXPECT_EQ(reply[1].frame(), "*2\r\n:1\r\n$-1\r\n");
  EXPECT_TRUE(reply[1][1].is_null());
  EXPECT_EQ(reply[3].as_string().value(), "x");
  EXPECT_EQ(Reply{reply[1]}.size(), 2u);
  EXPECT_TRUE(reply[4].frame().empty());
}

TEST(Resp, RepliesReadAsText) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "(nil)"}, {"_\r\n", "(nil)"}, {"$2\r\nv1\r\n", "\"v1\""}, {"+OK\r\n", "OK"}, {":3\r\n", "(integer) 3"},
      {"-ERR no\r\n", "(error) ERR no"}, {"!3\r\nE\n1\r\n", "(error) E\\n1"}, {",1.5\r\n", "(double) 1.5"},
      {"#t\r\n", "(true)"}, {"(12\r\n", "(big number) 12"}, {"=5\r\ntxt:a\r\n", "\"a\""},
      {"*2\r\n$1\r\na\r\n$-1\r\n", "[\"a\", (nil)]"}, {"*0\r\n", "[]"},
      {"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "{a: (integer) 1, b: (integer) 2}"}, {"~1\r\n:1\r\n", "set[(integer) 1]"},
      {">2\r\n+invalidate\r\n*1\r\n+k\r\n", "push[invalidate, [k]]"},
      {"$4\r\n\"\\\x01\xff\r\n", "\"\\\"\\\\\\x01\\xff\""}};
  for (const auto& [frame, text] : table) {
    EXPECT_EQ(trackside::to_text(ReplyView{frame}), text);
  }
  EXPECT_EQ(trackside::to_text(ReplyView{"$5\r\nabcde\r\n"}, 7), "\"abcde\"");
  EXPECT_EQ(trackside::to_text(ReplyView{"$5\r\nabcde\r\n"}, 6), "\"ab...");
  EXPECT_EQ(trackside::to_text(ReplyView{"$5\r\nabcde\r\n"}, 2), "..");
}

TEST(Resp, CommandsAreArraysOfBulkStrings) {
  std::string out = "x";
  const Command command{"SET", "k\r\n", ""};
  command.encode(out);
  EXPECT_EQ(out, "x*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n$0\r\n\r\n");
  EXPECT_EQ(command.encoded_size(), out.size() - 1);
  EXPECT_EQ(command[1], "k\r\n");
  EXPECT_FALSE((Command{"HMGET", "k", "a", "bc"}) == (Command{"HMGET", "k", "ab", "c"}));
  EXPECT_TRUE(Command{}.empty());
  Command mget{"MGET"};
  for (int i = 0; i < 12; ++i) {
    mget.add("key");
  }
  out.clear();
  mget.encode(out);
  EXPECT_EQ(out.substr(0, 5), "*13\r\n");
  EXPECT_EQ(mget.encoded_size(), out.size());
}

/// The requests found, arguments in brackets, then the error's text.
std::string requests_of(std::string_view bytes) {
  RequestBuffer buffer;
  buffer.feed(bytes);
  std::vector<std::string_view> arguments;
  std::string text;
  while (buffer.next(arguments) == RequestBuffer::Status::request) {
    for (const std::string_view argument : arguments) {
      text += "[" + std::string(argument) + "]";
    }
    text += ";";
  }
  return text + buffer.error_text();
}

TEST(Resp, RequestsAreReadAsRedisReadsThem) {
  const std::string many(70000, '1');
  const std::string error = "ERR Protocol error: ";
  const std::vector<std::pair<std::string, std::string>> table{
      {"*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n", "[GET][k];[PING];"}, {"*1\r\n$4\r\nPING", ""},
      {"*0\r\nPING\r\n", "[PING];"}, {"*-5\r\n\r\n\nPING\n", "[PING];"}, {"*1\rX$4\rYPINGZZ", "[PING];"},
      {"*x\r\n", error + "invalid multibulk length"}, {"*01\r\n", error + "invalid multibulk length"},
      {"*-0\r\n", error + "invalid multibulk length"}, {"*2147483648\r\n", error + "invalid multibulk length"},
      {"*2147483647\r\n", ""}, {"*1\r\nxabc\r\n", error + "expected '$', got 'x'"},
      {"*1\r\n\r\n", error + "expected '$', got ' '"}, {"*1\r\n$-1\r\n", error + "invalid bulk length"},
      {"*1\r\n$x\r\n", error + "invalid bulk length"}, {"*1\r\n$536870913\r\n", error + "invalid bulk length"},
      {"*1\r\n$536870912\r\n", ""}, {many, error + "too big inline request"},
      {"*" + many, error + "too big mbulk count string"}, {"*1\r\n$" + many, error + "too big bulk count string"},
      {"PING \"abc\r\n", error + "unbalanced quotes in request"},
      {"PING 'a'b\r\n", error + "unbalanced quotes in request"},
      {"PING a\"b c\"\r\n", "[PING][ab c];"}, {"PING 'it\\'s'\r\n", "[PING][it's];"},
      {"PING \"\\x41\\n\\t\\q\\\"\"\r\n", "[PING][A\n\tq\"];"}, {"  PING   x\t \"\" \r\n", "[PING][x][];"}};
  for (const auto& [bytes, expected] : table) {
    EXPECT_EQ(requests_of(bytes), expected) << bytes.substr(0, 40);
  }
}

TEST(Resp, WritersFollowTheProtocolVersion) {
  std::string two;
  std::string three;
  for (auto [out, protocol] : {std::pair{&two, Protocol::resp2}, std::pair{&three, Protocol::resp3}}) {
    trackside::resp::null(*out, protocol);
    trackside::resp::null_array(*out, protocol);
    trackside::resp::boolean(*out, true, protocol);
    trackside::resp::number(*out, 0.1, protocol);
    trackside::resp::verbatim(*out, "a", protocol);
    trackside::resp::map_header(*out, 2, protocol);
    trackside::resp::set_header(*out, 1, protocol);
    trackside::resp::push_header(*out, 2, protocol);
  }
  EXPECT_EQ(two, "$-1\r\n*-1\r\n:1\r\n$19\r\n0.10000000000000001\r\n$1\r\na\r\n*4\r\n*1\r\n*2\r\n");
  EXPECT_EQ(three, "_\r\n_\r\n#t\r\n,0.10000000000000001\r\n=5\r\ntxt:a\r\n%2\r\n~1\r\n>2\r\n");
  std::string out;
  trackside::resp::simple(out, "OK");
  trackside::resp::error(out, "ERR a\r\n+b");
  EXPECT_EQ(out, "+OK\r\n-ERR a  +b\r\n");
}

TEST(Resp, EveryErrorHasANameAndASentence) {
  EXPECT_STREQ(trackside::error_category().name(), "trackside");
  std::string seen;
  for (int value = 1; value <= static_cast<int>(Errc::sentinel_unsupported); ++value) {
    const auto code = static_cast<Errc>(value);
    EXPECT_NE(trackside::name_of(code), "unknown") << value;
    const std::string sentence = make_error_code(code).message();
    EXPECT_GT(sentence.size(), 20u) << value;
    EXPECT_EQ(seen.find(sentence + "\n"), std::string::npos) << "said twice: " << sentence;
    seen += sentence + "\n";
  }
}

/// Bytes examined while `bytes` arrive in pieces of `size`.
std::uint64_t cost_of(const std::string& bytes, std::size_t size, std::size_t frames_expected) {
  FrameBuffer buffer(ReplyLimits{});
  std::size_t frames = 0;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    buffer.feed(std::string_view(bytes).substr(at, size));
    while (buffer.next().status == FrameBuffer::Status::frame) {
      ++frames;
    }
  }
  EXPECT_EQ(frames, frames_expected);
  return buffer.examined();
}

TEST(Resp, TheCostOfAFrameIsLinearInItsBytesHoweverTheyAreCut) {
  const std::string bulk = "$10000000\r\n" + std::string(10'000'000, 'x') + "\r\n";
  EXPECT_LE(cost_of(bulk, 1024, 1), 40u);
  EXPECT_LE(cost_of(bulk, 1, 1), 40u);
  const std::string line = "+" + std::string(60'000, 'x') + "\r\n";
  EXPECT_LE(cost_of(line, 1, 1), 3 * line.size());
  std::string array = "*100000\r\n";
  for (int i = 0; i < 100'000; ++i) {
    array += "|1\r\n+a\r\n:1\r\n$5\r\nhello\r\n";
  }
  EXPECT_LE(cost_of(array, 1, 1), 3 * array.size());
  EXPECT_LE(cost_of(array, 1000, 1), 3 * array.size());
}

TEST(Resp, FeedingBetweenFramesDoesNotMoveTheBytesEachTime) {
  FrameBuffer buffer(ReplyLimits{});
  std::string bytes;
  for (int i = 0; i < 800'000; ++i) {
    bytes += "+OK\r\n";
  }
  buffer.feed(bytes);
  for (int i = 0; i < 800'000; ++i) {  // moving 4 MB every time would take minutes: the test's time limit
    ASSERT_EQ(buffer.next().status, FrameBuffer::Status::frame);
    buffer.feed("+");
    buffer.feed("x\r\n");
  }
}

TEST(Resp, AnEndlessStreamWithoutAPauseIsHeldInBoundedMemory) {
  FrameBuffer buffer(ReplyLimits{100, 8});
  std::string bytes;
  for (int i = 0; i < 1000; ++i) {
    bytes += "$50\r\n" + std::string(50, 'x') + "\r\n";
  }
  for (std::size_t at = 0; at < bytes.size(); at += 31) {  // every piece but the last ends inside a frame
    buffer.feed(std::string_view(bytes).substr(at, 31));
    while (buffer.next().status == FrameBuffer::Status::frame) {
    }
    ASSERT_LE(buffer.capacity(), 131u);
  }
}

TEST(Resp, AHugeReplyDoesNotKeepItsMemory) {
  FrameBuffer buffer(ReplyLimits{});
  buffer.feed("$10000000\r\n" + std::string(10'000'000, 'x') + "\r\n");
  EXPECT_EQ(buffer.next().status, FrameBuffer::Status::frame);
  buffer.feed("+OK\r\n");
  EXPECT_EQ(buffer.next().status, FrameBuffer::Status::frame);
  EXPECT_LT(buffer.capacity(), 1000u);
}

}  // namespace

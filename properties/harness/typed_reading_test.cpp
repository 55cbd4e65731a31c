// What the harness says of how programs read replies: it must see every mistake that it is there for.
#include "properties/testing/running/typed_reading.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace trackside::testing {
namespace {

using Words = std::vector<std::string>;

std::string wrong(const Words& words, std::string_view frame, Protocol protocol = Protocol::resp3) {
  return misreading(words, ReplyView{frame}, protocol);
}

TEST(TypedReading, RepliesOfTheRightFormAreRead) {
  EXPECT_EQ(wrong({"GET", "k"}, "$2\r\nv1\r\n"), "");
  EXPECT_EQ(wrong({"GET", "k"}, "_\r\n"), "");
  EXPECT_EQ(wrong({"GET", "k"}, "$-1\r\n", Protocol::resp2), "");
  EXPECT_EQ(wrong({"GET", "k"}, "-WRONGTYPE no string\r\n"), "");
  EXPECT_EQ(wrong({"HGETALL", "k"}, "%2\r\n$1\r\nb\r\n$1\r\n1\r\n$1\r\na\r\n$1\r\n2\r\n"), "");
  EXPECT_EQ(wrong({"ZRANGE", "k", "0", "-1", "WITHSCORES"}, "*1\r\n*2\r\n$1\r\na\r\n,1.5\r\n"), "");
  EXPECT_EQ(wrong({"SET", "k", "v", "NX"}, "_\r\n"), "");
  EXPECT_EQ(wrong({"SET", "k", "v", ";", "GET", "k"}, "*2\r\n+OK\r\n$1\r\nv\r\n"), "") << "no command of a table";
}

TEST(TypedReading, OthersAreNot) {
  EXPECT_NE(wrong({"GET", "k"}, "*0\r\n"), "") << "not a string";
  EXPECT_NE(wrong({"GET", "k"}, ":1\r\n"), "") << "not a string either";
  EXPECT_NE(wrong({"GET", "k"}, "+v1\r\n"), "") << "the right text in another form";
  EXPECT_NE(wrong({"GET", "k"}, "$-1\r\n"), "") << "the null of the other protocol";
  EXPECT_NE(wrong({"STRLEN", "k"}, "$1\r\n2\r\n"), "") << "the right number in another form";
  EXPECT_NE(wrong({"SMEMBERS", "k"}, "*1\r\n$1\r\na\r\n"), "") << "an array for a set";
  EXPECT_NE(wrong({"ZADD", "k", "05", "m"}, ":1\r\n"), "") << "not what the typed command sends";
}

}  // namespace
}  // namespace trackside::testing

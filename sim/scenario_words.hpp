// The words of one line of a scenario's text, how they are written, and how they are read as numbers and times.
//
// Words are separated by blanks; double quotes keep blanks, `#` and anything else together, with \", \\ and \xNN
// inside; `#` outside quotes begins a comment. Neighbours: scenario.cpp, scenario_client.cpp and scenario_parse.cpp,
// which know what the words mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/instant.hpp"
#include "sim/scenario.hpp"

namespace trackside::sim {

/// Times are at most so long, so that sums of them stay in range.
inline constexpr Instant longest_time = 1'000'000 * second;

/// As `time` reads it. Requires a time that is not negative.
std::string seconds(Instant at);
/// One word that reads as `word`: in quotes if it needs them.
std::string quoted(std::string_view word);

/// Reads words one by one; the first thing that is wrong stays in `error`, and from then on nothing succeeds.
class LineReader {
 public:
  LineReader(std::string_view line, std::size_t number, ParseError& error);

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return next_ == words_.size(); }
  /// The next word without taking it; empty at the end.
  std::string_view peek() const noexcept { return at_end() ? std::string_view{} : std::string_view(words_[next_]); }

  std::string word(std::string_view expected);
  void literal(std::string_view wanted);
  std::uint64_t number(std::string_view expected, std::uint64_t max = UINT64_MAX);
  std::uint64_t hexadecimal(std::string_view expected);
  Instant time(std::string_view expected);
  /// Splits the next word at its first `=`.
  struct Assignment {
    std::string name;
    std::string value;
  };
  Assignment assignment(std::string_view expected);
  void end();

  void fail(std::string_view expected, std::string_view found);

  // The same for text that is part of a word.
  std::uint64_t number_in(std::string_view text, std::string_view expected, std::uint64_t max);
  std::int64_t signed_in(std::string_view text, std::string_view expected);
  Instant time_in(std::string_view text, std::string_view expected);
  bool answer_in(std::string_view text);  // yes or no

 private:
  void split(std::string_view line);
  std::size_t unquote(std::string_view line, std::size_t position, std::string& out);

  std::size_t number_;
  ParseError& error_;
  bool ok_ = true;
  std::vector<std::string> words_;
  std::size_t next_ = 0;
};

}  // namespace trackside::sim

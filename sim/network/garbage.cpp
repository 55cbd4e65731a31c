// See garbage.hpp.
#include "sim/network/garbage.hpp"

#include <array>
#include <string_view>

namespace trackside::sim {
namespace {

// Ends the connection.
constexpr std::array<std::string_view, 48> malformed = {
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "?what\r\n",
    "\r\n",
    "+O\nK\r\n",
    "+OK\rX",
    ":12a\r\n",
    ":\r\n",
    ":01\r\n",
    ":-\r\n",
    ":-0\r\n",
    ":+1\r\n",
    ":9223372036854775808\r\n",
    ":11111111111111111111111111111111111111111\r\n",
    "$-2\r\n",
    "$x\r\n",
    "$3\r\nabcde\r\n",
    "$3\r\nabc\rX",
    "$99999999999\r\n",
    "$999999999999999999\r\n",
    "*-2\r\n",
    "*x\r\n",
    "*\r\n",
    "*1000000000\r\n",
    "*170000000\r\n*170000000\r\n",
    "%170000000\r\n",
    "*178956960\r\n+as long as all of its elements may be, and a bit longer\r\n",
    "#x\r\n",
    ",1.2.3\r\n",
    ",1e\r\n",
    ",.5\r\n",
    ",\r\n",
    ",1e+\r\n",
    "(12x\r\n",
    "(\r\n",
    "=3\r\nabc\r\n",
    "=7\r\ntxt;abc\r\n",
    "_x\r\n",
    "!-1\r\n",
    "%-1\r\n",
    "~x\r\n",
    "$?\r\n",
    "*?\r\n",
    "*1\r\n>1\r\n+x\r\n",
    "|1\r\n+k\r\n>1\r\n+x\r\n",
    ">2\r\n$10\r\ninvalidate\r\n*1\r\n?",
    ">2\r\n$10\r\ninvalidate\r\n:5\r\n?",
    ">2\r\n$10\r\ninvalidate\r\n*1\r\n:1\r\n?",
    ">2\r\n$10\r\ninvalidate\r\n%1\r\n+k\r\n+v\r\n?",
};

// Says nothing to a cache.
constexpr std::array<std::string_view, 22> meaningless = {
    ">0\r\n",
    ">1\r\n+news\r\n",
    ">2\r\n:1\r\n:2\r\n",
    ">1\r\n$-1\r\n",
    ">7\r\n+types\r\n,1.5\r\n(123\r\n=6\r\ntxt:hi\r\n#t\r\n_\r\n!5\r\nERR x\r\n",
    ">3\r\n+nested\r\n%1\r\n+k\r\n~2\r\n,inf\r\n,-inf\r\n*2\r\n*0\r\n*-1\r\n",
    ">8\r\n+numbers\r\n,-1.5e10\r\n,nan\r\n,3\r\n(-12\r\n,1E-3\r\n,-nan\r\n:-9223372036854775808\r\n",
    ">2\r\n+empty\r\n%0\r\n",
    ">2\r\n+no\r\n#f\r\n",
    ">2\r\n$10\r\ninvalidate\r\n*0\r\n",
    ">3\r\n+message\r\n+channel\r\n+text\r\n",
    ">3\r\n+message\r\n+switch-master\r\n+mymaster\r\n",
    ">3\r\n+message\r\n$14\r\n+switch-master\r\n$29\r\nother 10.0.0.1 1 10.0.0.2 1 x\r\n",
    ">3\r\n+message\r\n$14\r\n+switch-master\r\n$16\r\nmymaster nowhere\r\n",
    ">3\r\n+sunsubscribe\r\n+channel\r\n:0\r\n",
    ">3\r\n+sunsubscribe\r\n_\r\n:0\r\n",
    ">3\r\n+ssubscribe\r\n+channel\r\n:1\r\n",
    "|1\r\n+ttl\r\n:1\r\n>1\r\n+tagged\r\n",
    "|1\r\n+key-popularity\r\n%1\r\n$1\r\na\r\n,0.19\r\n",
    "|0\r\n",
    ">3\r\n+inside\r\n|1\r\n+a\r\n:1\r\n*2\r\n|1\r\n+b\r\n%1\r\n+c\r\n|0\r\n+d\r\n"
    "_\r\n:2\r\n|1\r\n+e\r\n:3\r\n+end\r\n",
    ">3\r\n+inside\r\n*1\r\n|1\r\n+a\r\n|1\r\n+b\r\n:1\r\n:2\r\n$3\r\nabc\r\n|1\r\n+c\r\n:3\r\n:4\r\n",
};

constexpr std::size_t deeper_than_allowed = 200;
constexpr std::size_t longer_than_allowed = 70'000;

// Too long to be written down.
constexpr std::uint64_t long_ones = 2;

}  // namespace

std::uint64_t garbage_kinds() { return malformed.size() + meaningless.size() + long_ones; }

std::string garbage_of(std::uint64_t kind) {
  if (kind < malformed.size()) {
    return std::string{malformed[kind]};
  }
  kind -= malformed.size();
  if (kind < meaningless.size()) {
    return std::string{meaningless[kind]};
  }
  if (kind > meaningless.size()) {
    return '+' + std::string(longer_than_allowed, 'x');
  }
  std::string nested;
  for (std::size_t depth = 0; depth < deeper_than_allowed; ++depth) {
    nested += "*1\r\n";
  }
  return nested;
}

}  // namespace trackside::sim

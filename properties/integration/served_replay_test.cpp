// The same bytes to a real redis-server and to `trackside serve`, over the same kind of sockets: the same bytes back.
//
// After every step both are brought to rest by two PINGs on a connection of its own. "@0" stands for a connection's
// client id. Neighbours: twin_servers.hpp does the same without sockets, on random commands.
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "properties/integration/normalise.hpp"
#include "properties/integration/twin_servers.hpp"
#include "properties/tool/served_process.hpp"

namespace trackside::testing {
namespace {

/// One server and three connections to it.
class Side {
 public:
  explicit Side(std::uint16_t port) : control_(port) {
    control_.send("FLUSHALL\r\n");
    control_.await_line();
    for (int count = 0; count < 3; ++count) {
      connections_.emplace_back(port);
      connections_.back().send("CLIENT ID\r\n");
      ids_.push_back(std::stoll(connections_.back().await_line().substr(1)));
    }
  }

  /// What each connection received because of it.
  std::vector<std::string> exchange(std::size_t connection, std::string bytes) {
    for (std::size_t index = 0; index < ids_.size(); ++index) {
      const std::string name = "@" + std::to_string(index);
      for (std::size_t at = bytes.find(name); at != std::string::npos; at = bytes.find(name)) {
        bytes.replace(at, name.size(), std::to_string(ids_[index]));
      }
    }
    connections_[connection].send(bytes);
    for (int turn = 0; turn < 2; ++turn) {
      control_.send("PING\r\n");
      control_.await_line();
    }
    std::vector<std::string> received;
    for (RealConnection& each : connections_) {
      received.push_back(printable(normalise(each.take(), ids_)));
    }
    return received;
  }

 private:
  RealConnection control_;
  std::vector<RealConnection> connections_;
  std::vector<std::int64_t> ids_;
};

struct Line {
  std::size_t connection;
  std::string bytes;
};
struct Transcript {
  std::string name;
  std::vector<Line> lines;
};
void PrintTo(const Transcript& transcript, std::ostream* out) { *out << transcript.name; }

class ServedReplay : public ::testing::TestWithParam<Transcript> {
 protected:
  static void SetUpTestSuite() {
    real_ = std::make_unique<RedisProcess>();
    real_->start();
    served_ = std::make_unique<ServedProcess>();
    for (const std::uint16_t port : {real_->port(), served_->port()}) {
      for (int count = 0; count < 1000; ++count) {  // small ids look like numbers in replies
        RealConnection{port};
      }
    }
  }
  static void TearDownTestSuite() {
    served_.reset();
    real_.reset();
  }

  static std::unique_ptr<RedisProcess> real_;
  static std::unique_ptr<ServedProcess> served_;
};

std::unique_ptr<RedisProcess> ServedReplay::real_;
std::unique_ptr<ServedProcess> ServedReplay::served_;

TEST_P(ServedReplay, BothServersAnswerAlike) {
  Side real(real_->port());
  Side served(served_->port());
  for (const Line& line : GetParam().lines) {
    EXPECT_EQ(served.exchange(line.connection, line.bytes), real.exchange(line.connection, line.bytes))
        << line.connection << ": " << printable(line.bytes);
  }
}

std::vector<Transcript> transcripts() {
  return {
      {"InBand",
       {{0, "HELLO 3\r\nCLIENT TRACKING ON\r\n"},
        {0, "GET a\r\nGET b\r\nMGET a c\r\n"},
        {1, "MSET a 1 b 2 c 3\r\n"},
        {0, "GET a\r\nSET a 2\r\nGET a\r\nPING\r\n"},
        {0, "MULTI\r\nGET a\r\nSET a 3\r\nDEL b\r\nEXEC\r\n"},
        {1, "FLUSHALL\r\n"},
        {0, "CLIENT TRACKINGINFO\r\nCLIENT TRACKING OFF\r\nCLIENT TRACKINGINFO\r\n"}}},
      {"Redirected",
       {{1, "SUBSCRIBE __redis__:invalidate\r\n"},
        {0, "CLIENT TRACKING ON REDIRECT @1\r\nGET a\r\nCLIENT GETREDIR\r\n"},
        {2, "SET a 1\r\nSET a 2\r\n"},
        {0, "GET a\r\n"},
        {2, "FLUSHDB\r\n"},
        {1, "QUIT\r\n"},
        {0, "GET a\r\n"},
        {2, "SET a 3\r\n"},
        {0, "CLIENT TRACKINGINFO\r\n"}}},
      {"BrokenRedirectionOfResp3",
       {{1, "HELLO 3\r\n"},
        {0, "HELLO 3\r\nCLIENT TRACKING ON REDIRECT @1\r\nGET a\r\nGET b\r\n"},
        {2, "SET a 1\r\n"},
        {1, "QUIT\r\n"},
        {2, "SET b 1\r\n"},
        {0, "CLIENT TRACKINGINFO\r\n"}}},
      {"OptInAndOptOut",
       {{0, "HELLO 3\r\nCLIENT TRACKING ON OPTIN\r\nGET a\r\nCLIENT CACHING YES\r\nGET b\r\nGET c\r\n"},
        {1, "MSET a 1 b 1 c 1\r\n"},
        {0, "CLIENT TRACKING OFF\r\nCLIENT TRACKING ON OPTOUT\r\nGET a\r\nCLIENT CACHING NO\r\nGET b\r\n"},
        {1, "MSET a 1 b 1 c 1\r\n"},
        {0, "CLIENT CACHING YES\r\n"}}},
      {"Broadcast",
       {{0, "HELLO 3\r\nCLIENT TRACKING ON BCAST PREFIX user: PREFIX item:\r\n"},
        {1, "MSET user:1 a user:2 b other c item:1 d\r\n"},
        {0, "SET user:3 x\r\nGET user:3\r\n"},
        {0, "CLIENT TRACKING ON BCAST PREFIX use\r\n"},
        {1, "FLUSHALL\r\n"}}},
      {"NoLoop",
       {{0, "HELLO 3\r\nCLIENT TRACKING ON NOLOOP\r\nGET a\r\nSET a 1\r\n"},
        {1, "SET a 2\r\n"},
        {0, "GET a\r\n"},
        {1, "SET a 3\r\n"}}},
      {"RefusedTracking",
       {{0, "CLIENT TRACKING\r\nCLIENT TRACKING maybe\r\nCLIENT TRACKING ON PREFIX\r\nCLIENT TRACKING ON PREFIX a\r\n"},
        {0, "CLIENT TRACKING ON OPTIN OPTOUT\r\nCLIENT TRACKING ON BCAST OPTIN\r\nCLIENT TRACKING ON REDIRECT 0\r\n"},
        {0, "CLIENT TRACKING ON REDIRECT x\r\nCLIENT CACHING YES\r\nCLIENT GETREDIR\r\n"}}},
      {"Errors",
       {{0, "GET\r\nNOSUCH a b\r\nCLIENT NOSUCH\r\nINCR\r\nSET a b EX 0\r\nSET a b XX NX\r\nHELLO 4\r\nHELLO x\r\n"},
        {0, "LPUSH l 1\r\nGET l\r\nINCR l\r\nHGET l f\r\nEXEC\r\nDISCARD\r\nSELECT 99\r\nAUTH x\r\n"},
        {0, "MULTI\r\nMULTI\r\nNOSUCH\r\nEXEC\r\nWATCH\r\n"},
        {0, "SUBSCRIBE a\r\nGET a\r\nPING\r\nUNSUBSCRIBE a\r\nPING\r\n"},
        {0, "*1\r\n$x\r\n"},
        {1, "*1\r\n+PING\r\n"},
        {2, "GET \"unbalanced\r\n"}}},
      {"AnotherProtocolsWords", {{0, "POST / HTTP/1.1\r\n"}, {1, "Host: example.org\r\nPING\r\n"}}},
      {"Data",
       {{0, "SET a 1 PX 100000\r\nTTL a\r\nAPPEND a 2\r\nINCRBY a 5\r\nGETRANGE a 0 0\r\nGETEX a PERSIST\r\nTTL a\r\n"},
        {0, "RPUSH l a b c\r\nLRANGE l 0 -1\r\nLPOP l 2\r\nLLEN l\r\nSADD s 3 1 2\r\nSMEMBERS s\r\nSISMEMBER s 1\r\n"},
        {0, "HSET h f 1 g 2\r\nHGETALL h\r\nHINCRBY h f 2\r\nZADD z 1 a 2 b\r\nZRANGE z 0 -1 WITHSCORES\r\n"},
        {0, "HELLO 3\r\nHGETALL h\r\nSMEMBERS s\r\nZSCORE z a\r\nGET none\r\nZRANGE z 0 -1 WITHSCORES\r\n"},
        {1, "BLPOP q 10\r\n"},
        {0, "RPUSH q v\r\n"},
        {1, "PING\r\n"}}},
      {"WhatClientsAskBeforeTheyWork",
       {{0,
         "INFO nosuch\r\nCONFIG GET save\r\nCONFIG GET databases\r\nCONFIG GET maxmemory-policy\r\nCONFIG SET "
         "appendonly no\r\n"},
        {0, "CONFIG SET nosuch 1\r\nACL WHOAMI\r\nMODULE LIST\r\nSLOWLOG LEN\r\nSLOWLOG GET\r\nLATENCY LATEST\r\n"},
        {0, "FUNCTION LIST x\r\nFUNCTION LIST LIBRARYNAME\r\nFUNCTION LIST WITHCODE LIBRARYNAME l\r\n"},
        {0, "FUNCTION FLUSH x\r\n"},
        {0, "FUNCTION FLUSH SYNC y\r\nSLOWLOG GET -2\r\nSLOWLOG GET x\r\nSLOWLOG GET 1 2\r\nSLOWLOG GET 1\r\n"},
        {0, "COMMAND GETKEYS MGET a b\r\nCOMMAND GETKEYS GET\r\nCOMMAND INFO nosuch\r\nCOMMAND GETKEYS ECHO a\r\n"},
        {0, "DEBUG SLEEP 0\r\nDEBUG\r\nMULTI\r\nDEBUG SLEEP 0\r\nEXEC\r\nEVALSHA abc 0\r\nSCRIPT EXISTS a b\r\n"}}},
      {"Encodings",
       {{0, "SET s v\r\nOBJECT ENCODING s\r\nSET s 12\r\nOBJECT ENCODING s\r\nOBJECT REFCOUNT s\r\nOBJECT FREQ s\r\n"},
        {0,
         "SET s 12345678901234567890123456789012345678901234567890\r\nOBJECT ENCODING s\r\nOBJECT ENCODING none\r\n"},
        {0, "RPUSH l a\r\nOBJECT ENCODING l\r\nSADD i 1\r\nOBJECT ENCODING i\r\nSADD i x\r\nOBJECT ENCODING i\r\n"},
        {0, "ZADD z 1 a\r\nOBJECT ENCODING z\r\nHSET h a b\r\nOBJECT ENCODING h\r\nOBJECT NOSUCH h\r\nOBJECT\r\n"}}},
      {"ScansOfAValue",
       {{0,
         "HSET h a 1 b 2\r\nHSCAN h 0\r\nHSCAN h 0 MATCH a*\r\nHSCAN h x\r\nHSCAN h 0 COUNT 0\r\nHSCAN h 0 TYPE a\r\n"},
        {0, "ZADD z 1.5 a 2 b\r\nZSCAN z 0\r\nHSCAN z 0\r\nSADD s 1 2\r\nSSCAN s 0 COUNT 5\r\nSSCAN none 0 FOO\r\n"},
        {0, "HSCAN h -1\r\nHSCAN h +0\r\nHSCAN h 007\r\nHSCAN h \"\"\r\nSSCAN s -\r\nSCAN 18446744073709551616\r\n"},
        {0, "HELLO 3\r\nCLIENT TRACKING ON\r\nZSCAN z 0\r\nHSCAN none 0\r\nOBJECT ENCODING t\r\n"},
        {1, "ZADD z 3 c\r\nHSET none f v\r\nSET t v\r\n"}}},
      {"PushesArriveBetweenQueuedCommands",
       {{0, "HELLO 3\r\nCLIENT TRACKING ON\r\nGET a\r\nMULTI\r\nGET b\r\n"},
        {1, "SET a 1\r\n"},
        {0, "EXEC\r\n"},
        {1, "SET b 1\r\n"},
        {0, "CLIENT REPLY SKIP\r\nGET a\r\nCLIENT REPLY OFF\r\nGET a\r\n"},
        {1, "SET a 2\r\n"},
        {0, "CLIENT REPLY ON\r\nRESET\r\n"}}},
  };
}

INSTANTIATE_TEST_SUITE_P(Transcripts, ServedReplay, ::testing::ValuesIn(transcripts()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace trackside::testing

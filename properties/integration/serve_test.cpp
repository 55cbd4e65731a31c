// `trackside serve` as its users meet it: wrong options, clients that misbehave, faults, Ctrl-C.
#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "properties/integration/twin_servers.hpp"
#include "properties/tool/served_process.hpp"

namespace trackside::testing {
namespace {

using namespace std::chrono_literals;

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

std::string ask(RealConnection& connection, const std::string& line) {
  connection.send(line + "\r\n");
  return connection.await_line();
}

/// Everything up to and with the end of the stream.
std::string last_words(RealConnection& connection) {
  std::string all;
  eventually([&] { return (all += connection.take()).ends_with("<closed>"); });
  return all;
}

void expect_refusal(const std::vector<std::string>& options, const std::string& said) {
  std::vector<std::string> arguments{"serve"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const TemporaryFolder folder;
  const ToolResult result = ToolProcess{folder.path(), arguments}.wait();
  EXPECT_EQ(result.status, 2) << said;
  EXPECT_NE(result.err.find(said), std::string::npos) << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST(Serve, ABadOptionIsRefusedAndNamed) {
  expect_refusal({"--frob"}, "--frob");
  expect_refusal({"--port", "0"}, "--port");
  expect_refusal({"--port", "65536"}, "--port");
  expect_refusal({"--port", "65530", "--cluster", "10"}, "do not fit");
  expect_refusal({"--bind", "nowhere"}, "\"nowhere\"");
  expect_refusal({"--bind", "203.0.113.1"}, "cannot listen on 203.0.113.1:6379");
  expect_refusal({"--replicas", "1"}, "--cluster");
  expect_refusal({"--spares", "1"}, "--spares");
  expect_refusal({"--port", "65530", "--cluster", "3", "--spares", "4"}, "do not fit");
  expect_refusal({"--cluster", "0"}, "--cluster");
  expect_refusal({"--node-timeout", "soon"}, "\"soon\"");
  expect_refusal({"--json", "/"}, "/: is a folder");
}

TEST(Serve, AFaultThatIsNoneIsRefusedWithThoseThereAre) {
  expect_refusal({"--faults", "earthquake@1s"}, "restart_server");
  expect_refusal({"--faults", "reset"}, "\"reset\"");
  expect_refusal({"--faults", "reset@soon"}, "\"soon\"");
  expect_refusal({"--faults", "reset:1@1s"}, "a node from 0 to 0");
  expect_refusal({"--faults", "failover_manual@1s"}, "found \"failover_manual\"");
}

TEST(Serve, APortInUseIsRefused) {
  const ServedProcess served;
  expect_refusal({"--port", std::to_string(served.port())}, "cannot listen on " + served.endpoint());
}

TEST(Serve, CtrlCEndsItWithTheFigures) {
  ServedProcess served({"--json", "figures.json"});
  RealConnection one(served.port());
  RealConnection two(served.port());
  EXPECT_EQ(ask(one, "PING"), "+PONG\r\n");
  EXPECT_EQ(ask(two, "PING"), "+PONG\r\n");
  EXPECT_EQ(ask(two, "NONSENSE").substr(0, 4), "-ERR");
  const ToolResult result = served.interrupt();
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.out.find("2 connections, 3 commands\n"), std::string::npos) << result.out;
  EXPECT_EQ(result.err, "");
  const auto figures = nlohmann::json::parse(served.file("figures.json"));
  EXPECT_EQ(figures.at("connections"), 2);
  EXPECT_EQ(figures.at("commands"), 3);
  EXPECT_EQ(last_words(one), "<closed>");
}

TEST(Serve, NonsenseIsAnsweredAndClosedAndOthersGoOn) {
  const ServedProcess served;
  RealConnection other(served.port());
  for (const std::string nonsense : {"*1\r\n$x\r\n", "*1\r\n+PING\r\n", "*x\r\n", "*1\r\n$-5\r\n"}) {
    RealConnection odd(served.port());
    odd.send(nonsense);
    EXPECT_TRUE(last_words(odd).starts_with("-ERR Protocol error: ")) << nonsense;
    EXPECT_EQ(ask(other, "PING"), "+PONG\r\n");
  }
}

TEST(Serve, ThePasswordIsAskedFor) {
  const ServedProcess served({"--password", "secret"});
  RealConnection client(served.port());
  EXPECT_EQ(ask(client, "GET k"), "-NOAUTH Authentication required.\r\n");
  EXPECT_EQ(ask(client, "AUTH secret"), "+OK\r\n");
  EXPECT_EQ(ask(client, "GET k"), "$-1\r\n");
}

TEST(Serve, AHundredClientsComeAndVanish) {
  const ServedProcess served;
  RealConnection last(served.port());
  for (int round = 0; round < 3; ++round) {
    std::vector<RealConnection> crowd;
    for (int index = 0; index < 100; ++index) {
      crowd.emplace_back(served.port());
      crowd.back().send("SET k" + std::to_string(index) + " v\r\nSUBSCRIBE news\r\n*2\r\n$3\r\nGE");
    }
    EXPECT_EQ(crowd.back().await_line().substr(0, 5), "+OK\r\n");
  }
  EXPECT_TRUE(eventually([&] { return ask(last, "PUBLISH news x") == ":0\r\n"; })) << "nobody is left over";
  EXPECT_EQ(ask(last, "DBSIZE"), ":100\r\n");
}

TEST(Serve, ASlowReaderIsCutOffAtTheOutputLimit) {
  const ServedProcess served;
  RealConnection other(served.port());
  RealConnection slow(served.port());
  EXPECT_EQ(ask(other, "SET big " + std::string(60'000, 'x')), "+OK\r\n");
  EXPECT_EQ(ask(other, "CONFIG SET client-output-buffer-limit \"normal 4000000 0 0\""), "+OK\r\n");
  EXPECT_EQ(ask(slow, "PING"), "+PONG\r\n");
  for (int count = 0; count < 1'000; ++count) {
    slow.send("GET big\r\n");
  }
  EXPECT_TRUE(eventually([&] {
    other.send("CLIENT LIST\r\n");
    std::string list;
    eventually([&] { return (list += other.take()).ends_with("\n\r\n"); });
    return std::count(list.begin(), list.end(), '\n') == 3;  // the header, the one line, and the end
  }));
  EXPECT_LT(last_words(slow).size(), 60'000'000U) << "not everything";
  EXPECT_EQ(ask(other, "PING"), "+PONG\r\n");
}

TEST(Serve, ALongReplyArrivesWholeAtAReaderWithPauses) {
  const ServedProcess served;
  RealConnection client(served.port());
  client.send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$20000000\r\n" + std::string(20'000'000, 'y') + "\r\n");
  EXPECT_EQ(client.await_line(), "+OK\r\n");
  client.send("GET big\r\nPING\r\n");
  std::string received;
  EXPECT_TRUE(eventually([&] { return (received += client.take()).ends_with("+PONG\r\n"); }));
  EXPECT_EQ(received, "$20000000\r\n" + std::string(20'000'000, 'y') + "\r\n+PONG\r\n");
}

TEST(Serve, ARestartResetsItsClientsAndForgetsItsKeys) {
  ServedProcess served({"--faults", "restart_server@500ms+100ms"});
  RealConnection before(served.port());
  EXPECT_EQ(ask(before, "SET k v"), "+OK\r\n");
  EXPECT_EQ(last_words(before), "<closed>");
  EXPECT_TRUE(eventually([&] { return served.told().find("restart_server node 0 ends\n") != std::string::npos; }));
  EXPECT_TRUE(
      eventually([&] { return output_of("redis-cli -p " + std::to_string(served.port()) + " get k 2>&1") == "\n"; }));
  EXPECT_NE(served.told().find("0.500 s  fault  restart_server node 0 begins\n"), std::string::npos) << served.told();
  EXPECT_EQ(served.interrupt().status, 0);
}

TEST(Serve, AFrozenServerAnswersLater) {
  const ServedProcess served({"--faults", "freeze_server@300ms+700ms"});
  RealConnection client(served.port());
  ASSERT_TRUE(eventually([&] { return served.told().find("begins") != std::string::npos; }));
  RealConnection newcomer(served.port());
  client.send("PING\r\n");
  newcomer.send("PING\r\n");
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(client.take() + newcomer.take(), "");
  EXPECT_EQ(client.await_line(), "+PONG\r\n");
  EXPECT_EQ(newcomer.await_line(), "+PONG\r\n");
  EXPECT_NE(served.told().find("freeze_server node 0 ends"), std::string::npos);
}

TEST(Serve, ConnectionsAreResetKilledAndHeld) {
  const ServedProcess served({"--faults", "hold_to_client@300ms+500ms,reset@1500ms,kill_client@2500ms"});
  RealConnection client(served.port());
  ASSERT_TRUE(eventually([&] { return served.told().find("hold_to_client begins") != std::string::npos; }));
  client.send("SET k v\r\n");
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(client.take(), "");
  EXPECT_EQ(client.await_line(), "+OK\r\n");
  EXPECT_EQ(last_words(client), "<closed>");
  RealConnection next(served.port());
  EXPECT_EQ(ask(next, "GET k").substr(0, 2), "$1") << "the server itself lives";
  EXPECT_TRUE(last_words(next).ends_with("<closed>"));
}

TEST(Serve, InvalidationsVanishAndNothingElse) {
  const ServedProcess served({"--faults", "push_drop@100ms+1h"});
  ASSERT_TRUE(eventually([&] { return served.told().find("push_drop begins") != std::string::npos; }));
  RealConnection client(served.port());
  client.send("HELLO 3\r\nCLIENT TRACKING on\r\nGET k\r\nSET k v\r\nGET k\r\nPING\r\n");
  std::string received;
  EXPECT_TRUE(eventually([&] { return (received += client.take()).ends_with("+PONG\r\n"); }));
  EXPECT_TRUE(received.ends_with("+OK\r\n_\r\n+OK\r\n$1\r\nv\r\n+PONG\r\n")) << printable(received);
}

TEST(Serve, RandomFaultsOfAClusterAreSurvived) {
  ServedProcess served({"--cluster", "3", "--replicas", "1", "--faults", "random", "--seed", "7"});
  EXPECT_TRUE(eventually([&] { return served.told().find("fault") != std::string::npos; }));
  EXPECT_EQ(served.interrupt().status, 0);
}

}  // namespace
}  // namespace trackside::testing

// `trackside serve`: the simulated node or cluster over TCP, for redis-cli and clients in any language.
//
// Standard output says once where it listens, for scripts that wait for it, and at the end what there was; standard
// error tells of faults. A client that talks nonsense is answered as by a real server, and never ends the program.
#include "properties/tool/serve_command.hpp"

#include <exception>

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>
#include <nlohmann/json.hpp>

#include "properties/serving/fault_list.hpp"
#include "properties/serving/served_world.hpp"
#include "properties/tool/files.hpp"

namespace trackside::tool {
namespace {

int refuse(const std::string& what) {
  fmt::print(stderr, "trackside: {}\n", what);
  return bad_input;
}

/// What is wrong with the options taken together; empty: nothing. Fills in `options`.
std::string read_options(const ServeRequest& request, serving::ServingOptions& options) {
  options.bind = request.bind;
  options.announce = request.announce;
  options.primaries = request.cluster;
  options.replicas = request.replicas;
  options.spares = request.spares;
  options.seed = request.seed;
  options.password = request.password;
  boost::system::error_code no_address;
  boost::asio::ip::make_address(request.bind, no_address);
  if (no_address) {
    return fmt::format("--bind: expected an IP address, found \"{}\"", request.bind);
  }
  if (request.cluster == 0 && request.replicas + request.spares > 0) {
    const char* const given = request.replicas > 0 ? "--replicas" : "--spares";
    return fmt::format("{}: only a cluster has them; give --cluster too", given);
  }
  constexpr std::uint32_t ports = 65'535;
  const std::uint64_t nodes = std::uint64_t{options.primaries} * (std::uint64_t{1} + options.replicas) + options.spares;
  if (nodes > sim::nodes_max) {
    return fmt::format("--cluster: {} nodes, at most {}", nodes, sim::nodes_max);
  }
  if (request.port + options.nodes() - 1 > ports) {
    return fmt::format("--port: {} nodes from port {} do not fit below 65536", options.nodes(), request.port);
  }
  options.port = static_cast<std::uint16_t>(request.port);
  const auto timeout = serving::duration_of(request.node_timeout);
  if (!timeout || *timeout < 100 * sim::millisecond) {
    return fmt::format("--node-timeout: expected a duration such as 5s, at least 100ms, found \"{}\"",
                       request.node_timeout);
  }
  options.node_timeout = *timeout;
  serving::FaultList list = serving::parse_faults(
      request.faults, {.nodes = options.nodes(), .primaries = options.primaries, .seed = options.seed});
  options.faults = std::move(list.faults);
  return list.problem.empty() ? "" : "--faults: " + list.problem;
}

void announce(const serving::ServingOptions& options) {
  const std::uint32_t last = options.port + options.nodes() - 1;
  fmt::print("Ready to accept connections on {}:{}{}\n", options.bind, options.port,
             last == options.port ? "" : fmt::format("-{}", last));
  std::fflush(stdout);
}

}  // namespace

void add_serve(CLI::App& app, ServeRequest& request) {
  CLI::App& command = *app.add_subcommand("serve", "Serve the simulated Redis, or a cluster of them, over TCP");
  command.add_option("--port", request.port, "Port of the first node; the others follow")
      ->check(CLI::Range(1U, 65'535U))
      ->capture_default_str();
  command.add_option("--bind", request.bind, "IP address to listen on")->capture_default_str();
  command.add_option("--announce", request.announce, "Address that nodes of a cluster tell (default: that of --bind)");
  command.add_option("--cluster", request.cluster, "Primaries of a cluster (default: one server without a cluster)")
      ->check(CLI::Range(1U, 1000U));
  command.add_option("--replicas", request.replicas, "Replicas of each primary")
      ->check(CLI::Range(0U, 10U))
      ->capture_default_str();
  command.add_option("--spares", request.spares, "Further nodes that know nobody, for CLUSTER MEET and the like")
      ->check(CLI::Range(0U, 1000U))
      ->capture_default_str();
  command.add_option("--node-timeout", request.node_timeout, "When nodes take each other for failed")
      ->capture_default_str();
  command.add_option("--password", request.password, "What clients have to AUTH with");
  command.add_option("--seed", request.seed, "Of everything that happens by chance")->capture_default_str();
  command.add_option("--faults", request.faults,
                     "NAME[:NODE]@TIME[+DURATION],... such as restart_server@10s+2s, or random");
  command.add_option("--json", request.json, "Write the figures to this file at the end");
}

int serve(const ServeRequest& request) {
  serving::ServingOptions options;
  if (const std::string problem = read_options(request, options); !problem.empty()) {
    return refuse(problem);
  }
  if (!request.json.empty() && !check_output_file(request.json)) {
    return bad_input;
  }
  const auto tell = [](sim::Instant at, const std::string& what) {
    fmt::print(stderr, "{:>10.3f} s  fault  {}\n", static_cast<double>(at) / static_cast<double>(sim::second), what);
  };
  serving::Figures figures;
  try {
    serving::ServedWorld world(options, tell);
    announce(options);
    world.run_until(interrupted());
    figures = world.figures();
  } catch (const std::runtime_error& error) {
    return refuse(error.what());
  }
  fmt::print("{} connections, {} commands\n", figures.connections, figures.commands);
  const nlohmann::json json = {{"connections", figures.connections}, {"commands", figures.commands}};
  return request.json.empty() || write_json(request.json, json) ? held : bad_input;
}

}  // namespace trackside::tool

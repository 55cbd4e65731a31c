// The interpreter of a build without Lua: two scripts that write one key, declared or not. Any other is refused.
#include <array>
#include <set>

#include <fmt/format.h>

#include "sim/script/interpreter.hpp"

namespace trackside::sim::script {
namespace {

constexpr std::string_view undeclared_script = "return redis.call('SET', ARGV[1], ARGV[2])";
constexpr std::string_view declared_script = "return redis.call('SET', KEYS[1], ARGV[1])";

}  // namespace

bool runs_any() { return false; }

struct Interpreter::State {
  std::set<std::string, std::less<>> known;
};

Interpreter::Interpreter() : state_(std::make_unique<State>()) {}
Interpreter::~Interpreter() = default;

bool Interpreter::knows(std::string_view name) const { return state_->known.contains(name); }

std::string Interpreter::load(std::string_view text) {
  if (text != undeclared_script && text != declared_script) return "this script is not simulated";
  state_->known.insert(name_of(text));
  return {};
}

void Interpreter::forget_all() { state_->known.clear(); }

void Interpreter::run(const Run& run, std::string& reply) {
  std::array<std::string_view, 3> words{"SET"};
  const bool declared = run.name == name_of(declared_script);
  if (declared ? run.keys.empty() || run.arguments.empty() : run.arguments.size() < 2)
    return resp::error(reply, "ERR this use of a script is not simulated");
  words[1] = declared ? run.keys[0] : run.arguments[0];
  words[2] = declared ? run.arguments[0] : run.arguments[1];
  const Answer answer = run.server->ask(words);
  if (answer.refused) resp::error(reply, fmt::format("{} script: {}, on @user_script:1.", answer.bytes, run.name));
  else reply += answer.bytes;
}

}  // namespace trackside::sim::script

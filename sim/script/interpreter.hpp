// Runs the Lua scripts of the simulated server: knows Lua and RESP, and nothing of keys or clients.
//
// Whoever runs a script answers for the server what the script asks of it. One interpreter keeps all scripts that
// were loaded. Nothing in it depends on time, addresses or chance, but for what a script does with the text of a table.
// Built without Lua it knows two scripts by heart: `interpreter_small.cpp`.
// Source of the behaviour: https://redis.io/docs/manual/programmability/lua-api/
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "resp/writer.hpp"

namespace trackside::sim::script {

/// What the server answers a script's command, in RESP2; or, if it does not run it, an error's text with its code.
struct Answer {
  std::string bytes;
  bool refused = false;
};

class Asked {
 public:
  virtual Answer ask(std::span<const std::string_view> request) = 0;

 protected:
  ~Asked() = default;
};

struct Run {
  std::string_view name;  // as `name_of` gives it
  std::span<const std::string_view> keys;
  std::span<const std::string_view> arguments;
  resp::Protocol protocol;  // of the client that gets the result
  Asked* server;
};

/// The SHA-1 of a script's text, in lower-case hexadecimal digits.
std::string name_of(std::string_view text);

/// Whether this build knows any script, or only some by heart.
bool runs_any();

class Interpreter {
 public:
  Interpreter();
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  bool knows(std::string_view name) const;
  /// Gives the error, without its code; empty: the script is known now.
  std::string load(std::string_view text);
  void forget_all();
  /// Requires: the script is known. Appends the script's result, or the error it ended with.
  void run(const Run& run, std::string& reply);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trackside::sim::script

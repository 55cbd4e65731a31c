// The interpreter of a build with Lua 5.1.
//
// Lua leaves a function that raises an error by a long jump: no object with a destructor may live there then. So every
// function that Lua calls works in a function of its own and raises afterwards.
#include "sim/script/interpreter.hpp"

#include <array>
#include <cstdio>
#include <vector>

#include <fmt/format.h>
#include <lua.hpp>

#include "sim/script/values.hpp"

namespace trackside::sim::script {
namespace {

constexpr const char* running_key = "trackside.running";
constexpr int instructions_max = 200'000'000;

const Run* running(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, running_key);
  const auto* run = static_cast<const Run*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  return run;
}

/// The arguments of redis.call as words; false if one is neither text nor number.
bool words_of(lua_State* lua, std::vector<std::string>& words) {
  for (int index = 1; index <= lua_gettop(lua); ++index) {
    if (lua_type(lua, index) == LUA_TNUMBER) {
      std::array<char, 64> text{};
      std::snprintf(text.data(), text.size(), "%.17g", lua_tonumber(lua, index));
      words.emplace_back(text.data());
      continue;
    }
    std::size_t length = 0;
    const char* text = lua_tolstring(lua, index, &length);
    if (text == nullptr) return false;
    words.emplace_back(text, length);
  }
  return true;
}

/// Leaves the answer, or an error's table, alone on the stack. Whether it is an error.
bool ask_server(lua_State* lua) {
  const Run* const run = running(lua);
  std::vector<std::string> words;
  const bool fit = words_of(lua, words);
  lua_settop(lua, 0);
  if (words.empty() && fit)
    return push_error(lua, "ERR Please specify at least one argument for this redis lib call"), true;
  if (!fit) return push_error(lua, "ERR Lua redis lib command arguments must be strings or integers"), true;
  const std::vector<std::string_view> request{words.begin(), words.end()};
  const Answer answer = run->server->ask(request);
  if (answer.refused) return push_error(lua, answer.bytes), true;
  std::string_view bytes = answer.bytes;
  return push_reply(lua, bytes);
}

int call(lua_State* lua) { return ask_server(lua) ? lua_error(lua) : 1; }

int protected_call(lua_State* lua) {
  ask_server(lua);
  return 1;
}

bool is_one_text(lua_State* lua) {
  if (lua_gettop(lua) == 1 && lua_type(lua, 1) == LUA_TSTRING) return true;
  push_error(lua, "ERR wrong number or type of arguments");
  return false;
}

/// "-CODE text", "CODE text" or only a text.
void push_error_reply(lua_State* lua) {
  std::string_view text = lua_tostring(lua, 1);
  if (text.starts_with('-')) text.remove_prefix(1);
  push_error(lua, text.find(' ') == std::string_view::npos ? fmt::format("ERR {}", text) : std::string{text});
}

int error_reply(lua_State* lua) {
  if (is_one_text(lua)) push_error_reply(lua);
  return 1;
}

int status_reply(lua_State* lua) {
  if (!is_one_text(lua)) return 1;
  lua_newtable(lua);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, "ok");
  return 1;
}

void push_name(lua_State* lua) {
  std::size_t length = 0;
  const char* text = lua_tolstring(lua, 1, &length);
  lua_pushstring(lua, name_of({text == nullptr ? "" : text, length}).c_str());
}

int sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) {
    push_error(lua, "ERR wrong number of arguments");
    return lua_error(lua);
  }
  push_name(lua);
  return 1;
}

int say_nothing(lua_State*) { return 0; }

int say_true(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

int read_global(lua_State* lua) {
  lua_pushvalue(lua, 2);
  lua_rawget(lua, lua_upvalueindex(1));
  if (lua_type(lua, -1) != LUA_TNIL) return 1;
  const char* name = lua_tostring(lua, 2);
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", name != nullptr ? name : "");
}

int write_global(lua_State* lua) { return luaL_error(lua, "Attempt to modify a readonly table"); }

/// Turns whatever was raised into a table with the error, and where it was raised.
int note_place(lua_State* lua) {
  lua_Debug place{};
  int level = 1;
  bool known = lua_getstack(lua, level, &place) != 0 && lua_getinfo(lua, "Sl", &place) != 0;
  if (known && place.what != nullptr && place.what[0] == 'C')
    known = lua_getstack(lua, ++level, &place) != 0 && lua_getinfo(lua, "Sl", &place) != 0;
  if (lua_type(lua, 1) != LUA_TTABLE) {
    const char* text = lua_tostring(lua, 1);
    lua_pushfstring(lua, "ERR %s", text != nullptr ? text : luaL_typename(lua, 1));
    lua_newtable(lua);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, "err");
    lua_replace(lua, 1);
    lua_settop(lua, 1);
  }
  if (!known) return 1;
  lua_pushstring(lua, place.source);
  lua_setfield(lua, 1, "source");
  lua_pushinteger(lua, place.currentline);
  lua_setfield(lua, 1, "line");
  return 1;
}

void stop(lua_State* lua, lua_Debug*) { luaL_error(lua, "the script does not end"); }

struct NamedFunction {
  const char* name;
  lua_CFunction function;
};

struct NamedNumber {
  const char* name;
  int number;
};

void open_libraries(lua_State* lua) {
  constexpr std::array<NamedFunction, 4> libraries{{{"", luaopen_base},
                                                    {LUA_TABLIBNAME, luaopen_table},
                                                    {LUA_STRLIBNAME, luaopen_string},
                                                    {LUA_MATHLIBNAME, luaopen_math}}};
  for (const auto& [name, open] : libraries) {
    lua_pushcfunction(lua, open);
    lua_pushstring(lua, name);
    lua_call(lua, 1, 0);
  }
  for (const char* name : {"print", "dofile", "loadfile", "require", "module"}) {
    lua_pushnil(lua);
    lua_setglobal(lua, name);
  }
}

void open_server_library(lua_State* lua) {
  constexpr std::array<NamedFunction, 9> functions{{{"call", call},
                                                    {"pcall", protected_call},
                                                    {"error_reply", error_reply},
                                                    {"status_reply", status_reply},
                                                    {"sha1hex", sha1hex},
                                                    {"log", say_nothing},
                                                    {"set_repl", say_nothing},
                                                    {"setresp", say_nothing},
                                                    {"replicate_commands", say_true}}};
  constexpr std::array<NamedNumber, 10> constants{{{"LOG_DEBUG", 0},
                                                   {"LOG_VERBOSE", 1},
                                                   {"LOG_NOTICE", 2},
                                                   {"LOG_WARNING", 3},
                                                   {"REPL_NONE", 0},
                                                   {"REPL_SLAVE", 2},
                                                   {"REPL_REPLICA", 2},
                                                   {"REPL_AOF", 1},
                                                   {"REPL_ALL", 3},
                                                   {"REDIS_VERSION_NUM", 0x0007000f}}};
  lua_newtable(lua);
  for (const auto& [name, function] : functions) {
    lua_pushcfunction(lua, function);
    lua_setfield(lua, -2, name);
  }
  for (const auto& [name, number] : constants) {
    lua_pushinteger(lua, number);
    lua_setfield(lua, -2, name);
  }
  lua_pushstring(lua, "7.0.15");
  lua_setfield(lua, -2, "REDIS_VERSION");
  lua_setglobal(lua, "redis");
}

/// Puts an empty table in front of the globals, which reads them and refuses to be written.
void lock_globals(lua_State* lua) {
  lua_newtable(lua);
  lua_newtable(lua);
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  lua_pushcclosure(lua, read_global, 1);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, write_global);
  lua_setfield(lua, -2, "__newindex");
  lua_setmetatable(lua, -2);
  lua_pushvalue(lua, -1);
  lua_setglobal(lua, "_G");
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  lua_setfield(lua, LUA_REGISTRYINDEX, "trackside.globals");
  lua_replace(lua, LUA_GLOBALSINDEX);
}

void set_global(lua_State* lua, const char* name, std::span<const std::string_view> texts) {
  lua_getfield(lua, LUA_REGISTRYINDEX, "trackside.globals");
  lua_pushstring(lua, name);
  lua_createtable(lua, static_cast<int>(texts.size()), 0);
  for (std::size_t index = 0; index < texts.size(); ++index) {
    lua_pushlstring(lua, texts[index].data(), texts[index].size());
    lua_rawseti(lua, -2, static_cast<int>(index) + 1);
  }
  lua_rawset(lua, -3);
  lua_pop(lua, 1);
}

std::string text_field(lua_State* lua, const char* field) {
  lua_getfield(lua, -1, field);
  const char* text = lua_tostring(lua, -1);
  std::string result{text != nullptr ? text : ""};
  lua_pop(lua, 1);
  return result;
}

/// Of the table on top, which it pops.
void write_error(lua_State* lua, std::string_view name, std::string& reply) {
  if (lua_type(lua, -1) != LUA_TTABLE) {
    const char* text = lua_tostring(lua, -1);
    if (text == nullptr) text = "execution failure";
    resp::error(reply, fmt::format("ERR Error running script {}, {}", name, text));
    return lua_pop(lua, 1);
  }
  std::string error = text_field(lua, "err");
  if (const std::string source = text_field(lua, "source"); !source.empty())
    error += fmt::format(" script: {}, on {}:{}.", name, source, text_field(lua, "line"));
  resp::error(reply, error);
  lua_pop(lua, 1);
}

std::string function_key(std::string_view name) { return fmt::format("trackside.script.{}", name); }

}  // namespace

bool runs_any() { return true; }

struct Interpreter::State {
  State() : lua(luaL_newstate()) {
    open_libraries(lua);
    open_server_library(lua);
    lock_globals(lua);
  }
  ~State() { lua_close(lua); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  lua_State* lua;
};

Interpreter::Interpreter() : state_(std::make_unique<State>()) {}
Interpreter::~Interpreter() = default;

bool Interpreter::knows(std::string_view name) const {
  lua_getfield(state_->lua, LUA_REGISTRYINDEX, function_key(name).c_str());
  const bool known = lua_isfunction(state_->lua, -1);
  lua_pop(state_->lua, 1);
  return known;
}

std::string Interpreter::load(std::string_view text) {
  lua_State* const lua = state_->lua;
  const std::string name = name_of(text);
  if (knows(name)) return {};
  if (luaL_loadbuffer(lua, text.data(), text.size(), "@user_script") != 0) {
    std::string error = fmt::format("Error compiling script (new function): {}", lua_tostring(lua, -1));
    lua_pop(lua, 1);
    return error;
  }
  lua_setfield(lua, LUA_REGISTRYINDEX, function_key(name).c_str());
  return {};
}

void Interpreter::forget_all() { state_ = std::make_unique<State>(); }

void Interpreter::run(const Run& run, std::string& reply) {
  lua_State* const lua = state_->lua;
  lua_pushlightuserdata(lua, const_cast<Run*>(&run));
  lua_setfield(lua, LUA_REGISTRYINDEX, running_key);
  set_global(lua, "KEYS", run.keys);
  set_global(lua, "ARGV", run.arguments);
  lua_pushcfunction(lua, note_place);
  lua_getfield(lua, LUA_REGISTRYINDEX, function_key(run.name).c_str());
  lua_sethook(lua, stop, LUA_MASKCOUNT, instructions_max);
  const int failed = lua_pcall(lua, 0, 1, -2);
  lua_sethook(lua, nullptr, 0, 0);
  if (failed != 0) write_error(lua, run.name, reply);
  else pop_reply(lua, reply, run.protocol);
  lua_pop(lua, 1);
}

}  // namespace trackside::sim::script

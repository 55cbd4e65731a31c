// Writes RESP: what a server answers, and the pieces of what a client sends.
//
// Each function appends one frame, or the header of one whose elements the caller appends. Where RESP2 lacks a type
// the function writes what Redis 7.0 writes to a RESP2 client. Text given to `simple` and `error` may hold anything:
// line breaks become spaces, as in Redis, so that no text can forge a frame.
// Neighbours: `Command`, and the simulated server.
// Source: Redis 7.0.15's answers, and https://redis.io/docs/reference/protocol-spec/
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trackside::resp {

enum class Protocol : std::uint8_t { resp2, resp3 };

void simple(std::string& out, std::string_view text);
/// `text` begins with its code: "ERR no such key".
void error(std::string& out, std::string_view text);
void integer(std::string& out, std::int64_t value);
void bulk(std::string& out, std::string_view bytes);
/// A text for people (INFO): verbatim with format txt, in RESP2 a bulk string.
void verbatim(std::string& out, std::string_view text, Protocol protocol);
/// No value: `$-1` in RESP2.
void null(std::string& out, Protocol protocol);
/// No array (EXEC of a broken WATCH): `*-1` in RESP2.
void null_array(std::string& out, Protocol protocol);
/// RESP2: the integers 1 and 0.
void boolean(std::string& out, bool value, Protocol protocol);
/// With 17 significant digits; a bulk string in RESP2.
void number(std::string& out, double value, Protocol protocol);

void array_header(std::string& out, std::size_t count);
/// `count` pairs follow; a flat array in RESP2.
void map_header(std::string& out, std::size_t count, Protocol protocol);
/// An array in RESP2.
void set_header(std::string& out, std::size_t count, Protocol protocol);
/// An array in RESP2, where pub/sub messages are the only pushes.
void push_header(std::string& out, std::size_t count, Protocol protocol);

}  // namespace trackside::resp

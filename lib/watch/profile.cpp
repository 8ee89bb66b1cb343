// SPDX-License-Identifier: MIT
#include <xtape/watch/profile.hpp>

#include "files/errors.hpp"
#include "files/new_file.hpp"
#include "json.hpp"
#include "text.hpp"

#include <xtape/tape.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <string_view>

namespace xtape::inline XTAPE_ABI {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* phase_names[] = {"data", "forward", "backward", "update"};
constexpr std::size_t most_events = 200'000;

double bytes_of(std::size_t elements) { return static_cast<double>(elements * sizeof(Scalar)); }

const char* name_of(Profiler::Phase phase) { return phase_names[static_cast<std::size_t>(phase)]; }

}  // namespace

struct Profiler::State {
  struct Event {
    const Row* row;
    double begin, duration;  // in seconds
  };

  std::map<std::string, Row, std::less<>> rows[4];  // by name, for each phase
  std::vector<Event> events;
  Clock::time_point first = Clock::now(), last = first;
};

Profiler::Profiler() : state_{std::make_unique<State>()} {}

Profiler::~Profiler() = default;

void Profiler::start() { state_->last = Clock::now(); }

void Profiler::forward(const Forward& call) {
  std::size_t elements = call.computed();
  if (elements > 0)
    for (const Variable* input : call.inputs) elements += input->size();
  finish(call.op.name, Phase::forward, call.op.flops, bytes_of(elements));
}

void Profiler::input_gradient(const InputGradient& call) {
  // The gradient of a bias is but a sum.
  const double flops = call.input.size() > 1 ? call.op.flops : 0;
  finish(call.op.name, Phase::backward, flops,
         bytes_of(element_count(call.result) + element_count(call.input)));
}

void Profiler::update(const Visitor& visitor, std::span<Parameter* const> parameters) {
  std::size_t elements = 0;
  for (const Parameter* parameter : parameters) elements += parameter->size();
  finish(visitor.name(), Phase::update, 0,
         static_cast<double>(elements * visitor.bytes_per_element()));
}

void Profiler::batch(std::size_t bytes) {
  finish("batches", Phase::data, 0, static_cast<double>(bytes));
}

void Profiler::finish(const char* name, Phase phase, double flops, double bytes) {
  const Clock::time_point now = Clock::now();
  const auto seconds = [](Clock::duration d) { return std::chrono::duration<double>(d).count(); };
  const double duration = seconds(now - state_->last);
  auto& of_phase = state_->rows[static_cast<std::size_t>(phase)];
  auto entry = of_phase.find(std::string_view{name});
  if (entry == of_phase.end())
    entry = of_phase.emplace(name, Row{.name = name, .phase = phase}).first;
  Row& row = entry->second;
  ++row.calls;
  row.seconds += duration;
  row.flops += flops;
  row.bytes += bytes;
  if (state_->events.size() < most_events)
    state_->events.push_back({&row, seconds(state_->last - state_->first), duration});
  state_->last = Clock::now();  // what this function took is nobody's
}

std::vector<Profiler::Row> Profiler::rows() const {
  std::vector<Row> all;
  for (const auto& of_phase : state_->rows)
    for (const auto& [name, row] : of_phase) all.push_back(row);
  std::ranges::stable_sort(all, std::greater{}, &Row::seconds);
  return all;
}

double Profiler::seconds(Phase phase) const {
  double sum = 0;
  for (const auto& [name, row] : state_->rows[static_cast<std::size_t>(phase)]) sum += row.seconds;
  return sum;
}

void Profiler::reset() { *state_ = State{}; }

void Profiler::print(std::FILE* out) const {
  const std::vector<Row> all = rows();
  double total = 0;
  for (const Row& row : all) total += row.seconds;
  std::fprintf(out, "%-24s %-8s %9s %10s %9s %6s %9s %7s\n", "op", "phase", "calls", "ms",
               "us/call", "share", "GFLOP/s", "GB/s");
  for (const Row& row : all) {
    const auto rate = [&row](double amount) {
      return amount == 0 ? std::string{"-"} : fixed(amount / row.seconds * 1e-9, 1);
    };
    std::fprintf(out, "%-24s %-8s %9zu %10s %9s %5s%% %9s %7s\n", row.name.c_str(),
                 name_of(row.phase), row.calls, fixed(row.seconds * 1e3, 2).c_str(),
                 fixed(row.seconds * 1e6 / static_cast<double>(row.calls), 2).c_str(),
                 fixed(100 * row.seconds / total, 1).c_str(), rate(row.flops).c_str(),
                 rate(row.bytes).c_str());
  }
  std::fprintf(out, "%-24s", "total");
  for (const Phase phase : {Phase::data, Phase::forward, Phase::backward, Phase::update})
    std::fprintf(out, " %s %s ms", name_of(phase), fixed(seconds(phase) * 1e3, 2).c_str());
  std::fputc('\n', out);
}

void Profiler::write_trace(const std::string& path) const {
  const auto microseconds = [](double seconds) { return fixed(seconds * 1e6, 3); };
  std::string trace = R"({"traceEvents":[)";
  const char* comma = "";
  for (const State::Event& e : state_->events) {
    trace += text(comma, R"({"name":)", json_string(e.row->name), R"(,"cat":")",
                  name_of(e.row->phase), R"(","ph":"X","ts":)", microseconds(e.begin), R"(,"dur":)",
                  microseconds(e.duration), R"(,"pid":1,"tid":1})");
    comma = ",";
  }
  trace += R"(],"displayTimeUnit":"ms"})";
  files::NewFile file{path, file_errors("profiler")};
  file.write(trace);
  file.commit();
}

}  // namespace xtape::inline XTAPE_ABI

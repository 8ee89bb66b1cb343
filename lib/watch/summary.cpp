// SPDX-License-Identifier: MIT
#include <xtape/watch/summary.hpp>

#include "memory.hpp"
#include "text.hpp"

#include <xtape/ops/reduce.hpp>
#include <xtape/ops/unary.hpp>
#include <xtape/watch/peak_memory.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace xtape::inline XTAPE_ABI {
namespace {

// Adds up what each layer does.
class Summarizer : public Observer {
 public:
  Summarizer(std::set<const Parameter*> parameters, ModelSummary& summary)
      : unseen_{std::move(parameters)}, summary_{summary} {}

  void forward(const Forward& call) override {
    std::string path = call.tape.layer();
    auto& layers = summary_.layers;
    if (path.empty() || layers.empty() || layers.back().layer != path)
      layers.push_back({.layer = std::move(path)});
    LayerSummary& layer = layers.back();
    layer.ops += text(layer.ops.empty() ? "" : ", ", call.op.name);
    const Shape& shape = call.result()->shape();
    layer.output.assign(shape.begin() + (shape.empty() ? 0 : 1), shape.end());
    layer.flops += call.op.flops;
    layer.bytes += call.computed() * sizeof(Scalar);
    for (const Variable* input : call.inputs) layer.parameters += first_use(*input);
  }

 private:
  // The size of the parameter that an input is, the first time.
  std::size_t first_use(const Variable& input) {
    const auto known = std::ranges::find_if(
        unseen_, [&](const Parameter* parameter) { return &parameter->value() == &input.value(); });
    if (known == unseen_.end()) return 0;
    unseen_.erase(known);
    return input.size();
  }

  std::set<const Parameter*> unseen_;
  ModelSummary& summary_;
};

// Puts gradients back when it dies.
class KeptGradients {
 public:
  explicit KeptGradients(const std::vector<NamedParameter>& parameters) {
    for (const auto& [name, parameter] : parameters)
      kept_.emplace_back(parameter, std::move(parameter->grad()));
  }
  KeptGradients(const KeptGradients&) = delete;
  KeptGradients& operator=(const KeptGradients&) = delete;
  ~KeptGradients() {
    for (auto& [parameter, gradient] : kept_) parameter->grad() = std::move(gradient);
  }

 private:
  std::vector<std::pair<Parameter*, Array>> kept_;
};

// With commas between the thousands.
std::string grouped(std::size_t number) {
  if (number < 1000) return std::to_string(number);
  const std::string rest = std::to_string(number % 1000);
  return text(grouped(number / 1000), ',', std::string(3 - rest.size(), '0'), rest);
}

// As 1.2 k, 3.4 M.
std::string scaled(double number, double step = 1000) {
  const char* unit = "";
  for (const char* next : {"k", "M", "G"}) {
    if (number < step) break;
    number /= step;
    unit = next;
  }
  return *unit == 0 ? fixed(number, 0) : fixed(number, 1) + ' ' + unit;
}

using Row = std::array<std::string, 6>;

void write_rows(std::string& out, const std::vector<Row>& rows) {
  std::array<std::size_t, 6> width{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blank(width[i] - row[i].size(), ' ');
      const bool left = i < 3;  // words to the left, numbers to the right
      line += (i == 0 ? "" : "  ") + (left ? row[i] + blank : blank + row[i]);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
}

}  // namespace

ModelSummary summarize(const std::function<Variable(const Variable&)>& model,
                       std::vector<NamedArray> arrays, const Shape& sample,
                       const SummaryOptions& options) {
  ModelSummary summary{.input = sample, .batch = options.batch};
  std::set<const Parameter*> parameters;  // one that has two names is one
  std::set<const Buffer*> buffers;
  std::size_t kept_bytes = 0;
  const auto named_parameters = detail::parameters_of(arrays);
  for (const auto& [name, parameter] : named_parameters)
    if (parameters.insert(parameter).second) {
      summary.parameters += parameter->size();
      if (parameter->trainable) summary.trainable += parameter->size();
      kept_bytes += 2 * block_size(parameter->size() * sizeof(Scalar));
    }
  const auto named = detail::buffers_of(arrays);
  for (const auto& [name, buffer] : named)
    if (buffers.insert(buffer).second) {
      summary.buffers += buffer->value->size();
      kept_bytes += block_size(buffer->value->size() * sizeof(Scalar));
    }
  const KeptBuffers kept{named};
  Rng rng{0};
  const auto samples = [&sample](std::size_t count) {
    Shape batch{count};
    batch.insert(batch.end(), sample.begin(), sample.end());
    return zeros(batch);
  };
  {
    const Summarizer summarizer{std::move(parameters), summary};
    Tape tape{Mode::train, rng};
    model(tape.input(samples(1)));
  }
  for (const LayerSummary& layer : summary.layers) {
    summary.flops += layer.flops;
    summary.bytes += layer.bytes;
  }
  if (options.batch == 0) return summary;
  const KeptGradients gradients{named_parameters};
  summary.peak_memory = kept_bytes + estimate_peak_memory(
                                         [&](std::size_t count) {
                                           Tape tape{Mode::train, rng};
                                           const Variable x = tape.input(samples(count)),
                                                          y = model(x);
                                           tape.backward(mean(square(y)));
                                         },
                                         options.batch);
  return summary;
}

std::string ModelSummary::text() const {
  std::vector<Row> rows{{"layer", "ops", "output", "parameters", "FLOP", "bytes"}};
  for (const LayerSummary& l : layers)
    rows.push_back({l.layer, l.ops, to_string(l.output), grouped(l.parameters), scaled(l.flops),
                    scaled(static_cast<double>(l.bytes))});
  rows.push_back(
      {"", "total", "", grouped(parameters), scaled(flops), scaled(static_cast<double>(bytes))});
  std::string out;
  write_rows(out, rows);
  out += xtape::text("input ", to_string(input), "; per sample and forward pass; parameters take ",
                     scaled(static_cast<double>(parameters * sizeof(Scalar))), "B");
  if (trainable != parameters)
    out += xtape::text("; ", grouped(parameters - trainable), " of them are frozen");
  if (buffers > 0) out += xtape::text("; ", grouped(buffers), " more are in buffers");
  if (batch > 0)
    out +=
        xtape::text("\na training step with ", grouped(batch), " samples takes ",
                    scaled(static_cast<double>(peak_memory)), "B, without what an optimizer keeps");
  return out + '\n';
}

std::ostream& operator<<(std::ostream& out, const ModelSummary& summary) {
  return out << summary.text();
}

}  // namespace xtape::inline XTAPE_ABI

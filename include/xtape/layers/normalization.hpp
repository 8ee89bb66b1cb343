// SPDX-License-Identifier: MIT
/// \file
/// Layers that normalise. Each learns a gamma, listed as `weight`, that starts at 1, and all but RMSNorm a beta,
/// listed as `bias`, that starts at 0; frozen (`trainable = false`) they leave what is normalised as it is. Epsilons
/// are Keras' unless a preset says otherwise.
#pragma once

#include <xtape/ops/normalization.hpp>
#include <xtape/parameter.hpp>

#include <vector>

#pragma GCC visibility push(default)
namespace xtape::inline XTAPE_ABI {

/// Normalises each channel of (N, ..., channels): while training by the mean and the variance of the batch, which
/// also move running ones, and in Mode::eval by these; of a pass that is made one with those of peers
/// (Tape::synchronise), by those of the batch of all. See `batch_norm`.
/// ```
/// running = momentum * running + (1 - momentum) * that of the batch
/// ```
/// Running means start at 0, variances at 1. The buffers are `running_mean` and `running_var`, PyTorch's names.
///
/// |          | keras() | torch() |
/// |----------|---------|---------|
/// | momentum | 0.99    | 0.9     |
/// | epsilon  | 0.001   | 1e-5    |
/// | unbiased | false   | true    |
///
/// PyTorch calls the share of the batch the momentum: its 0.1 is 0.9 here.
class BatchNorm {
 public:
  /// What a batch normalisation is made of.
  struct Options {
    std::size_t channels = 0;  ///< size of the last axis, at least 1
    double momentum = 0.99;    ///< what the running statistics keep in a step, in [0, 1)
    double epsilon = 1e-3;     ///< added to the variance, above 0
    bool unbiased =
        false;  ///< the batch's variance in the running one is divided by the count less one
    Activation activation = Activation::none;  ///< fused into it
  };
  /// As keras.layers.BatchNormalization, the default.
  static Options keras(std::size_t channels, Activation activation = Activation::none);
  /// As torch.nn.BatchNorm1d, 2d and 3d.
  static Options torch(std::size_t channels, Activation activation = Activation::none);

  /// Throws ValueError for an option out of its range.
  explicit BatchNorm(const Options& options, Location at = Location::current());

  /// Applies the layer. Throws as batch_norm does: while training a batch must have several values per channel.
  Variable operator()(const Variable& x, Location at = Location::current());
  /// activation(around + what the layer makes of x), in one pass unless the layer has an activation of its own: see
  /// `add_batch_norm`. Throws as the layer does, and ShapeError unless `around` has the shape of x.
  Variable add_to(const Variable& around, const Variable& x,
                  Activation activation = Activation::none, Location at = Location::current());
  /// Lists `weight`, `bias`, `running_mean` and `running_var`.
  void parameters(ParameterList& list);

 private:
  Variable apply(const Variable* around, const Variable& x, Activation activation, Location at);
  void move(const BatchStatistics& batch);

  Parameter weight_, bias_;
  Buffer mean_, variance_;
  Options options_;
};

/// Brings each channel of (N, ..., channels) to mean 0 and deviation 1, or back, by statistics that were known before:
/// ```
/// y = (x - mean) / deviation, or inverted y = x deviation + mean
/// ```
/// as Keras' Normalization. It learns nothing; the buffers `mean` and `deviation` are saved with the model, so that who
/// loads it gives it what was measured. For the columns of a table, and the numbers that a model predicts:
/// ```
/// const data::ChannelStatistics x = data::channel_statistics(train);
/// Sequential net{Normalization{{.mean = x.mean, .deviation = x.deviation}}, Dense{{.in = 5, .out = 1}, rng}};
/// ```
class Normalization {
 public:
  /// What a normalisation is made of.
  struct Options {
    std::vector<double> mean = {};       ///< of each channel
    std::vector<double> deviation = {};  ///< of each channel, above 0
    bool invert = false;                 ///< from mean 0 and deviation 1 to those
  };
  /// Throws ValueError unless there are as many means as deviations, at least one, and all are finite and the deviations
  /// above 0.
  explicit Normalization(const Options& options, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (..., channels).
  Variable operator()(const Variable& x, Location at = Location::current()) const;
  /// Lists the buffers `mean` and `deviation`.
  void parameters(ParameterList& list);

 private:
  Buffer mean_, deviation_;
  bool invert_;
};

/// Normalises over the last axis. See `layer_norm`.
class LayerNorm {
 public:
  /// What a layer normalisation is made of.
  struct Options {
    std::size_t channels = 0;                     ///< size of the last axis, at least 1
    double epsilon = LayerNormOptions{}.epsilon;  ///< added to the variance, above 0
  };
  /// Throws ValueError for an option out of its range.
  explicit LayerNorm(const Options& options, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (..., channels).
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Lists `weight` and `bias`.
  void parameters(ParameterList& list);

 private:
  Parameter weight_, bias_;
  LayerNormOptions options_;
};

/// Normalises groups of channels of each sample. See `group_norm`.
class GroupNorm {
 public:
  /// What a group normalisation is made of.
  struct Options {
    std::size_t channels = 0;                        ///< size of the last axis, at least 1
    std::size_t groups = GroupNormOptions{}.groups;  ///< at least 1; it divides the channels
    double epsilon = GroupNormOptions{}.epsilon;     ///< added to the variance, above 0
  };
  /// Throws ValueError for an option out of its range.
  explicit GroupNorm(const Options& options, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (N, ..., channels).
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Lists `weight` and `bias`.
  void parameters(ParameterList& list);

 private:
  Parameter weight_, bias_;
  GroupNormOptions options_;
};

/// Divides by the root of the mean square over the last axis. See `rms_norm`.
class RMSNorm {
 public:
  /// What it is made of.
  struct Options {
    std::size_t channels = 0;                   ///< size of the last axis, at least 1
    double epsilon = RMSNormOptions{}.epsilon;  ///< added to the mean square, above 0
  };
  /// Throws ValueError for an option out of its range.
  explicit RMSNorm(const Options& options, Location at = Location::current());

  /// Applies the layer. Throws ShapeError unless x is (..., channels).
  Variable operator()(const Variable& x, Location at = Location::current());
  /// Lists `weight`.
  void parameters(ParameterList& list);

 private:
  Parameter weight_;
  RMSNormOptions options_;
};

}  // namespace xtape::inline XTAPE_ABI
#pragma GCC visibility pop

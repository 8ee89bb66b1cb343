// SPDX-License-Identifier: MIT
// What a report shows: the outcome of one or more trainings of the same model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace report {

/// One epoch of one run. A run that diverged ends with an epoch whose losses are not finite
/// and whose accuracies are NaN, as are all of models that have none.
struct Epoch {
  double train_loss = 0, train_accuracy = 0;  ///< while training
  double test_loss = 0, test_accuracy = 0;    ///< after the epoch
  double data_seconds = 0, forward_seconds = 0, backward_seconds = 0, update_seconds = 0;
  double test_seconds = 0;
  double learning_rate = 0;      ///< after the epoch
  double images_per_second = 0;  ///< of the training alone
};

/// How one step changed each parameter, in the order of Run::parameters.
struct UpdateSample {
  std::uint64_t step = 0;                   ///< of the run, from 1
  std::vector<double> gradient_norms = {};  ///< ||g||
  std::vector<double> update_ratios = {};   ///< ||change of w|| / ||w||
};

/// A test image that the trained model took for something else.
struct Mistake {
  std::size_t index = 0;         ///< in the test set
  int label = 0, predicted = 0;  ///< what it is, and what the model predicted
  double probability = 0;        ///< that the model gave to `predicted`
  /// height * width, 0 is background; or three times as many: red, green and blue of each; or none
  std::vector<std::uint8_t> pixels = {};
};

/// The kernels of the first convolution: (height, width, count), for images of one channel.
struct Filters {
  std::size_t height = 0, width = 0, count = 0;
  std::vector<double> weights = {};  ///< row-major
};

/// A text that the model wrote.
struct Text {
  std::string title = {};  ///< how
  std::string text = {};
};

/// A picture that the model drew.
struct Picture {
  std::string title = {};  ///< what it shows
  std::size_t height = 0, width = 0;
  std::vector<std::uint8_t> pixels = {};  ///< height * width, 0 is black
};

/// One training.
struct Run {
  std::string optimizer = {};  ///< as make_optimizer calls it
  std::uint64_t seed = 1;      ///< of weights, order and dropout
  double learning_rate = 0;    ///< at first
  bool complete =
      false;  ///< nothing more will come: all epochs are done, or it stopped early or diverged
  std::vector<Epoch> epochs = {};
  std::vector<std::string> parameters = {};      ///< names, such as 0.weight
  std::vector<UpdateSample> updates = {};        ///< in the order of steps
  std::vector<std::vector<int>> confusion = {};  ///< [label][predicted], counts of test images
  std::vector<Mistake> mistakes = {};            ///< the most confident first
  std::size_t mistake_count = 0;                 ///< of which `mistakes` has some
  Filters filters = {};                          ///< empty for a model without a convolution
  std::vector<Text> texts = {};                  ///< of a model that writes
  std::vector<Picture> pictures = {};            ///< of a model that draws
};

/// What someone else measured, to stand beside our figures; NaN where it is not known.
struct Reference {
  std::string optimizer = {};     ///< the Run::optimizer beside which it stands
  double accuracy = 0, loss = 0;  ///< on the test set, after the last epoch
  double seconds = 0;             ///< of the whole training
};

/// All trainings of one experiment.
struct Results {
  std::string title = {};                            ///< of the page
  std::string command = {};                          ///< that repeats it
  std::map<std::string, std::string> settings = {};  ///< model, dataset, preset, ..., by name
  std::map<std::string, std::string> versions =
      {};  ///< of the library, compiler, processor, ..., by name
  std::map<std::string, std::string> titles = {};  ///< how people write each Run::optimizer
  std::size_t epochs = 0;                          ///< asked for
  std::size_t test_samples = 0;                    ///< in the test set
  bool accuracies = true;                          ///< else runs are ranked by the test loss
  std::string loss = "cross-entropy";              ///< what it is, or in which unit
  std::vector<std::string> classes = {};           ///< names, such as "0" to "9"
  std::size_t image_height = 28, image_width = 28;
  std::vector<Run> runs = {};
  std::string reference_source = {};  ///< who measured the references, and on what
  std::vector<Reference> references = {};
};

}  // namespace report

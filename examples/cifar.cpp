// SPDX-License-Identifier: MIT
// Trains a model on CIFAR-10, with images mirrored and moved at random.
//   cifar                                   ResNet-20 for 30 epochs: SGD with Nesterov's momentum, one cycle of rates
//   cifar --model vgg --epochs 10           a small network after VGG
//   cifar --checkpoint run.st --report run  a file to go on from with --resume, and a page
// As He et al. train it, 64,000 steps of 128 but for a few:
//   cifar --epochs 164 --schedule multi-step --optimizer momentum --learning-rate 0.1 --weight-decay 1e-4
// The last line is for other programs: test accuracy 0.9012 loss 0.3103 seconds 1801.2 images/s 833
#include "experiment/classifier.hpp"

int main(int argc, char** argv) {
  return experiment::run_classifier({.name = "cifar",
                                     .purpose = "Trains a model on CIFAR-10",
                                     .training = {.catalogue = &experiment::pictures(),
                                                  .model = "resnet20",
                                                  .optimizer = "nesterov",
                                                  .preset = "torch",
                                                  .learning_rate = 0.1,
                                                  .weight_decay = 5e-4,
                                                  .schedule = "one-cycle",
                                                  .epochs = 30,
                                                  .batch_size = 128,
                                                  .augment = {"flip", "crop"},
                                                  .normalize = true},
                                     .data = {.dataset = "cifar-10"}},
                                    argc, argv);
}

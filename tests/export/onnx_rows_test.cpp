// SPDX-License-Identifier: MIT
// Each op is exported, and onnxruntime computes the same, or is refused by its name.
#include "flattened_rows.hpp"
#include "runtime.hpp"

#include <xtape/layers.hpp>

#include <set>

using namespace test;

BOOST_AUTO_TEST_SUITE(onnx_rows)

namespace {

// Those whose results do not keep the samples apart, and what is no op of xtape's.
const std::set<std::string> refused{"conv2d_grad_kernel", "mse", "of one's own",
                                    "softmax_cross_entropy"};

}  // namespace

// That each op has a row is a test of its own (image_order).
BOOST_AUTO_TEST_CASE(each_op_is_exported_or_refused_by_its_name, *with_onnxruntime) {
  Models models;
  std::set<std::string> exported, all;
  int number = 0;
  for (const ImageRow& row : image_rows()) {
    all.insert(row.op);
    Sequential net{row.make};
    try {
      models.add(row.op + '-' + std::to_string(number++), net, {4, 5, 3});
      exported.insert(row.op);
    } catch (const ValueError& error) {
      if (row.op != "of one's own")
        BOOST_TEST(error.message().find(' ' + row.op) != std::string::npos, error.what());
    }
  }
  for (const std::string& op : all) BOOST_TEST(exported.contains(op) != refused.contains(op), op);
  models.compare();
  models.checked();
}

BOOST_AUTO_TEST_SUITE_END()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks ONNX models with the format's own checker, and shows them, for the tests of export.

show_onnx.py FILE...     for each a line, with the versions, the ends, the operators and the initializers
"""
import sys

import onnx

for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)

    def end(value):
        dims = value.type.tensor_type.shape.dim
        return f"{value.name}{[d.dim_param or d.dim_value for d in dims]}".replace(" ", "").replace("'", "")

    graph = model.graph
    print(model.ir_version, model.opset_import[0].version, *map(end, graph.input), *map(end, graph.output),
          *(node.op_type for node in graph.node),
          *(f"{t.name}{list(t.dims)}".replace(" ", "") for t in graph.initializer))

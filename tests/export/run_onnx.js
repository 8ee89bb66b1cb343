// SPDX-License-Identifier: MIT
// Runs ONNX models with onnxruntime, for the tests of export.
//
// node run_onnx.js NODE_MODULES < list
//
// Each line of the list is: a model, a file of numbers, their type, float32 or int64, their shape as 3x1x28x28, a file
// for the result, floats. What is printed for each: the names and shapes of its input and output.
const fs = require("fs");
const ort = require(process.argv[2] + "/onnxruntime-node");

const arrays = { float32: Float32Array, int64: BigInt64Array };

function numbers(path, type) {
  const bytes = new Uint8Array(fs.readFileSync(path));  // aligned
  return new arrays[type](bytes.buffer);
}

async function main() {
  for (const line of fs.readFileSync(0, "utf8").trim().split("\n")) {
    const [model, input, type, shape, output] = line.split(" ");
    const session = await ort.InferenceSession.create(model);
    const x = new ort.Tensor(type, numbers(input, type), shape.split("x").map(Number));
    const results = await session.run({ [session.inputNames[0]]: x });
    const y = results[session.outputNames[0]];
    fs.writeFileSync(output, Buffer.from(y.data.buffer, y.data.byteOffset, y.data.byteLength));
    console.log(`${session.inputNames} ${x.dims.join("x")} ${session.outputNames} ${y.dims.join("x")}`);
  }
}
main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads and writes safetensors files by the page of the format alone, for the tests of io.

read_safetensors.py show FILE        a line for each array: name, type, shape, elements
read_safetensors.py copy FILE NEW    writes what it read anew, the arrays in the order of their names
read_safetensors.py halves NEW       writes all numbers of 16 bits, as such and as numpy converts them
"""
import json
import sys

import numpy

TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "U16": "<u2", "U64": "<u8"}


def read(path):
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header, data = json.loads(file.read(length)), file.read()
    metadata = header.pop("__metadata__", {})
    return metadata, {
        name: (entry["dtype"], numpy.frombuffer(data[slice(*entry["data_offsets"])], TYPES[entry["dtype"]])
               .reshape(entry["shape"])) for name, entry in header.items()}


def write(path, metadata, arrays):
    header, data = {"__metadata__": metadata}, b""
    for name, (dtype, array) in sorted(arrays.items()):
        end = len(data) + array.nbytes
        header[name] = {"data_offsets": [len(data), end], "shape": array.shape, "dtype": dtype}
        data += array.tobytes()
    text = json.dumps(header, indent=1).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)


def main(command, *paths):
    if command == "show":
        for name, (dtype, array) in sorted(read(paths[0])[1].items()):
            numbers = [float(x).hex() if dtype[0] == "F" else str(x) for x in array.ravel()]
            print(name, dtype, list(array.shape), *numbers)
    elif command == "copy":
        write(paths[1], *read(paths[0]))
    else:
        bits = numpy.arange(65536, dtype="<u2")
        write(paths[0], {},
              {"half": ("F16", bits), "half_as_float": ("F32", bits.view("<f2").astype("<f4")),
               "bfloat": ("BF16", bits), "bfloat_as_float": ("F32", (bits.astype("<u4") << 16).view("<f4"))})


if __name__ == "__main__":
    main(*sys.argv[1:])

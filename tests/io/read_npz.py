#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads and writes npz files with numpy, for the tests of io.

read_npz.py show FILE           a line for each array: name, type, shape, elements
read_npz.py write KIND NEW      writes `weight` (2, 2) of 1 to 4 and `bias` (2,) of 5 and 6
"""
import sys

import numpy

command, argument, *rest = sys.argv[1:]
if command == "show":
    for name, array in sorted(numpy.load(argument).items()):
        print(name, array.dtype.str, list(array.shape), *(float(x).hex() for x in array.ravel()))
else:
    weight, bias = numpy.array([[1, 2], [3, 4]], "f4"), numpy.array([5, 6], "f4")
    if argument == "compressed":
        numpy.savez_compressed(rest[0], weight=weight, bias=bias)
    elif argument == "fortran":
        numpy.savez(rest[0], weight=numpy.asfortranarray(weight), bias=bias)
    else:
        numpy.savez(rest[0], weight=weight.astype(argument), bias=bias)

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads a TensorBoard event file and prints each event; an error if anything in it is wrong.

It shares nothing with the writer: the checksum is taken bit by bit, and the messages are read field by field.
"""
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C
assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        (crc,) = struct.unpack_from("<I", data, at + 8)
        assert crc == masked(data[at : at + 8]), f"wrong checksum of the length at {at}"
        record = data[at + 12 : at + 12 + length]
        (crc,) = struct.unpack_from("<I", data, at + 12 + length)
        assert crc == masked(record), f"wrong checksum of the record at {at}"
        yield record
        at += 16 + length


def varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return number, at


def fields(data):
    """The fields of a message by number, as integers or bytes."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(wire)
            if wire == 2:
                size, at = varint(data, at)
            value, at = data[at : at + size], at + size
            assert at <= len(data), "a field reaches beyond its message"
        assert number not in found, f"two fields {number}"
        found[number] = value
    return found


def number(kind, data):
    return struct.unpack("<" + kind, data)[0]


for index, record in enumerate(records(open(sys.argv[1], "rb").read())):
    event = fields(record)
    time = number("d", event.pop(1))
    if index == 0:
        print(f"{time:.3f} version {event.pop(3).decode()}")
    else:
        step = event.pop(2)
        summary = fields(event.pop(5))
        value = fields(summary.pop(1))
        print(f"{time:.3f} {step} {number('f', value.pop(2))!r} {value.pop(1).decode()}")
        assert not summary and not value
    assert not event, f"unknown fields {event}"

#!/usr/bin/env python3
# SPDX-License-Identifier: CERN-OHL-P-2.0
"""Writes the name tag's G-code for two classes of GRBL machines.

A blank of 3 mm plywood, at least 75 x 40 mm, lies with its front left top corner at the work zero (X0 Y0 Z0), fixed outside
of 0..70 x 0..35. One flat end mill of 3.175 mm does everything: the frame (0.5 mm deep), the hole, then the outline, with four
tabs left in the last millimetre. Units mm and mm/min; the tool's middle is what moves.
"""

from pathlib import Path

TOOL = 3.175
THICK = 3.0
THROUGH = 0.2  # below the sheet, into the spoil board
LEFT, FRONT, WIDTH, DEPTH, CORNER = 5.0, 5.0, 60.0, 25.0, 5.0
HOLE, HOLE_X, HOLE_Y = 5.0, LEFT + 6.5, FRONT + DEPTH / 2
TAB, TAB_Z = 5.0, -2.0
SAFE = 5.0

MACHINES = {
    # feed and plunge in mm/min, depth per pass in mm, spindle in rev/min
    "shapeoko-3": dict(feed=1200, plunge=300, step=0.8, spindle=16000),
    "3018": dict(feed=600, plunge=120, step=0.8, spindle=1000),
}


def number(value):
    return f"{value + 0.0:.3f}".rstrip("0").rstrip(".")


def word(**axes):
    return " ".join(f"{axis.upper()}{number(value)}" for axis, value in axes.items())


def rounded(left, front, width, depth, corner, feed, plunge, tabs_z=None, cut_z=None):
    """Once around, climb milling (clockwise outside), from the front left corner's upper end."""
    right, back = left + width, front + depth
    lines = []

    def side(x, y, dx, dy, length):
        if tabs_z is not None:
            start = (length - TAB - TOOL) / 2
            lines.append(f"G1 {word(x=x + dx * start, y=y + dy * start)} F{feed}")
            lines.append(f"G1 {word(z=tabs_z)}")
            start += TAB + TOOL
            lines.append(f"G1 {word(x=x + dx * start, y=y + dy * start)}")
            lines.append(f"G1 {word(z=cut_z)} F{plunge}")
        lines.append(f"G1 {word(x=x + dx * length, y=y + dy * length)} F{feed}")

    def turn(x, y, i, j):
        lines.append(f"G2 {word(x=x, y=y, i=i, j=j)}")

    side(left, front + corner, 0, 1, depth - 2 * corner)
    turn(left + corner, back, corner, 0)
    side(left + corner, back, 1, 0, width - 2 * corner)
    turn(right, back - corner, 0, -corner)
    side(right, back - corner, 0, -1, depth - 2 * corner)
    turn(right - corner, front, -corner, 0)
    side(right - corner, front, -1, 0, width - 2 * corner)
    turn(left, front + corner, 0, corner)
    return lines


def depths(step):
    z = 0.0
    while z > -(THICK + THROUGH):
        z = max(z - step, -(THICK + THROUGH))
        yield z


def program(name, feed, plunge, step, spindle):
    lines = [
        f"; Name tag, 3 mm plywood, end mill 3.175 mm, for {name}",
        "; Work zero: front left top corner of the sheet. Written by name-tag.py",
        "G21", "G90", "G17", "G94",
        f"G0 Z{number(SAFE)}", f"M3 S{spindle}", "G4 P3",
        "; the frame",
        f"G0 {word(x=LEFT + 12, y=FRONT + 6)}", "G0 Z1", f"G1 Z-0.5 F{plunge}",
        *rounded(LEFT + 12, FRONT + 3, WIDTH - 15, DEPTH - 6, 3.0, feed, plunge),
        f"G0 Z{number(SAFE)}",
        "; the hole",
    ]
    radius = (HOLE - TOOL) / 2
    lines += [f"G0 {word(x=HOLE_X - radius, y=HOLE_Y)}", "G0 Z1"]
    for z in depths(step):
        lines += [f"G1 {word(z=z)} F{plunge}", f"G3 {word(x=HOLE_X - radius, y=HOLE_Y, i=radius, j=0)} F{feed // 2}"]
    lines += [f"G0 Z{number(SAFE)}", "; the outline, with tabs below 2 mm"]
    grow = TOOL / 2
    left, front, width, depth = LEFT - grow, FRONT - grow, WIDTH + TOOL, DEPTH + TOOL
    lines += [f"G0 {word(x=left, y=front + CORNER + grow)}", "G0 Z1"]
    for z in depths(step):
        tabs = TAB_Z if z < TAB_Z else None
        lines += [f"G1 {word(z=z)} F{plunge}", *rounded(left, front, width, depth, CORNER + grow, feed, plunge, tabs, z)]
    lines += [f"G0 Z{number(SAFE)}", "M5", "G0 X0 Y0", "M2"]
    return "\n".join(lines) + "\n"


for machine, settings in MACHINES.items():
    Path(__file__).with_name(f"name-tag.{machine}.PLYWOOD.nc").write_text(program(machine, **settings), encoding="ascii")

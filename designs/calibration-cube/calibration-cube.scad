// SPDX-License-Identifier: CERN-OHL-P-2.0
// A 20 mm cube. The notches tell the axes apart: one on the X face, two on the Y face.

size = 20; // mm
notch = 1; // mm deep

difference() {
    cube(size);
    translate([size - notch, size / 2 - 1, 4]) cube([notch + 1, 2, 12]);
    for (x = [size / 3, 2 * size / 3])
        translate([x - 1, -1, 4]) cube([2, notch + 1, 12]);
}

// SPDX-License-Identifier: CERN-OHL-P-2.0
// A saucer for a flower pot with a foot of 38 mm; three ribs keep the pot out of the water.

inner = 42;  // mm
height = 7; // mm
wall = 1.2;  // mm
floor = 1; // mm
$fn = 96;

difference() {
    cylinder(d1 = inner + 2 * wall, d2 = inner + 2 * wall + 4, h = height);
    translate([0, 0, floor]) cylinder(d1 = inner, d2 = inner + 4, h = height);
}
for (angle = [0, 120, 240])
    rotate(angle) translate([6, -1, floor - 0.2]) cube([12, 2, 1.7]);

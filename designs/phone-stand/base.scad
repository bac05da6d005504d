// SPDX-License-Identifier: CERN-OHL-P-2.0
// The base of the phone stand: a plate with a lip, and a slot that holds the back at 15 degrees from upright.

width = 40;   // mm
depth = 40;   // mm
thick = 1.6;    // mm
lip = 5;      // mm above the plate
slot = 3.3;   // mm: the back's thickness and some play
tongue = 24.4; // mm: the back's tongue and some play

difference() {
    union() {
        cube([width, depth, thick]);
        cube([width, 3, thick + lip]);
        translate([0, 22, 0]) cube([width, 11, thick + 4]);
    }
    translate([(width - tongue) / 2, 25, -1]) rotate([-15, 0, 0]) cube([tongue, slot, 20]);
}

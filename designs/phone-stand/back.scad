// SPDX-License-Identifier: CERN-OHL-P-2.0
// The back of the phone stand, printed flat; its tongue goes into the slot of the base.

width = 40;   // mm
height = 50;  // mm above the base
thick = 3;    // mm
tongue = 24;  // mm wide
depth = 6;    // mm into the base
$fn = 32;

linear_extrude(thick) difference() {
    union() {
        translate([(width - tongue) / 2, 0]) square([tongue, depth + 1]);
        translate([4, depth + 4]) offset(4) square([width - 8, height - 8]);
    }
    // A window saves material and lets a cable through.
    translate([11, depth + 11]) offset(4) square([width - 22, height - 22]);
}

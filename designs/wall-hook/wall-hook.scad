// SPDX-License-Identifier: CERN-OHL-P-2.0
// A coat hook for two 4 mm screws. Printed lying on its side, so that the layers run along the load: no supports.

width = 10;  // mm
plate = 48;  // mm, the height of the plate on the wall
wall = 4;    // mm
reach = 24;  // mm, from the wall
screw = 4.5; // mm
$fn = 48;

module profile() {
    square([wall, plate]);
    // The arm: out, and up at its end.
    hull() {
        translate([wall / 2, 12]) circle(d = 2.5 * wall);
        translate([reach, 10]) circle(d = wall);
    }
    hull() {
        translate([reach, 10]) circle(d = wall);
        translate([reach + 4, 24]) circle(d = wall);
    }
}

difference() {
    linear_extrude(width) intersection() {
        profile();
        square([2 * reach, plate]);
    }
    for (y = [25, 41])
        translate([-1, y, width / 2]) rotate([0, 90, 0]) {
            cylinder(d = screw, h = wall + 2);
            translate([0, 0, wall - 1.5]) cylinder(d1 = screw, d2 = 2 * screw, h = 2.6);
        }
}

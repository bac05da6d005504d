// SPDX-License-Identifier: CERN-OHL-P-2.0
// A clip that holds a cable to a board with one 3.5 mm screw. Printed lying on its side: no supports.

cable = 6;   // mm, the cable's diameter
wall = 2;    // mm
width = 10;  // mm, along the cable
screw = 3.8; // mm, the screw hole's diameter
tab = 12;    // mm, the tab with the screw hole
$fn = 48;

outer = cable + 2 * wall;

module profile() {
    difference() {
        union() {
            translate([outer / 2, outer / 2]) circle(d = outer);
            square([outer / 2, outer]);
            square([outer + tab, wall + 0.5]);
        }
        translate([outer / 2, outer / 2]) circle(d = cable);
        // The mouth, a little narrower than the cable, so that it snaps in.
        translate([-1, outer / 2 - cable * 0.4]) square([outer / 2 + 1, cable * 0.8]);
    }
}

difference() {
    linear_extrude(width) profile();
    translate([outer + tab / 2, -1, width / 2]) rotate([-90, 0, 0]) cylinder(d = screw, h = wall + 3);
}

// SPDX-License-Identifier: CERN-OHL-P-2.0
// A knob with a pocket for an M4 nut at its foot. Printed standing on its face: no supports.

face = 28;   // mm
foot = 16;   // mm
height = 22; // mm
screw = 4.4; // mm
nut = 7.2;   // mm, over the flats
$fn = 96;

difference() {
    rotate_extrude() polygon([
        [0, 0], [face / 2 - 2, 0], [face / 2, 2], [face / 2, 7], [foot / 2, 14], [foot / 2, height], [0, height],
    ]);
    translate([0, 0, 6]) cylinder(d = screw, h = height);
    translate([0, 0, height - 6]) cylinder(d = nut / cos(30), h = 7, $fn = 6);
}

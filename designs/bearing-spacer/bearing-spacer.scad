// SPDX-License-Identifier: CERN-OHL-P-2.0
// A ring that keeps two 608 bearings apart on an M8 axle: it touches the inner rings only.

bore = 8.2;   // mm
outer = 11.5; // mm, within the inner ring of a 608
length = 10;  // mm
$fn = 96;

rotate_extrude() polygon([
    [bore / 2, 0.4], [bore / 2 + 0.4, 0], [outer / 2, 0], [outer / 2, length],
    [bore / 2 + 0.4, length], [bore / 2, length - 0.4],
]);

// xunit, in every test.

global using Xunit;

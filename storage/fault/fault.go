// Package fault names the instants at which a process can die and nothing may be
// lost by it. Tests build the program with the tag faults and let it end at each
// of them; see Variable. In every other build At is empty and costs nothing.
package fault

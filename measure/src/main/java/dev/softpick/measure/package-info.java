/**
 * What the command line's report and the benchmarks share: works timed in turns, the machine a figure comes from, the
 * arithmetic that a pass needs, R² and random input. May import the model's public package; no command, no file
 * format.
 */
package dev.softpick.measure;

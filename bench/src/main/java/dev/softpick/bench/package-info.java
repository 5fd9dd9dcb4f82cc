/**
 * What {@code softpick bench} runs besides JMH: the matrix of JVMs whose bits must agree, streams measured for long,
 * and the rendering of results. JMH's benchmarks are in {@code jmh}, what measures is in {@code harness}; who is
 * compared with is in {@code peers} and {@code record}, built in profiles of those names.
 */
package dev.softpick.bench;

/**
 * The JMH benchmarks: kernels, forward passes, loading, streaming. Each compares its variants' outputs before it times
 * them; the first value of every parameter is the one that the tests run.
 */
package dev.softpick.bench.jmh;

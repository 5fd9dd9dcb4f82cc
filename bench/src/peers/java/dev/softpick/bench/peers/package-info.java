/**
 * Ours beside ONNX Runtime and OpenBLAS, in turns in one run or in JVMs of their own: kernels, forward passes, rounded
 * weights, steps, cold starts, load. The graphs are built here, as fast as the runtime lets them be.
 */
package dev.softpick.bench.peers;

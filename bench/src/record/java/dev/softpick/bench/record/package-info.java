/**
 * Ours beside PyTorch through DJL, netlib's VectorBLAS and EJML: peers that are measured now and then, for the record.
 */
package dev.softpick.bench.record;

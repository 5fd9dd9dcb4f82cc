/**
 * Where numbers lie: packed panels, key-value caches, scratch memory of attention. Copies, but computes nothing;
 * imports {@code dev.softpick.kernels.numerics} at most.
 */
package dev.softpick.kernels.layout;

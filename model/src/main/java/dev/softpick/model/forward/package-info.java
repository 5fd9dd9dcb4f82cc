/**
 * The ways of a batch through the layers: whole windows, bands, single rows; the scratch memory that they write and the
 * pool that keeps it; the team of threads that works on one call. Imports {@link dev.softpick.model.weights}, and of
 * the model its options alone.
 */
package dev.softpick.model.forward;

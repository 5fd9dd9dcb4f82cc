/**
 * The kernels in plain Java, one a file, named as their counterparts in the vector package. No vector is seen
 * here.
 */
package dev.softpick.kernels.scalar;

/**
 * Rules of arithmetic that every backend follows, with their derivations: the order of sums, exponentials, tails,
 * scales. Imports no other package of the project.
 */
package dev.softpick.kernels.numerics;

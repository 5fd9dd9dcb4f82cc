/**
 * The kernels on {@code jdk.incubator.vector}, one a file. The only package that imports that module.
 */
package dev.softpick.kernels.vector;

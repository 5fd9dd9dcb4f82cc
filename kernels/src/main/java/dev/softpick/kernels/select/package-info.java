/**
 * Who chooses a backend: the only package that sees scalar and vector kernels.
 */
package dev.softpick.kernels.select;

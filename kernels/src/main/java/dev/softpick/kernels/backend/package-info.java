/**
 * What a backend is: one interface that every implementation fulfils with the same bits. Imports neither scalar
 * nor vector code.
 */
package dev.softpick.kernels.backend;

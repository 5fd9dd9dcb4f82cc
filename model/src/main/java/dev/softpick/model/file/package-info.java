/**
 * A model as a file: names, metadata, what a caller adds to them, and what is wrong when they do not fit. Imports
 * {@link dev.softpick.model.safetensors} and {@link dev.softpick.model.weights}, and of the model its options and
 * exceptions alone.
 */
package dev.softpick.model.file;

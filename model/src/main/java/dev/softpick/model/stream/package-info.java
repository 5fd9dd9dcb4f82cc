/**
 * What a session remembers, the pass that steps any number of sessions, and the bytes that a session is saved as.
 * Imports {@link dev.softpick.model.forward} and {@link dev.softpick.model.weights}, and of the model its options
 * alone.
 */
package dev.softpick.model.stream;

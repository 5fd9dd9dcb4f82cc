/**
 * The application's entry point, {@link dev.softpick.cli.Main}; all else is in the rooms below. May import
 * {@code command} and {@code terminal}.
 */
package dev.softpick.cli;

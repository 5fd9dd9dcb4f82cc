/**
 * Files and streams: sequences and frames in, outputs out, each format in a class of its own, and the pass that sends
 * one through a model into the other. May import {@code terminal} and the library.
 */
package dev.softpick.cli.io;

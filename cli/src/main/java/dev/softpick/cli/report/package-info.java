/**
 * What {@code softpick compare} measures and the page that shows it: each record is a part of the report's JSON, which
 * the scripts beside {@code report.html} draw. May import the library and {@code io}'s bundled files.
 */
package dev.softpick.cli.report;

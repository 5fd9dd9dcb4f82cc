/**
 * How every program here measures and what it leaves behind: JVMs of their own, the machine's ceilings, works in turns,
 * outputs compared before they are timed, and results as JSON, from which the Markdown is rendered. No benchmark, no
 * peer.
 */
package dev.softpick.bench.harness;

/**
 * One class a command: its options, its help, and what it prints. Also the options that commands have in common, and
 * what {@code run} makes of outputs. May import every other room; no other room imports this one.
 */
package dev.softpick.cli.command;

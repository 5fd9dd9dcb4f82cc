/**
 * How the application speaks: failures of one line, tables, numbers, progress, the machine it runs on. May import
 * neither the other rooms nor the library.
 */
package dev.softpick.cli.terminal;

/** A strict reader and a writer of safetensors files; nothing in them is trusted before it is checked. */
package dev.softpick.model.safetensors;
